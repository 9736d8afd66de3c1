// C: an upgrade tried out on a fork: carried out through the timelock's own code as if its time had come, every storage write seen, and then the
// promises tried as a stranger would: what is final stays, escrow covers the books, messages are taken, the operator can commit, Enforced opens, the
// chain freezes on its last final root. Owns the trial and what is allowed to be written. Does not own the report.
//
// The wait is skipped by writing the schedule's times, not the clock's: the guards of the execution are those of today. An upgrade is tried alone, and on
// top of the others that are pending and may be carried out before it.
// Invariant: each promise is first seen to hold on the fork without the upgrade; one that does not is unverifiable, not a finding. A trial in which
// anything that the fork asked could not be proven is unverifiable, whatever came of it.

import { encodeAbiParameters, keccak256, pad, toHex, type Hex } from 'viem';
import { ENFORCED_TRIGGER_SECONDS, UPGRADE_KINDS } from '@keyfall/protocol';
import type { View } from '../monitor.ts';
import { hashOf, Unverifiable } from '../verdict.ts';
import type { CheckResult } from './checks.ts';
import type { Upgrade } from './decode.ts';
import { Fork, ForkRefusal } from './fork.ts';
import { slotOf } from './slots.ts';
import { ProvenUpstream } from './upstream.ts';

const STRANGER: Hex = `0x${'57'.repeat(20)}`;
const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
const ETH = { kind: 0, token: `0x${'00'.repeat(20)}`, id: 0n };
const MESSAGE_VALUE = 10n ** 18n;
/** Enforced after E, and every frozen cause within 30 d of it; the Clock's scale divides both. */
const FREEZE_SECONDS = 31n * 86_400n;
/** ILifecycle.FreezeCause.NoFinality. */
const FREEZE_NO_FINALITY = 0;
const PHASES = ['None', 'Operating', 'Enforced', 'Frozen'];
/** Which contracts an upgrade of each kind writes, beside its own schedule. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  Core: ['Rollup'], ZkLane: ['Lanes', 'Rollup'], LaneSwitch: ['Lanes', 'Rollup', 'Clock'], Spec: ['Lanes'], AttesterSet: ['Lanes', 'Rollup', 'Clock'], Operator: ['OperatorSeat'], Fees: ['Rollup'], Council: ['SecurityCouncil'],
};

type Result = Omit<CheckResult, 'id'>;
interface Trial { readonly view: View; readonly fork: Fork; readonly upgrade: Upgrade; readonly earlier: readonly Upgrade[] }

/** Runs every trial on forks of its own. @param earlier pending upgrades that are carried out before it, in this order; then only the promises are tried */
export async function simulate(view: View, upgrade: Upgrade, earlier: readonly Upgrade[] = []): Promise<readonly CheckResult[]> {
  const upstream = await ProvenUpstream.start(view);
  try {
    const trial = async (id: string, act: (trial: Trial) => Promise<Result>): Promise<CheckResult> => ({ id, ...await onFork({ view, upgrade, earlier }, upstream, act) });
    const results: CheckResult[] = [];
    if (earlier.length === 0) {
      results.push(await trial('C18-writes', writesOnlyWhatItSays));
      if (results[0]?.status !== 'ok' && results[0]?.got === 'refused') return results;
    }
    for (const { id, promise } of PROMISES) results.push(await trial(id, async (parts) => keeps(parts, promise)));
    return results;
  } finally {
    await upstream.stop();
  }
}

/** One trial. What the fork was refused it cannot tell from what an act was refused: then the trial says nothing. */
async function onFork(parts: Omit<Trial, 'fork'>, upstream: ProvenUpstream, act: (trial: Trial) => Promise<Result>): Promise<Result> {
  const unknown = (sentence: string): Result => ({ status: 'unverifiable', sentence, expected: 'a trial', got: 'none' });
  const faultsBefore = upstream.faults.length;
  try {
    const fork = await Fork.start(upstream.url, parts.view.header.number);
    let result: Result;
    try {
      result = await act({ ...parts, fork });
    } finally {
      await fork.stop();
    }
    const fault = upstream.faults[faultsBefore];
    return fault === undefined ? result : unknown(fault);
  } catch (cause) {
    // Where no promise was being tried, a refusal is the fork's own: it shows nothing of the upgrade.
    if (!(cause instanceof Unverifiable || cause instanceof ForkRefusal)) throw cause;
    return unknown(upstream.faults[faultsBefore] ?? cause.message);
  }
}

