// What is checked about an upgrade before it happens. Owns one function a check, each with its id, and the order. Every check gives a result: what
// cannot be checked is unverifiable, and what does not apply to a kind is not listed for it.
// Invariant: deterministic for one block and one set of artifacts.

import { isAddressEqual, keccak256, toHex, toFunctionSelector, type AbiFunction, type AbiParameter, type Hex } from 'viem';
import { MAX_COUNCIL_MEMBERS } from '@keyfall/protocol';
import type { StoredEvent, View } from '../monitor.ts';
import { Contracts } from '../contracts.ts';
import { enabledLanes } from '../monitors/enabledLanes.ts';
import { Unverifiable, type Status } from '../verdict.ts';
import { instructionsOf, matchBuild, readArtifacts, type LocalBuild } from './bytecode.ts';
import { decodeUpgrade, type Upgrade } from './decode.ts';
import { layoutErrors } from './layout.ts';

export interface CheckResult {
  readonly id: string;
  readonly status: Status;
  readonly sentence: string;
  readonly expected: string;
  readonly got: string;
}

interface Subject {
  readonly view: View;
  readonly upgrade: Upgrade;
  /** The contract that the upgrade brings in, if it does. */
  readonly target: Hex | undefined;
  readonly pinned: Hex | undefined;
}

type Outcome = Omit<CheckResult, 'id'>;
interface Check {
  readonly id: string;
  readonly kinds: readonly string[];
  readonly run: (subject: Subject) => Promise<Outcome>;
}

const ALL_LANES = ['ZkLane', 'LaneSwitch', 'AttesterSet'];
const WITH_CODE = ['Core', ...ALL_LANES];
const PROBES = 8;
const FEE_STEP_PERCENT = 25n;
const FEE_MEMORY_SECONDS = 182 * 86_400;
/** IUpgradeTimelock.UpgradeState. */
const [SCHEDULED, EXECUTABLE] = [1, 2];
const LANE_FUNCTIONS = ['submit', 'accepted', 'profile', 'specId'];
const EMPTY_CODE = keccak256('0x');
const DELEGATION = '0xef0100';
const MIN_ATTESTERS = 5;
/** A lane may answer with as many as a node lets it: the look at all other upgrades must not end by their number. */
const MOST_ATTESTERS = 256;

const outcome = (isRight: boolean, sentence: string, expected: string, got: string): Outcome => ({ status: isRight ? 'ok' : 'violation', sentence, expected, got });

function targetOf({ kind, fields }: Upgrade): Hex | undefined {
  if (kind === 'Core') return fields['implementation'] as Hex;
  return ALL_LANES.includes(kind) ? fields['lane'] as Hex : undefined;
}

function needTarget({ target }: Subject): Hex {
  if (target === undefined) throw new Unverifiable('the upgrade names no contract');
  return target;
}

function buildsOf(view: View): ReturnType<typeof readArtifacts> {
  if (view.config.artifacts === undefined) throw new Unverifiable('no local build is configured (artifacts), so the code is compared with nothing');
  const kept = view.memory.get('artifacts') as ReturnType<typeof readArtifacts> | undefined;
  const artifacts = kept ?? readArtifacts(view.config.artifacts);
  view.memory.set('artifacts', artifacts);
  return artifacts;
}

async function currentCore(view: View): Promise<Hex> {
  const last = view.events('Rollup', 'Upgraded').at(-1)?.args['implementation'];
  if (typeof last !== 'string') throw new Unverifiable('the Rollup\'s implementation is not known');
  return view.code(last as Hex);
}

async function builds(subject: Subject): Promise<{ readonly before: LocalBuild; readonly after: LocalBuild }> {
  const artifacts = buildsOf(subject.view);
  const [before, after] = [matchBuild(await currentCore(subject.view), artifacts), matchBuild(await subject.view.code(needTarget(subject)), artifacts)];
  if (before === undefined || after === undefined) throw new Unverifiable(`${before === undefined ? 'the running' : 'the new'} code is no local build`);
  return { before, after };
}

