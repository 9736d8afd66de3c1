// `keyfall upgrade propose KIND`: one typed upgrade as a proposal to the governor. Owns building it from what a person types; its words
// are printed before anything is sent.
// Invariant: the description names its proposer, so that nobody else can propose the same and cancel it.

import { readFileSync } from 'node:fs';
import { hexlify, id, isHexString, keccak256, randomBytes } from 'ethers';
import { explainReverts } from '../contractErrors.ts';
import { CommandFailure, messageOf } from '../failure.ts';
import { connectGovernance, view } from '../governance/contracts.ts';
import type { GovernanceConnection, GovernanceOptions } from '../governance/contracts.ts';
import { sendOrWrite } from '../governance/sending.ts';
import type { SendOptions } from '../governance/sending.ts';
import { decodeUpgrade, encodeUpgrade, kindName, sentenceOf } from '../governance/upgradeKinds.ts';
import type { PayloadOptions, Upgrade } from '../governance/upgradeKinds.ts';
import { codehashOf, timelockInterface } from '../governance/upgrades.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { contractAbi } from '../rollup.ts';

export interface ProposeOptions extends GovernanceOptions, SendOptions, PayloadOptions {
  readonly report?: string;
  readonly reportHash?: string;
  readonly salt?: string;
  readonly why: string;
  readonly artifacts?: string;
}

function reportHashOf({ report, reportHash }: ProposeOptions): string {
  if ((report === undefined) === (reportHash === undefined)) throw new CommandFailure('usage', 'expected one of --report FILE and --report-hash HEX');
  if (reportHash !== undefined) {
    if (!isHexString(reportHash, 32)) throw new CommandFailure('usage', `--report-hash: expected 32 bytes of hex, got '${reportHash}'`);
    return reportHash;
  }
  try {
    return keccak256(readFileSync(report ?? ''));
  } catch (cause) {
    throw new CommandFailure('usage', `--report: cannot read ${report ?? ''}: ${messageOf(cause)}`, { cause });
  }
}

/** A new core under which the storage would mean something else is not proposed; where that cannot be told, it is said. */
async function refuseAnotherLayout(connection: GovernanceConnection, upgrade: Upgrade, artifacts: string | undefined, output: Output): Promise<void> {
  if (kindName(upgrade.kind) !== 'core') return;
  const { coreLayout, layoutLines } = await import('../governance/layout.ts');
  const layout = await coreLayout(connection, decodeUpgrade(upgrade)['implementation'] as string, artifacts);
  for (const line of layoutLines(layout)) output.progress(line);
  if (layout.verdict === 'incompatible') throw new CommandFailure('failed', `the Rollup's storage would change its meaning: ${layout.changes.join('; ')}`, { facts: { layout } });
}

/** A council that its own rules refuse could pass the vote, and would then be refused at the scheduling. */
async function refuseABrokenCouncil(connection: GovernanceConnection, upgrade: Upgrade): Promise<void> {
  if (kindName(upgrade.kind) !== 'council') return;
  const { members, threshold } = decodeUpgrade(upgrade);
  await explainReverts('scheduling this council', [contractAbi('SecurityCouncil')], async () => connection.contract('SecurityCouncil').getFunction('checkMembers').staticCall(members, threshold) as Promise<unknown>);
}

/** Fees that the Rollup would not take now may still pass the vote; it would be in vain, and whoever proposes them should know. */
async function tryFees(connection: GovernanceConnection, upgrade: Upgrade, output: Output): Promise<void> {
  if (kindName(upgrade.kind) !== 'fees') return;
  const { dataFeeScalar, surchargeScalar } = decodeUpgrade(upgrade);
  const { Rollup: to, UpgradeTimelock: from } = connection.addresses;
  const data = connection.contract('Rollup').interface.encodeFunctionData('setFeeConfig', [dataFeeScalar, surchargeScalar]);
  await explainReverts('as things stand the Rollup', [contractAbi('Rollup')], async () => connection.l1.call({ from, to, data })).catch((error: unknown) => {
    if (!(error instanceof CommandFailure) || error.kind !== 'failed') throw error;
    output.progress(`  WARNING: ${error.message}`);
  });
}

export async function upgradePropose(kind: string, options: ProposeOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const reportHash = reportHashOf(options);
  const salt = options.salt ?? hexlify(randomBytes(32));
  if (!isHexString(salt, 32)) throw new CommandFailure('usage', `--salt: expected 32 bytes of hex, got '${salt}'`);
  const proposer = options.unsigned === undefined ? (await loadWallet(options, home)).address : (options.from ?? '');
  const connection = await connectGovernance(options, home);
  try {
    const upgrade = await encodeUpgrade(kind, options, reportHash, salt, async (address) => {
      if ((await connection.l1.getCode(address)) === '0x') throw new CommandFailure('failed', `there is no code at ${address} that could be pinned`);
      return codehashOf(connection, address);
    });
    const description = `${options.why}#proposer=${proposer}`;
    const target = connection.addresses.UpgradeTimelock;
    const calldata = timelockInterface().encodeFunctionData('schedule', [upgrade]);
    output.progress(sentenceOf(upgrade));
    await refuseABrokenCouncil(connection, upgrade);
    await tryFees(connection, upgrade, output);
    await refuseAnotherLayout(connection, upgrade, options.artifacts, output);
    const receipt = await sendOrWrite(connection, 'KeyfallGovernor', 'propose', [[target], [0n], [calldata], description], options, home, output);
    if (receipt === undefined) return;
    const governor = connection.contract('KeyfallGovernor');
    const proposalId = await view<bigint>(governor, 'hashProposal', [target], [0n], [calldata], id(description));
    const upgradeId = await view<string>(connection.contract('UpgradeTimelock'), 'idOf', upgrade);
    output.result({ proposalId, upgradeId, upgrade, description, hash: receipt.hash }, [`proposal ${proposalId}`, `upgrade  ${upgradeId}`, `see it with: keyfall upgrade show ${upgradeId}`]);
  } finally {
    connection.close();
  }
}