/** @throws ForkRefusal when the contract refuses, or answers what is no answer: new code must not end the look at all other upgrades by it */
export async function read<T>({ view, fork }: { readonly view: Pick<View, 'contracts'>; readonly fork: Pick<Fork, 'call'> }, contract: string, name: string, args: readonly unknown[] = []): Promise<T> {
  const data = await fork.call(view.contracts.address(contract), view.contracts.encode(contract, name, args));
  try {
    return view.contracts.decode(contract, name, data) as T;
  } catch (cause) {
    throw new ForkRefusal(`${contract}.${name}: its answer ${data.slice(0, 80)} does not decode`, { cause });
  }
}

/** Makes the upgrade's time have come, by its schedule, and has a stranger carry it out. */
async function carryOut({ view, fork, upgrade }: Pick<Trial, 'view' | 'fork' | 'upgrade'>): Promise<Hex> {
  const timelock = view.contracts.address('UpgradeTimelock');
  const kind = UPGRADE_KINDS.findIndex(({ name }) => name === upgrade.kind);
  const argument = { kind, payload: upgrade.payload, reportHash: upgrade.reportHash, salt: upgrade.salt };
  const [id, nowT, delay] = [await read<Hex>({ view, fork }, 'UpgradeTimelock', 'idOf', [argument]), await read<bigint>({ view, fork }, 'Clock', 'current'), await read<bigint>({ view, fork }, 'UpgradeTimelock', 'delayOf', [kind])];
  const slot = keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [id, slotOf('UpgradeTimelock', '_schedules')]));
  // Packed from the low end: scheduledT, eta, expiry of 40 bits each, then the kind.
  const word = (nowT - delay) | (nowT << 40n) | ((nowT + delay) << 80n) | (BigInt(kind) << 120n);
  await fork.rpc('anvil_setStorageAt', [timelock, slot, pad(toHex(word), { size: 32 })]);
  return (await fork.send(STRANGER, timelock, view.contracts.encode('UpgradeTimelock', 'execute', [argument]))).transactionHash;
}

async function writesOnlyWhatItSays(trial: Trial): Promise<Result> {
  const { view, fork, upgrade } = trial;
  let hash: Hex;
  try {
    hash = await carryOut(trial);
  } catch (cause) {
    if (!(cause instanceof ForkRefusal)) throw cause;
    return { status: 'unverifiable', sentence: `carried out now it would be refused: ${cause.message}`, expected: 'carried out', got: 'refused' };
  }
  let diff: StateDiff;
  try {
    diff = await fork.rpc('debug_traceTransaction', [hash, { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }]);
  } catch (cause) {
    if (cause instanceof ForkRefusal) throw new Unverifiable(`the fork cannot tell what was written: ${cause.message}`, { cause });
    throw cause;
  }
  const allowed = new Set(['UpgradeTimelock', ...WRITES[upgrade.kind] ?? []].filter((name) => view.contracts.has(name)).map((name) => view.contracts.address(name)));
  const written = writtenSlots(diff);
  const strays = written.filter(({ address, slot }) => {
    if (!allowed.has(address)) return true;
    const isCore = upgrade.kind === 'Core' && address === view.contracts.address('Rollup');
    return isCore && upgrade.fields['migrates'] !== true && slot !== IMPLEMENTATION_SLOT;
  }).map(({ address, slot }) => `${view.contracts.nameOf(address) ?? address} slot ${slot}`);
  // Of the words, not their values: those hold times, and the timelock's own are at the upgrade's id, which the report's hash is part of.
  const places = hashOf(written.filter(({ address }) => address !== view.contracts.address('UpgradeTimelock')));
  return { status: strays.length === 0 ? 'ok' : 'violation', sentence: strays.length === 0 ? `it writes what an upgrade of its kind says, and nothing else (words written: ${places})` : `it also writes ${strays.join(', ')} (words written: ${places})`, expected: 'no other storage', got: strays.join(', ') || 'none' };
}

type Accounts = Readonly<Record<string, { readonly storage?: Readonly<Record<string, string>> }>>;
interface StateDiff { readonly pre: Accounts; readonly post: Accounts }