const CHECKS: readonly Check[] = [
  { id: 'B11-codehash', kinds: WITH_CODE, run: async (subject) => {
    const { codeHash } = await subject.view.prove(needTarget(subject));
    if (codeHash === EMPTY_CODE) return outcome(false, 'the contract that it brings in has no code: someone can still decide what it will be', String(subject.pinned), 'no code');
    return outcome(codeHash === subject.pinned, 'the code at the address is the one that is pinned', String(subject.pinned), codeHash);
  } },
  { id: 'B12-instructions', kinds: WITH_CODE, run: async (subject) => {
    const code = await subject.view.code(needTarget(subject));
    if (code.startsWith(DELEGATION)) return outcome(false, 'the contract that it brings in is an account with delegated code: its key changes the code at will', 'a contract', code);
    // Counted, because the Rollup has one DELEGATECALL of its own; a lane has none: its code must be all that it is.
    const allowed = subject.upgrade.kind === 'Core' ? instructionsOf(await currentCore(subject.view)) : new Map<string, number>();
    const more = [...instructionsOf(code)].filter(([name, count]) => count > (allowed.get(name) ?? 0) && !['CREATE', 'CREATE2'].includes(name)).map(([name, count]) => `${count} ${name}`);
    return outcome(more.length === 0, more.length === 0 ? 'it has no instruction that lets its code change, vanish or be another\'s beyond what runs today' : `it has ${more.join(', ')}, more than what runs today`, 'no more than today', more.join(', ') || 'none');
  } },
  { id: 'B10-build', kinds: WITH_CODE, run: async (subject) => {
    const build = matchBuild(await subject.view.code(needTarget(subject)), buildsOf(subject.view));
    const lacks = build === undefined || subject.upgrade.kind === 'Core' ? [] : LANE_FUNCTIONS.filter((name) => !build.abi.some((item) => item.type === 'function' && item.name === name));
    if (lacks.length > 0) return outcome(false, `the code is the local build of ${build?.name ?? ''}, which is no lane: it has no ${lacks.join(', ')} of its own`, 'the build of a lane', build?.name ?? '');
    return outcome(build !== undefined, build === undefined ? 'no local build gives this code: nobody here can say what it does' : `the code is the local build of ${build.name}`, 'a local build', build?.name ?? 'none');
  } },
  { id: 'B10-same-code', kinds: ['Core'], run: async (subject) => {
    const { before, after } = await builds(subject);
    if (before.buildInfoId !== after.buildInfoId || before.name !== after.name || before.source !== after.source) throw new Unverifiable(`the code is ${after.name} of another build than the one that runs: what it does inside its functions is for people to read in its source`);
    return outcome(true, 'it is the build that runs today', before.name, after.name);
  } },
  { id: 'B10-immutables', kinds: ['Core'], run: async (subject) => {
    const { before, after } = await builds(subject);
    if (before.immutables.includes('inconsistent') || after.immutables.includes('inconsistent')) return outcome(false, 'one immutable has different values in different places: the code was patched after it was built', 'one value', 'several');
    const changed = before.immutables.length === after.immutables.length ? after.immutables.filter((value, index) => value !== before.immutables[index]) : after.immutables.filter((value) => !before.immutables.includes(value));
    return outcome(changed.length === 0, changed.length === 0 ? 'every immutable is what it was' : `${changed.length} immutables differ (addresses of other contracts, delays or chain ids)`, 'the same values', changed.map((value) => `0x${value}`).join(', ') || 'the same values');
  } },
  { id: 'B13-layout', kinds: ['Core'], run: async (subject) => {
    const { before, after } = await builds(subject);
    const errors = layoutErrors(subject.view.config.artifacts ?? '', before, after);
    return outcome(errors.length === 0, errors.length === 0 ? 'the storage that is there keeps its meaning' : `the storage changes its meaning: ${errors.join('; ')}`, 'a compatible storage layout', errors.join('; ') || 'compatible');
  } },
  { id: 'B16-surface', kinds: ['Core'], run: async (subject) => surface(subject) },
  { id: 'B14-migration', kinds: ['Core'], run: async (subject) => outcome(subject.upgrade.fields['migrates'] !== true, subject.upgrade.fields['migrates'] === true ? 'it runs migrate() of the new code in the same act: read that function' : 'it runs nothing in the same act', 'no call', subject.upgrade.fields['migrates'] === true ? 'migrate()' : 'no call') },
  { id: 'D23-accepts-nothing-unproven', kinds: ALL_LANES, run: async (subject) => {
    if (subject.upgrade.kind === 'LaneSwitch' && subject.upgrade.fields['isEnabled'] === false) return outcome(true, 'the lane is switched off', 'nothing accepted', 'off');
    for (let probe = 0; probe < PROBES; probe += 1) {
      // Of the block, so that no lane can know beforehand what it will be asked; as nobody and as the Rollup, to whom it may say something else.
      const statement = keccak256(toHex(`a statement that nobody proved ${subject.view.header.hash} ${probe}`));
      for (const from of [undefined, subject.view.contracts.address('Rollup')]) {
        if (await subject.view.readAt<boolean>(needTarget(subject), Contracts.LANE, 'accepted', [statement], from)) return outcome(false, `the lane accepts ${statement} ${from === undefined ? '' : 'when the Rollup asks, '}which nobody can have proven: it accepts anything`, 'not accepted', 'accepted');
      }
    }
    return outcome(true, `the lane accepts none of ${PROBES} statements that nobody proved`, 'none accepted', 'none accepted');
  } },
  { id: 'B15-lane', kinds: ALL_LANES, run: async (subject) => {
    const [profile, specId, known] = [await subject.view.readAt<Hex>(needTarget(subject), Contracts.LANE, 'profile'), await subject.view.readAt<bigint>(needTarget(subject), Contracts.LANE, 'specId'), BigInt(1)];
    const name = Buffer.from(profile.slice(2), 'hex').toString('utf8').replaceAll('\0', '');
    const isDevnet = subject.view.config.l1.chainId === 31_337;
    return outcome((name === 'MAINNET' || isDevnet) && specId >= known, `the lane says profile ${name}, spec ${specId}`, isDevnet ? 'any profile on the devnet' : 'profile MAINNET', `profile ${name}, spec ${specId}`);
  } },
  { id: 'E26-lane-history', kinds: ALL_LANES, run: async (subject) => {
    const lane = needTarget(subject);
    const isOf = ({ args }: StoredEvent, name: string): boolean => typeof args[name] === 'string' && isAddressEqual(args[name] as Hex, lane);
    const found = [['LaneContradicted', 'lane', 'contradicted itself'], ['LaneTripped', 'lane', 'was tripped'], ['LaneKilled', 'lane', 'was killed'], ['DisputeResolved', 'laneSwitchedOff', 'lost a dispute']].flatMap(([event = '', name = '', what = '']) => (subject.view.events('Lanes', event).some((one) => isOf(one, name)) ? [what] : []));
    const isOff = subject.upgrade.kind === 'LaneSwitch' && subject.upgrade.fields['isEnabled'] === false;
    return outcome(isOff || found.length === 0, found.length === 0 ? 'nothing was ever held against this lane' : `this lane ${found.join(' and ')}${isOff ? '; it is switched off' : ' before'}`, 'a lane without a record', found.join(', ') || 'none');
  } },
  { id: 'D24-last-lane', kinds: ['LaneSwitch'], run: async ({ view, upgrade }) => {
    if (upgrade.fields['isEnabled'] !== false) return outcome(true, 'a lane is switched on', 'a lane that is left', 'one more');
    const left = (await enabledLanes(view)).filter(({ lane }) => !isAddressEqual(lane, upgrade.fields['lane'] as Hex));
    return outcome(left.length > 0, left.length > 0 ? `${left.length} lanes are left` : 'no lane is left that may answer: what is committed stays unproven, and the chain can be frozen', 'a lane that is left', left.length > 0 ? String(left.length) : 'none');
  } },
  { id: 'F33-attesters', kinds: ['AttesterSet'], run: async (subject) => attesters(subject) },
  { id: 'F33-operator', kinds: ['Operator'], run: async ({ view, upgrade }) => {
    const [hot, cold] = [upgrade.fields['hotKey'] as Hex, upgrade.fields['coldKey'] as Hex];
    const taken = [...await attesterKeys(view), ...await councilKeys(view), ...await keysToCome(view, upgrade)].filter((key) => isAddressEqual(key, hot) || isAddressEqual(key, cold));
    const isSame = isAddressEqual(hot, cold);
    return outcome(!isSame && taken.length === 0, isSame ? 'hot and cold key are one: a stolen hot key cannot be replaced' : taken.length > 0 ? `${taken.join(', ')} holds another role already` : 'two keys with no other role', 'two keys with no other role', isSame ? 'one key' : taken.join(', ') || 'two keys');
  } },
  { id: 'F33-council', kinds: ['Council'], run: async ({ view, upgrade }) => {
    const members = (upgrade.fields['members'] as readonly { account: Hex }[]).map(({ account }) => account);
    const others = [...await attesterKeys(view), await view.read<Hex>('Rollup', 'operator'), await view.read<Hex>('Rollup', 'coldKey'), ...await keysToCome(view, upgrade)];
    const both = members.filter((member) => others.some((key) => isAddressEqual(key, member)));
    return outcome(both.length === 0, both.length === 0 ? 'no member holds another role' : `${both.join(', ')} would be members and hold another role`, 'no member with another role', both.join(', ') || 'none');
  } },
  { id: 'F32-council-size', kinds: ['Council'], run: async ({ upgrade }) => {
    const members = upgrade.fields['members'] as readonly { isExternal: boolean }[];
    const [count, external, threshold] = [members.length, members.filter(({ isExternal }) => isExternal).length, Number(upgrade.fields['threshold'] as bigint)];
    const isRight = count >= 8 && threshold >= 6 && threshold * 4 >= count * 3 && external > count - threshold;
    return outcome(isRight, `${threshold} of ${count} act, ${external} are external`, 'at least 6 of 8, at least 75 %, external members enough to block', `${threshold} of ${count}, ${external} external`);
  } },
  { id: 'F32-council-hands', kinds: ['Council'], run: async (subject) => councilHands(subject) },
  { id: 'F32-council-delegation', kinds: ['Council'], run: async ({ view, upgrade }) => {
    const accounts = councilOf(upgrade);
    const codes = await Promise.all(accounts.map(async (account) => view.code(account)));
    const delegated = accounts.filter((_account, index) => codes[index]?.startsWith(DELEGATION));
    return outcome(delegated.length === 0, delegated.length === 0 ? 'no member delegates its code' : `${delegated.join(', ')} delegates its code: who controls that code can sign as the member, and change it at will`, 'no delegated code (EIP-7702)', delegated.join(', ') || 'none');
  } },
  { id: 'B15-fees', kinds: ['Fees'], run: async (subject) => fees(subject) },
  { id: 'B15-spec', kinds: ['Spec'], run: async ({ upgrade }) => outcome(false, `spec ${String(upgrade.fields['specId'])} executes by rules that this watchtower does not know: it cannot re-execute batches under it`, 'a known spec', String(upgrade.fields['specId'])) },
];

