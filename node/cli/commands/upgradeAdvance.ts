// `keyfall upgrade queue|execute|extend ID`: the three acts that anyone may carry out on an upgrade. Owns which call each is.

import { id } from 'ethers';
import { CommandFailure } from '../failure.ts';
import { connectGovernance } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { sendOrWrite } from '../governance/sending.ts';
import type { SendOptions } from '../governance/sending.ts';
import { describeUpgrade, findUpgrade } from '../governance/upgrades.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

export type UpgradeStep = 'queue' | 'execute' | 'extend';

export async function upgradeAdvance(step: UpgradeStep, reference: string, options: GovernanceOptions & SendOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const connection = await connectGovernance(options, home);
  try {
    const found = await findUpgrade(connection, reference);
    for (const line of (await describeUpgrade(connection, found)).lines) output.progress(line);
    const { proposal } = found;
    if (step === 'queue' && proposal === undefined) throw new CommandFailure('failed', `upgrade ${found.id} has no proposal to queue`);
    const receipt = step === 'queue' && proposal !== undefined
      ? await sendOrWrite(connection, 'KeyfallGovernor', 'execute', [[connection.addresses.UpgradeTimelock], [0n], [proposal.calldata], id(proposal.description)], options, home, output)
      : await sendOrWrite(connection, 'UpgradeTimelock', step, [step === 'extend' ? found.id : found.upgrade], options, home, output);
    if (receipt === undefined) return;
    const after = await describeUpgrade(connection, found);
    output.result({ step, hash: receipt.hash, ...after.facts }, [`${step}: done (${receipt.hash})`, ...after.lines]);
  } finally {
    connection.close();
  }
}