/** Every storage word that a traced transaction changed, in order. A word that became zero stands only in what was before, one that was zero only in what is after. */
export function writtenSlots({ pre, post }: StateDiff): readonly { readonly address: Hex; readonly slot: string }[] {
  const keys = [pre, post].flatMap((accounts) => Object.entries(accounts).flatMap(([address, { storage }]) => Object.keys(storage ?? {}).map((slot) => `${address} ${slot}`.toLowerCase())));
  return [...new Set(keys)].toSorted((a, b) => (a < b ? -1 : 1)).map((key) => { const [address = '', slot = ''] = key.split(' '); return { address: address as Hex, slot }; });
}

interface Trialled {
  readonly what: string;
  /** Tries it; throws ForkRefusal or returns why it does not hold. */
  readonly act: (trial: Trial, before: Snapshot) => Promise<string | undefined>;
}

interface Snapshot {
  readonly finalHead: readonly [bigint, Hex, Hex, bigint];
  readonly settled: bigint;
  readonly committed: bigint;
  readonly exitWindow: bigint;
}

async function snapshot(trial: Trial): Promise<Snapshot> {
  const [finalHead, settled, committed, exitWindow] = await Promise.all([
    read<Snapshot['finalHead']>(trial, 'Rollup', 'finalHead'), read<bigint>(trial, 'Rollup', 'settledIndex'), read<bigint>(trial, 'Rollup', 'committedCount'), read<bigint>(trial, 'UpgradeTimelock', 'exitWindow'),
  ]);
  return { finalHead, settled, committed, exitWindow };
}

const PROMISES: readonly { readonly id: string; readonly promise: Trialled }[] = [
  { id: 'C20-final-stays', promise: { what: 'what is final, settled and committed stays as it is', act: async (trial, before) => {
    const after = await snapshot(trial);
    if (String(after.finalHead) !== String(before.finalHead)) return `the final head becomes ${after.finalHead.join(' ')}`;
    if (await read<Hex>(trial, 'Rollup', 'stateRootOf', [before.finalHead[0]]) !== before.finalHead[2]) return 'withdrawals would be proven against another root';
    if (after.settled !== before.settled || after.committed !== before.committed) return `settled ${after.settled}, committed ${after.committed}`;
    return after.exitWindow >= before.exitWindow ? undefined : `the exit window shrinks to ${after.exitWindow}`;
  } } },
  { id: 'C20-escrow', promise: { what: 'the Vault holds what its books say', act: async (trial) => {
    const [recorded, held] = [await read<bigint>(trial, 'Vault', 'recordedEscrow', [ETH]), await read<bigint>(trial, 'Vault', 'heldEscrow', [ETH])];
    return held >= recorded ? undefined : `${held} held for ${recorded} recorded`;
  } } },
  { id: 'C20-stranger-forces', promise: { what: 'a stranger can force a message', act: async (trial) => { await force(trial); return undefined; } } },
  { id: 'C20-operator-commits', promise: { what: 'the operator can commit, and the message is taken', act: async (trial, before) => {
    await force(trial);
    const operator = await read<Hex>(trial, 'Rollup', 'operator');
    const count = await read<bigint>(trial, 'Inbox', 'count');
    const block = BigInt(await trial.fork.rpc<Hex>('eth_blockNumber', []));
    const to = trial.view.contracts.address('Rollup');
    await trial.fork.send(operator, to, trial.view.contracts.encode('Rollup', 'commit', [before.committed + 1n, before.finalHead[1], count, block - 1n, '0x01c0']));
    return await read<bigint>(trial, 'Rollup', 'committedCount') === before.committed + 1n ? undefined : 'the batch is not counted';
  } } },
  { id: 'C20-nothing-final-unproven', promise: { what: 'a batch that no lane answered does not become final', act: async (trial, before) => {
    const { view, fork } = trial;
    const to = view.contracts.address('Rollup');
    const [operator, count, block] = [await read<Hex>(trial, 'Rollup', 'operator'), await read<bigint>(trial, 'Inbox', 'count'), BigInt(await fork.rpc<Hex>('eth_blockNumber', []))];
    await fork.send(operator, to, view.contracts.encode('Rollup', 'commit', [before.committed + 1n, before.finalHead[1], count, block - 1n, '0x01c0']));
    for (const from of [STRANGER, operator]) {
      try {
        await fork.send(from, to, view.contracts.encode('Rollup', 'finalize', [before.committed + 1n]));
        return 'a batch without any answer became final';
      } catch (cause) {
        if (!(cause instanceof ForkRefusal)) throw cause;
      }
    }
    return undefined;
  } } },
  { id: 'C20-no-shortcut', promise: { what: 'nobody but the timelock can replace the code', act: async (trial) => {
    const { view, fork } = trial;
    const [rollup, operator] = [view.contracts.address('Rollup'), await read<Hex>(trial, 'Rollup', 'operator')];
    const implementation: Hex = `0x${(await fork.rpc<Hex>('eth_getStorageAt', [rollup, IMPLEMENTATION_SLOT, 'latest'])).slice(26)}`;
    for (const from of [STRANGER, operator]) {
      try {
        await fork.send(from, rollup, view.contracts.encode('Rollup', 'upgradeToAndCall', [implementation, '0x']));
        return `${from} replaced it without a wait`;
      } catch (cause) {
        if (!(cause instanceof ForkRefusal)) throw cause;
      }
    }
    return undefined;
  } } },
  { id: 'C20-enforced-opens', promise: { what: 'when the operator is silent for E, a stranger opens Enforced', act: async (trial) => {
    await force(trial);
    await enterEnforced(trial);
    const phase = PHASES[Number(await read<number>(trial, 'Lifecycle', 'phase'))];
    return phase === 'Enforced' ? undefined : `the phase is ${String(phase)}`;
  } } },
  { id: 'C20-freeze-pins', promise: { what: 'when nobody can prove, the chain freezes on its last final root', act: async (trial, before) => {
    await force(trial);
    await enterEnforced(trial);
    const scale = await read<bigint>(trial, 'Clock', 'TIME_SCALE');
    await trial.fork.warp(Number(FREEZE_SECONDS / scale) + 1);
    await trial.fork.send(STRANGER, trial.view.contracts.address('Lifecycle'), trial.view.contracts.encode('Lifecycle', 'freeze', [FREEZE_NO_FINALITY, 0n]));
    const pinned = await read<Hex>(trial, 'Lifecycle', 'pinnedRoot');
    return pinned === before.finalHead[2] ? undefined : `it pins ${pinned} instead of ${before.finalHead[2]}`;
  } } },
];

