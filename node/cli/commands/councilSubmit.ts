// `keyfall council submit FILE...`: carries an act out with the approvals of one or more files. Anyone can. Owns the checks that save a
// failing transaction: same act, epoch and deadline.

import { CommandFailure } from '../failure.ts';
import { mergeActs, readAct, typedAct, upgradeId } from '../governance/councilActs.ts';
import type { CouncilAct } from '../governance/councilActs.ts';
import { connectGovernance, view } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { sendOrWrite } from '../governance/sending.ts';
import type { SendOptions } from '../governance/sending.ts';
import { readTwins, twinLines } from '../governance/twins.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

function callOf(act: CouncilAct): readonly unknown[] {
  const common = [act.nonce, act.deadline, act.approvals.map(({ signer, signature }) => ({ signer, signature }))];
  if (act.act === 'pause') return common;
  if (act.act === 'resolve') return [act.disputeId, act.lane, ...common];
  return [act.upgrade, ...common];
}

export async function councilSubmit(paths: readonly string[], options: GovernanceOptions & SendOptions, output: Output): Promise<void> {
  const act = mergeActs(paths.map(readAct), (what) => output.progress(what));
  const { sentence } = typedAct(act);
  output.progress(sentence);
  const home = homeAt(options.home);
  const connection = await connectGovernance(options, home);
  try {
    const expect = (what: string, expected: string, got: string): void => {
      if (expected !== got) throw new CommandFailure('failed', `the act was made for ${what} ${got}, this deployment has ${expected}`);
    };
    expect('chain', String(connection.chainId), act.chainId);
    expect('the council at', connection.addresses.SecurityCouncil, act.council);
    expect('the timelock at', connection.addresses.UpgradeTimelock, act.timelock);
    expect('epoch', String(await view<bigint>(connection.contract('SecurityCouncil'), 'epoch')), act.epoch);
    const twins = act.act === 'veto' && act.upgrade !== undefined ? await readTwins(connection, upgradeId(connection.chainId, act.timelock, act.upgrade), act.upgrade) : undefined;
    if (twins !== undefined) for (const line of twinLines(twins)) output.progress(line);
    const receipt = await sendOrWrite(connection, 'SecurityCouncil', act.act, callOf(act), options, home, output);
    if (receipt !== undefined) output.result({ act: act.act, approvals: act.approvals.length, hash: receipt.hash, gasUsed: receipt.gasUsed, ...(twins === undefined ? {} : { twins }) }, [`${act.act}: done with ${act.approvals.length} approvals (${receipt.hash})`]);
  } finally {
    connection.close();
  }
}
