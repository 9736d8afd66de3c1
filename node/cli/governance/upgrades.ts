// Upgrades as the chain has them: proposals from the governor's events, schedules from the timelock's. Owns finding one by what a
// person has in hand (its id, or its proposal's number) and what can be said about it.
// Invariant: an upgrade is shown only after its id was computed from its fields by the timelock itself and equals the one asked for.

import { UPGRADE_GRACE_SECONDS } from '@keyfall/protocol';
import { Interface, getAddress } from 'ethers';
import type { EventLog, Log } from 'ethers';
import { CommandFailure } from '../failure.ts';
import { printable } from '../output.ts';
import { contractAbi } from '../rollup.ts';
import { durationText, readTimes, view, wallText } from './contracts.ts';
import type { GovernanceConnection, Times } from './contracts.ts';
import { OPERATOR_KIND, decodeUpgrade, kindName, pinnedCode, sentenceOf } from './upgradeKinds.ts';
import type { CouncilMember, Upgrade } from './upgradeKinds.ts';

const STATES = ['unscheduled', 'scheduled', 'executable', 'executed', 'expired', 'vetoed'] as const;
const PROPOSAL_STATES = ['pending', 'active', 'canceled', 'defeated', 'succeeded', 'queued', 'expired', 'scheduled'] as const;
const STAGES = ['Training', 'Mature', 'Ossified'] as const;
const DAY_SECONDS = 86_400n;
/** ERC-1967: where a proxy keeps its implementation. */
const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
/** Room between the last safe moment and the exit's own worst case: a day of the main profile. */
const MARGIN_SECONDS = DAY_SECONDS;

export interface Proposal {
  readonly id: bigint;
  readonly upgrade: Upgrade;
  readonly description: string;
  readonly calldata: string;
}

export interface FoundUpgrade {
  readonly id: string;
  readonly upgrade: Upgrade;
  readonly proposal: Proposal | undefined;
}

export function stageName(stage: bigint): string {
  return STAGES[Number(stage)] ?? `stage ${stage}`;
}

export function timelockInterface(): Interface {
  return new Interface(contractAbi('UpgradeTimelock'));
}

function upgradeFrom(decoded: { kind: bigint; payload: string; reportHash: string; salt: string }): Upgrade {
  return { kind: Number(decoded.kind), payload: decoded.payload, reportHash: decoded.reportHash, salt: decoded.salt };
}

export const isEventLog = (log: Log | EventLog): log is EventLog => 'args' in log;

/** The upgrade's state in the timelock. */
export async function stateOf(connection: GovernanceConnection, id: string): Promise<string> {
  return STATES[Number(await view<bigint>(connection.contract('UpgradeTimelock'), 'state', id))] ?? 'unknown';
}

export async function proposalStateOf(connection: GovernanceConnection, proposalId: bigint): Promise<string> {
  return PROPOSAL_STATES[Number(await view<bigint>(connection.contract('KeyfallGovernor'), 'state', proposalId))] ?? 'unknown';
}

/** All proposals, oldest first. One whose bytes cannot be read is left out of the readable ones and hides none of them. */
export async function allProposals(connection: GovernanceConnection): Promise<{ readable: Proposal[]; unreadable: bigint[] }> {
  const governor = connection.contract('KeyfallGovernor');
  const logs = await governor.queryFilter('ProposalCreated', connection.fromBlock);
  const [readable, unreadable]: [Proposal[], bigint[]] = [[], []];
  for (const { args } of logs.filter(isEventLog)) {
    const id = args['proposalId'] as bigint;
    const proposal = readProposal(id, (args['calldatas'] as string[])[0] ?? '0x', args['description'] as string);
    if (proposal === undefined) unreadable.push(id);
    else readable.push(proposal);
  }
  return { readable, unreadable };
}

function readProposal(id: bigint, calldata: string, description: string): Proposal | undefined {
  const upgrade = scheduledUpgrade(calldata);
  return upgrade === undefined ? undefined : { id, upgrade, description, calldata };
}