const typesOf = (parameters: readonly AbiParameter[]): string => parameters.map((parameter) => ('components' in parameter ? `(${typesOf(parameter.components)})${parameter.type.slice(5)}` : parameter.type)).join(',');

function shapeOf({ name, inputs, outputs, stateMutability }: AbiFunction): string {
  return `${name}(${typesOf(inputs)}) ${stateMutability} (${typesOf(outputs)})`;
}

export const CHECK_IDS: readonly string[] = CHECKS.map(({ id }) => id);

async function surface(subject: Subject): Promise<Outcome> {
  const code = (await subject.view.code(needTarget(subject))).toLowerCase();
  const functions = subject.view.contracts.abi('Rollup').filter((item): item is AbiFunction => item.type === 'function');
  // A dispatcher compares with PUSH4 of the selector, shorter when it begins with zeros.
  const missing = functions.filter((item) => !code.includes(toFunctionSelector(item).slice(2).replace(/^(00)+/, '')));
  if (missing.length > 0) return outcome(false, `functions that users and contracts call are gone: ${missing.map(({ name }) => name).join(', ')}`, 'every function of today', `${missing.length} missing`);
  const build = subject.view.config.artifacts === undefined ? undefined : matchBuild(code as Hex, buildsOf(subject.view));
  if (build === undefined) throw new Unverifiable('all functions of today are there; which others there are cannot be told without a local build');
  const known = new Map(functions.map((item) => [toFunctionSelector(item), shapeOf(item)]));
  // A function may be gone although its selector is there: another of the same four bytes, or the same name that now writes.
  const other = build.abi.filter((item): item is AbiFunction => item.type === 'function').filter((item) => (known.get(toFunctionSelector(item)) ?? shapeOf(item)) !== shapeOf(item));
  if (other.length > 0) return outcome(false, `functions answer to a selector of today and are others: ${other.map(shapeOf).join(', ')}`, 'the same functions behind the same selectors', other.map(({ name }) => name).join(', '));
  const catchAll = build.abi.filter(({ type }) => type === 'fallback' || type === 'receive').map(({ type }) => type);
  if (catchAll.length > 0) return outcome(false, `it answers to calls that no function names: ${catchAll.join(', ')}`, 'no fallback', catchAll.join(', '));
  const added = build.abi.filter((item): item is AbiFunction => item.type === 'function' && !known.has(toFunctionSelector(item)) && item.stateMutability !== 'view' && item.stateMutability !== 'pure');
  return outcome(added.length === 0, added.length === 0 ? 'the same functions as today' : `new functions that change state: ${added.map(({ name }) => name).join(', ')}`, 'no new function that changes state', added.map(({ name }) => name).join(', ') || 'none');
}