async function force(trial: Trial): Promise<void> {
  const { view, fork } = trial;
  await fork.send(STRANGER, view.contracts.address('Inbox'), view.contracts.encode('Inbox', 'sendCall', [STRANGER, 0n, 0n, 100_000n, 0n, '0x']), MESSAGE_VALUE);
}

async function enterEnforced(trial: Trial): Promise<void> {
  const { view, fork } = trial;
  const scale = await read<bigint>(trial, 'Clock', 'TIME_SCALE');
  await fork.warp(Number(ENFORCED_TRIGGER_SECONDS / scale) + 2);
  await fork.send(STRANGER, view.contracts.address('Lifecycle'), view.contracts.encode('Lifecycle', 'enterEnforced', [0n]));
}

/** Tries a promise on the fork before the upgrade (undone) and after it. */
async function keeps(trial: Trial, { what, act }: Trialled): Promise<Result> {
  for (const upgrade of trial.earlier) {
    try {
      await carryOut({ ...trial, upgrade });
    } catch (cause) {
      if (cause instanceof ForkRefusal) throw new Unverifiable(`an upgrade of kind ${upgrade.kind} that is pending too cannot be carried out now: ${cause.message}`, { cause });
      throw cause;
    }
  }
  const before = await snapshot(trial);
  const start = await trial.fork.rpc<Hex>('evm_snapshot', []);
  const without = await tried(async () => act(trial, before));
  if (without !== undefined) throw new Unverifiable(`"${what}" does not hold on the fork today: ${without}`);
  if (!await trial.fork.rpc<boolean>('evm_revert', [start])) throw new Unverifiable('the fork cannot go back');
  try {
    await carryOut(trial);
  } catch (cause) {
    if (cause instanceof ForkRefusal) throw new Unverifiable(`it cannot be carried out now: ${cause.message}`, { cause });
    throw cause;
  }
  const found = await tried(async () => act(trial, before));
  return { status: found === undefined ? 'ok' : 'violation', sentence: found === undefined ? `${what}, tried after the upgrade` : `after the upgrade it no longer holds that ${what}: ${found}`, expected: what, got: found ?? 'it holds' };
}

async function tried(act: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof ForkRefusal) return `refused: ${cause.message}`;
    throw cause;
  }
}