/** What a call of the timelock schedules, unless its bytes are not the one encoding of one call of `schedule`. */
export function scheduledUpgrade(calldata: string): Upgrade | undefined {
  const abi = timelockInterface();
  try {
    const upgrade = upgradeFrom(abi.decodeFunctionData('schedule', calldata)[0] as never);
    return abi.encodeFunctionData('schedule', [upgrade]) === calldata ? upgrade : undefined;
  } catch {
    // Rubbish that someone put to the vote: its readers are told by its absence here.
    return undefined;
  }
}

/** The code behind the Rollup's proxy. */
export async function implementationOf(connection: GovernanceConnection): Promise<string> {
  return getAddress(`0x${(await connection.l1.getStorage(connection.addresses.Rollup, IMPLEMENTATION_SLOT)).slice(-40)}`);
}

/** Finds an upgrade by its id, or by its proposal's number. @throws CommandFailure (failed) when there is none */
export async function findUpgrade(connection: GovernanceConnection, reference: string): Promise<FoundUpgrade> {
  const isId = /^0x[0-9a-fA-F]{64}$/.test(reference);
  if (!isId && !/^\d+$/.test(reference)) throw new CommandFailure('usage', `expected an upgrade's id (32 bytes of hex) or a proposal's number, got '${reference}'`);
  const timelock = connection.contract('UpgradeTimelock');
  const { readable, unreadable } = await allProposals(connection);
  if (!isId && unreadable.includes(BigInt(reference))) throw new CommandFailure('failed', `proposal ${reference} is no upgrade in its one encoding: what it would do cannot be said, so do not vote for it`);
  for (const proposal of readable) {
    const id = await view<string>(timelock, 'idOf', proposal.upgrade);
    if (isId ? id.toLowerCase() === reference.toLowerCase() : proposal.id === BigInt(reference)) return { id, upgrade: proposal.upgrade, proposal };
  }
  throw new CommandFailure('failed', `no proposal since L1 block ${connection.fromBlock} is for ${isId ? 'the upgrade' : 'the number'} ${reference}; 'keyfall upgrade show' lists those there are`);
}

export interface Described { readonly facts: Readonly<Record<string, unknown>>; readonly lines: readonly string[] }

/** Everything there is to say about an upgrade. */
export async function describeUpgrade(connection: GovernanceConnection, found: FoundUpgrade): Promise<Described> {
  const timelock = connection.contract('UpgradeTimelock');
  const times = await readTimes(connection);
  const { id, upgrade, proposal } = found;
  const fields = decodeUpgrade(upgrade);
  const state = await stateOf(connection, id);
  const proposalState = proposal === undefined ? undefined : await proposalStateOf(connection, proposal.id);
  const content = await view<string>(timelock, 'contentOf', upgrade);
  const vetoedTime = await view<bigint>(timelock, 'vetoedTimeOf', content);
  const code = await codeCheck(connection, upgrade);
  const deltas = await deltasOf(connection, upgrade);
  const exit = await exitTimes(connection, found, state, times);
  const facts = {
    id, content, proposalId: proposal?.id, kind: kindName(upgrade.kind), sentence: sentenceOf(upgrade), fields, reportHash: upgrade.reportHash, salt: upgrade.salt,
    description: proposal?.description, state, vetoedTime: vetoedTime === 0n ? null : vetoedTime, proposalState, deltas, code, ...exit.facts,
  };
  const lines = [
    sentenceOf(upgrade),
    ...deltas.map((delta) => `  ${delta}`),
    ...(code === undefined ? [] : [`  code at ${code.address}: ${code.matches ? 'as pinned' : `NOT AS PINNED (now ${code.actual})`}, codehash ${code.pinned}`]),
    `  report: keccak256 ${upgrade.reportHash}; salt ${upgrade.salt}`,
    `  upgrade ${id}: ${state === 'unscheduled' ? 'not scheduled' : state}`,
    ...vetoLines(state, vetoedTime),
    ...(proposal === undefined ? [] : [`  proposal ${proposal.id}: ${await proposalText(connection, proposal.id, proposalState ?? 'unknown', times)}; "${printable(proposal.description)}"`]),
    ...exit.lines,
  ];
  return { facts, lines };
}

