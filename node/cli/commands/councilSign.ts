// `keyfall council sign FILE`: one member's signature on an act. Works without any network; with --l1 it also reads what a veto takes beside
// the upgrade that it names. Owns showing what is signed, with the hashes that a hardware wallet shows, before it is signed.

import { Contract } from 'ethers';
import { parseAddress, parseBytes } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { actHashes, isKeySignature, readAct, typedAct, upgradeId, withApproval, writeAct } from '../governance/councilActs.ts';
import type { CouncilAct } from '../governance/councilActs.ts';
import { connectGovernance, view } from '../governance/contracts.ts';
import { readTwins, twinLines } from '../governance/twins.ts';
import type { Twins } from '../governance/twins.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { KeyOptions } from '../keys.ts';
import type { Output } from '../output.ts';
import { connect, contractAbi } from '../rollup.ts';

export interface CouncilSignOptions extends KeyOptions {
  readonly home?: string;
  readonly out?: string;
  /** L1 endpoint, to read what else a veto takes. */
  readonly l1?: string;
  readonly fromBlock?: string;
  /** A signature made elsewhere: by a hardware wallet, or by a contract wallet (EIP-1271). */
  readonly signer?: string;
  readonly signature?: string;
}

/** What a veto takes beside what it names, read through the council that will verify the signature; *unknown* without an endpoint. */
async function sayTwins(act: CouncilAct, options: CouncilSignOptions, output: Output): Promise<Twins | undefined> {
  if (act.act !== 'veto' || act.upgrade === undefined) return undefined;
  if (options.l1 === undefined) {
    output.progress('  a veto takes every schedule of the same content that stands when it is carried out; which others stand now is unknown here: --l1 URL reads it');
    return undefined;
  }
  const connection = await connectGovernance({ l1: options.l1, rollup: await rollupOf(act, options.l1), ...(options.fromBlock === undefined ? {} : { fromBlock: options.fromBlock }) }, homeAt(options.home));
  try {
    if (connection.chainId !== BigInt(act.chainId) || connection.addresses.SecurityCouncil !== act.council) throw new CommandFailure('failed', `the act is for the council ${act.council} on chain ${act.chainId}, --l1 has ${connection.addresses.SecurityCouncil} on chain ${connection.chainId}`);
    const twins = await readTwins(connection, upgradeId(connection.chainId, act.timelock, act.upgrade), act.upgrade);
    for (const line of twinLines(twins)) output.progress(line);
    return twins;
  } finally {
    connection.close();
  }
}

/** The Rollup of the timelock that this council serves; the file's timelock has to be that one. */
async function rollupOf(act: CouncilAct, url: string): Promise<string> {
  const l1 = await connect(url);
  try {
    if ((await l1.getCode(act.council)) === '0x') throw new CommandFailure('failed', `there is no council at ${act.council} on L1 chain ${l1._network.chainId}`);
    const timelock = await view<string>(new Contract(act.council, contractAbi('SecurityCouncil'), l1), 'UPGRADE_TIMELOCK');
    if (timelock !== act.timelock) throw new CommandFailure('failed', `the act names the timelock ${act.timelock}, the council serves ${timelock}: do not sign it`);
    return await view<string>(new Contract(timelock, contractAbi('UpgradeTimelock'), l1), 'ROLLUP');
  } finally {
    l1.destroy();
  }
}

export async function councilSign(path: string, options: CouncilSignOptions, output: Output): Promise<void> {
  const act = readAct(path);
  const typed = typedAct(act);
  const hashes = actHashes(typed);
  output.progress(typed.sentence);
  for (const [name, value] of Object.entries({ ...typed.value, chainId: act.chainId, council: act.council, ...hashes })) output.progress(`  ${name}: ${String(value)}`);
  const twins = await sayTwins(act, options, output);
  if ((options.signer === undefined) !== (options.signature === undefined)) throw new CommandFailure('usage', 'expected --signer and --signature together');
  let [signer, signature] = [options.signer === undefined ? '' : parseAddress(options.signer, '--signer'), options.signature === undefined ? '' : parseBytes(options.signature, '--signature')];
  if (options.signer === undefined) {
    const wallet = await loadWallet(options, homeAt(options.home));
    [signer, signature] = [wallet.address, await wallet.signTypedData(typed.domain, typed.types, typed.value)];
  }
  const isKey = isKeySignature(typed, signer, signature);
  const signed = withApproval(act, signer, signature);
  writeAct(options.out ?? path, signed);
  output.result(
    { file: options.out ?? path, signer, signature, approvals: signed.approvals.length, isKeySignature: isKey, ...(act.act === 'veto' ? { twins: twins ?? null } : {}), ...hashes },
    [`${signer} signed; ${signed.approvals.length} approvals in ${options.out ?? path}`, ...(isKey ? [] : ['  not a key\'s signature: whether the wallet accepts it is known only on chain'])],
  );
}