async function attesterKeys(view: View): Promise<readonly Hex[]> {
  return view.contracts.hasFunction('AttesterLane', 'attesters') ? view.read<readonly Hex[]>('AttesterLane', 'attesters') : [];
}

async function councilKeys(view: View): Promise<readonly Hex[]> {
  return view.contracts.has('SecurityCouncil') ? (await view.read<readonly { account: Hex }[]>('SecurityCouncil', 'members')).map(({ account }) => account) : [];
}

async function attesters(subject: Subject): Promise<Outcome> {
  const lane = needTarget(subject);
  const [members, quorum] = [await subject.view.readAt<readonly Hex[]>(lane, Contracts.LANE, 'attesters'), await subject.view.readAt<bigint>(lane, Contracts.LANE, 'quorum')];
  if (members.length > MOST_ATTESTERS) return outcome(false, `it says that it has ${members.length} attesters: nobody can look at as many`, `at most ${MOST_ATTESTERS}`, String(members.length));
  const distinct = new Set(members.map((member) => member.toLowerCase())).size;
  const others = [await subject.view.read<Hex>('Rollup', 'operator'), await subject.view.read<Hex>('Rollup', 'coldKey'), ...await councilKeys(subject.view), ...await keysToCome(subject.view, subject.upgrade)];
  const both = members.filter((member) => others.some((key) => isAddressEqual(key, member)));
  const isRight = distinct === members.length && members.length >= MIN_ATTESTERS && quorum * 3n >= BigInt(members.length) * 2n && both.length === 0;
  return outcome(isRight, `${members.length} attesters, ${quorum} must agree${both.length > 0 ? `; ${both.join(', ')} holds another role` : ''}`, `at least ${MIN_ATTESTERS} different keys with no other role, two thirds must agree`, `${distinct} different keys, quorum ${quorum}, ${both.length} with another role`);
}