/** The proposal's state, with the moment at which that changes. */
async function proposalText(connection: GovernanceConnection, proposalId: bigint, state: string, times: Times): Promise<string> {
  const governor = connection.contract('KeyfallGovernor');
  if (state === 'pending') return `pending, the vote opens after ${wallText(times, await view<bigint>(governor, 'proposalSnapshot', proposalId))}`;
  if (state !== 'active' && state !== 'succeeded') return state;
  const deadlineT = await view<bigint>(governor, 'proposalDeadline', proposalId);
  if (state === 'active') return `active, the vote ends at ${wallText(times, deadlineT)}`;
  const grace = UPGRADE_GRACE_SECONDS / (await view<bigint>(connection.contract('Clock'), 'TIME_SCALE'));
  return `succeeded, anyone may queue it until ${wallText(times, deadlineT + grace)}`;
}

/** A veto is of a content: one that stood then fell with it, whichever upgrade was named; one that came later cannot be vetoed any more. */
function vetoLines(state: string, vetoedTime: bigint): string[] {
  if (vetoedTime === 0n) return [];
  const when = new Date(Number(vetoedTime) * 1000).toISOString();
  if (state === 'vetoed') return [`  its content was vetoed at ${when}, with every schedule of it that stood then`];
  return state === 'executed' || state === 'expired' ? [] : [`  its content was vetoed before, at ${when}: the council has no second veto on it`];
}

async function codeCheck(connection: GovernanceConnection, upgrade: Upgrade): Promise<{ address: string; pinned: string; actual: string; matches: boolean } | undefined> {
  const pinned = pinnedCode(upgrade);
  if (pinned === undefined) return undefined;
  const actual = await codehashOf(connection, pinned.address);
  return { address: pinned.address, pinned: pinned.codehash, actual, matches: actual === pinned.codehash };
}

/** EXTCODEHASH of an account with code. */
export async function codehashOf(connection: GovernanceConnection, address: string): Promise<string> {
  const { keccak256 } = await import('ethers');
  return keccak256(await connection.l1.getCode(address));
}

const sharePercent = (from: bigint, to: bigint): string => (from === 0n ? 'from 0' : `${to >= from ? '+' : ''}${Number(((to - from) * 10_000n) / from) / 100} %`);

/** "what: now -> then", read from chain. */
async function deltasOf(connection: GovernanceConnection, upgrade: Upgrade): Promise<string[]> {
  const fields = decodeUpgrade(upgrade);
  const rollup = connection.contract('Rollup');
  switch (kindName(upgrade.kind)) {
    case 'operator': {
      const keys = connection.contract('OperatorSeat');
      return [`hot key: ${await view<string>(keys, 'operator')} -> ${fields['hotKey'] as string}`, `cold key: ${await view<string>(keys, 'coldKey')} -> ${fields['coldKey'] as string}`];
    }
    case 'fees': {
      const [data, surcharge] = await view<[bigint, bigint, string]>(rollup, 'feeConfig');
      const [nextData, nextSurcharge] = [fields['dataFeeScalar'] as bigint, fields['surchargeScalar'] as bigint];
      return [`data fee scalar: ${data} -> ${nextData} (${sharePercent(data, nextData)})`, `surcharge scalar: ${surcharge} -> ${nextSurcharge} (${sharePercent(surcharge, nextSurcharge)})`];
    }
    case 'council': {
      const council = connection.contract('SecurityCouncil');
      const now = (await view<CouncilMember[]>(council, 'members')).map(({ account }) => account);
      const then = (fields['members'] as CouncilMember[]).map(({ account }) => account);
      return [
        `M of N: ${await view<bigint>(council, 'threshold')} of ${now.length} -> ${String(fields['threshold'])} of ${then.length}`,
        `joins: ${then.filter((account) => !now.includes(account)).join(', ') || 'nobody'}`,
        `leaves: ${now.filter((account) => !then.includes(account)).join(', ') || 'nobody'}`,
      ];
    }
    case 'core': {
      const current = await implementationOf(connection);
      return [`implementation: ${current} -> ${fields['implementation'] as string}`, `codehash: ${await codehashOf(connection, current)} -> ${fields['codehash'] as string}`];
    }
    default:
      return [];
  }
}

/** From when it can be carried out, and until when one can begin to leave. */
async function exitTimes(connection: GovernanceConnection, found: FoundUpgrade, state: string, times: Times): Promise<Described> {
  const timelock = connection.contract('UpgradeTimelock');
  if (state === 'executed' || state === 'vetoed' || state === 'expired') return { facts: {}, lines: [] };
  const [window, delay, timeScale] = [await view<bigint>(timelock, 'exitWindow'), await view<bigint>(timelock, 'delayOf', found.upgrade.kind), await view<bigint>(connection.contract('Clock'), 'TIME_SCALE')];
  const margin = MARGIN_SECONDS / timeScale;
  const executableAtT = await earliestExecution(connection, found, state, times, delay);
  const expedite = await expediteText(connection, found.upgrade);
  const lines = [`  can be carried out from T ${executableAtT}: ${wallText(times, executableAtT)}`];
  if (found.upgrade.kind === OPERATOR_KIND) {
    lines.push('  an operator can take nothing: no exit is needed for this');
    return { facts: { executableAtT, lastSafeMomentT: null, expedite }, lines };
  }
  const lastSafeMomentT = executableAtT - window - margin;
  lines.push(
    `  to be out before it, begin to leave by T ${lastSafeMomentT}: ${wallText(times, lastSafeMomentT)}`,
    `    (executable - worst-case exit ${durationText(window)} - margin ${durationText(margin)})`,
    `  ${expedite}`,
  );
  const [isFrozen, isDisputed, exitsGoFirst, firstUnsettled] = await view<[boolean, boolean, boolean, bigint]>(timelock, 'guard').catch(() => [false, false, false, -1n] as const);
  if (firstUnsettled === -1n) lines.push('  what keeps it back now: unknown, the guard could not be read');
  else if (isFrozen || isDisputed || exitsGoFirst) lines.push(`  kept back now: ${[isFrozen ? 'the chain is Frozen' : '', isDisputed ? 'a dispute is open' : '', exitsGoFirst ? `exits go first (message ${firstUnsettled} waits)` : ''].filter((text) => text !== '').join(', ')}`);
  return { facts: { executableAtT, lastSafeMomentT, exitWindowSeconds: window, marginSeconds: margin, expedite, guard: firstUnsettled === -1n ? null : { isFrozen, isDisputed, exitsGoFirst, firstUnsettled } }, lines };
}

async function earliestExecution(connection: GovernanceConnection, found: FoundUpgrade, state: string, times: Times, delay: bigint): Promise<bigint> {
  if (state !== 'unscheduled') return (await view<{ eta: bigint }>(connection.contract('UpgradeTimelock'), 'scheduleOf', found.id)).eta;
  const deadline = found.proposal === undefined ? times.nowT : await view<bigint>(connection.contract('KeyfallGovernor'), 'proposalDeadline', found.proposal.id);
  return (deadline > times.nowT ? deadline + 1n : times.nowT) + delay;
}

/** Whether the council can make it happen earlier, in a sentence. */
async function expediteText(connection: GovernanceConnection, upgrade: Upgrade): Promise<string> {
  const timelock = connection.contract('UpgradeTimelock');
  const council = connection.contract('SecurityCouncil');
  const [stage, sunset, isVetoable, isDormant, threshold, block] = await Promise.all([
    view<bigint>(connection.contract('Maturity'), 'stage'), view<bigint>(timelock, 'SUNSET'), view<boolean>(timelock, 'isVetoable', upgrade.kind),
    view<boolean>(council, 'isDormant'), view<bigint>(council, 'threshold'), connection.l1.getBlock('latest'),
  ]);
  if (block === null || BigInt(block.timestamp) >= sunset) return 'the council cannot make it earlier: its power to expedite has ended';
  if (isDormant) return 'the council cannot make it earlier: it is dormant';
  if (stage === 0n && isVetoable) return `WARNING: in stage Training ${threshold} members of the council can carry it out at once when it is scheduled: no moment is safe against them`;
  if (stage === 1n && kindName(upgrade.kind) === 'zk-lane') return 'the council can activate it earlier only while a zk lane has tripped, without letting it finalize alone before its time';
  return 'the council cannot make it earlier';
}