/** Whose accounts are read one by one. @throws Unverifiable for more than the contracts take */
function councilOf({ fields }: Upgrade): readonly Hex[] {
  const members = fields['members'] as readonly { account: Hex }[];
  if (members.length > Number(MAX_COUNCIL_MEMBERS)) throw new Unverifiable(`${members.length} members: a council has at most ${MAX_COUNCIL_MEMBERS}`);
  return members.map(({ account }) => account);
}

/** Contracts of one code may be one hand: as many as it takes to act or to block are a finding, fewer are unknown. */
async function councilHands({ view, upgrade }: Subject): Promise<Outcome> {
  const accounts = councilOf(upgrade);
  const withCode: { readonly account: Hex; readonly code: Hex }[] = [];
  for (const account of accounts) {
    const code = await view.code(account);
    if (code !== '0x') withCode.push({ account, code });
  }
  const toBlock = accounts.length - Number(upgrade.fields['threshold'] as bigint) + 1;
  const alike = [...Map.groupBy(withCode, ({ code }) => code).values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  if (alike.length >= toBlock) return outcome(false, `${alike.length} members are contracts of one code, enough to block: ${alike.map(({ account }) => account).join(', ')} may be one hand`, `fewer than ${toBlock} of one code`, String(alike.length));
  if (withCode.length > 0) throw new Unverifiable(`members with code, of which nobody here can say who acts for them: ${withCode.map(({ account }) => account).join(', ')}`);
  return outcome(true, 'every member is a key', 'keys', 'keys');
}

/** Fees creep: a step is measured against every value of the last half year, not only against what stands now. */
async function fees({ view, upgrade }: Subject): Promise<Outcome> {
  const now = await view.read<readonly bigint[]>('Rollup', 'feeConfig');
  const since = Number(view.header.timestamp) - FEE_MEMORY_SECONDS;
  const set = view.events('Rollup', 'FeeConfigSet').map(({ timestamp, args }) => ({ timestamp, values: [BigInt(String(args['dataFeeScalar'])), BigInt(String(args['surchargeScalar']))] }));
  // What was set before the half year began stood at its beginning.
  const standing = set.findLast(({ timestamp }) => timestamp < since);
  const references = [now, ...(standing === undefined ? [] : [standing.values]), ...set.filter(({ timestamp }) => timestamp >= since).map(({ values }) => values)];
  const after = [upgrade.fields['dataFeeScalar'] as bigint, upgrade.fields['surchargeScalar'] as bigint];
  const within = (value: bigint, before: bigint): boolean => value * 100n <= before * (100n + FEE_STEP_PERCENT) && value * 100n >= before * (100n - FEE_STEP_PERCENT);
  const far = references.find((before) => !after.every((value, index) => within(value, before[index] ?? 0n)));
  const text = (values: readonly bigint[]): string => `data fee ${String(values[0])}, surcharge ${String(values[1])} millionths`;
  return outcome(far === undefined, far === undefined ? `${text(after)}, within ${FEE_STEP_PERCENT} % of all that stood in the last half year` : `${text(after)}, more than ${FEE_STEP_PERCENT} % away from ${text(far)}, which ${far === now ? 'stands' : 'stood within the last half year'}`, `within ${FEE_STEP_PERCENT} %`, text(after));
}

/** Keys that another pending upgrade would give a role: two upgrades that are each right alone can together give one key two. */
async function keysToCome(view: View, upgrade: Upgrade): Promise<readonly Hex[]> {
  const keys: Hex[] = [];
  for (const { args } of view.events('UpgradeTimelock', 'UpgradeScheduled')) {
    const other = decodeUpgrade(args['upgrade']);
    if (!other.ok || other.upgrade.kind === upgrade.kind || ![SCHEDULED, EXECUTABLE].includes(Number(await view.read<number>('UpgradeTimelock', 'state', [args['id']])))) continue;
    const { kind, fields } = other.upgrade;
    if (kind === 'Operator') keys.push(fields['hotKey'] as Hex, fields['coldKey'] as Hex);
    if (kind === 'Council') keys.push(...(fields['members'] as readonly { account: Hex }[]).map(({ account }) => account));
    if (kind !== 'AttesterSet') continue;
    const attesting = await view.readAt<readonly Hex[]>(fields['lane'] as Hex, Contracts.LANE, 'attesters');
    if (attesting.length > MOST_ATTESTERS) throw new Unverifiable(`lane ${String(fields['lane'])}, which is pending too, says that it has ${attesting.length} attesters: nobody can look at as many`);
    keys.push(...attesting);
  }
  return keys;
}

/** Every check that applies, in order. */
export async function checkUpgrade(view: View, upgrade: Upgrade): Promise<readonly CheckResult[]> {
  const subject: Subject = { view, upgrade, target: targetOf(upgrade), pinned: upgrade.fields['codehash'] as Hex | undefined };
  const results: CheckResult[] = [];
  for (const { id, kinds, run } of CHECKS) {
    if (!kinds.includes(upgrade.kind)) continue;
    try {
      results.push({ id, ...await run(subject) });
    } catch (cause) {
      if (!(cause instanceof Unverifiable)) throw cause;
      results.push({ id, status: 'unverifiable', sentence: cause.message, expected: 'an answer', got: 'none' });
    }
  }
  return results;
}
