// L2BEAT's criteria for Stage 0, 1 and 2, each as a question to the deployed contracts. Owns the questions, what counts as yes, and the
// evidence: contract, call, value, block. What contracts cannot say (published sources, who people are) is *unknown*, not yes.
// Invariant: an item is yes or no only by values that were read at the block named; a read that fails makes it unknown.

import { Contract } from 'ethers';
import { messageOf } from '../failure.ts';
import { contractAbi } from '../rollup.ts';
import { durationText } from './contracts.ts';
import type { GovernanceConnection } from './contracts.ts';
import { KIND_NAMES, OPERATOR_KIND } from './upgradeKinds.ts';

export type Verdict = 'yes' | 'no' | 'unknown';

export interface Evidence { readonly contract: string; readonly address: string; readonly call: string; readonly value: string; readonly block: number }
export interface StageItem { readonly stage: 0 | 1 | 2; readonly id: string; readonly title: string; readonly verdict: Verdict; readonly reason: string; readonly evidence: readonly Evidence[] }

const DAY_SECONDS = 86_400n;

/** Reads at one block and keeps what it read. */
export class Reader {
  readonly block: number;
  readonly #connection: GovernanceConnection;
  #evidence: Evidence[] = [];

  constructor(connection: GovernanceConnection, block: number) {
    this.#connection = connection;
    this.block = block;
  }

  get addresses(): GovernanceConnection['addresses'] {
    return this.#connection.addresses;
  }

  async read<T>(contract: string, address: string, call: string, ...args: readonly unknown[]): Promise<T> {
    const value = (await new Contract(address, contractAbi(contract), this.#connection.l1).getFunction(call).staticCall(...args, { blockTag: this.block })) as T;
    this.#evidence.push({ contract, address, call: `${call}(${args.map(String).join(', ')})`, value: textOf(value), block: this.block });
    return value;
  }

  async hasCode(name: string, address: string): Promise<boolean> {
    const size = ((await this.#connection.l1.getCode(address, this.block)).length - 2) / 2;
    this.#evidence.push({ contract: name, address, call: 'code', value: `${size} bytes`, block: this.block });
    return size > 0;
  }

  takeEvidence(): Evidence[] {
    const taken = this.#evidence;
    this.#evidence = [];
    return taken;
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? entry.toString() : entry));
}

interface Answer { readonly verdict: Verdict; readonly reason: string }
const yes = (reason: string): Answer => ({ verdict: 'yes', reason });
const no = (reason: string): Answer => ({ verdict: 'no', reason });
const unknown = (reason: string): Answer => ({ verdict: 'unknown', reason });

/** What several items rest on. */
export interface Powers {
  readonly stage: bigint;
  readonly members: readonly { readonly account: string; readonly isExternal: boolean }[];
  readonly threshold: bigint;
  readonly isDormant: boolean;
  readonly hasSunset: boolean;
  readonly exitWindow: bigint;
  /** Shortest delay of any kind but the operator's. */
  readonly delay: bigint;
  readonly operatorDelay: bigint;
  readonly timeScale: bigint;
}

export async function readPowers(reader: Reader, nowWall: bigint): Promise<Powers> {
  const { UpgradeTimelock: timelock, SecurityCouncil: council, Maturity: maturity, Clock: clock } = reader.addresses;
  const delays = await Promise.all(KIND_NAMES.map(async (_, kind) => reader.read<bigint>('UpgradeTimelock', timelock, 'delayOf', kind)));
  const others = delays.filter((_, kind) => kind !== OPERATOR_KIND);
  return {
    stage: await reader.read('Maturity', maturity, 'stage'),
    members: await reader.read('SecurityCouncil', council, 'members'),
    threshold: await reader.read('SecurityCouncil', council, 'threshold'),
    isDormant: await reader.read('SecurityCouncil', council, 'isDormant'),
    hasSunset: (await reader.read<bigint>('UpgradeTimelock', timelock, 'SUNSET')) <= nowWall,
    exitWindow: await reader.read('UpgradeTimelock', timelock, 'exitWindow'),
    delay: others.reduce((low, delay) => (delay < low ? delay : low)),
    operatorDelay: delays[OPERATOR_KIND] ?? 0n,
    timeScale: await reader.read('Clock', clock, 'TIME_SCALE'),
  };
}

/** Whether the council can carry an upgrade out at once. */
export function canExpedite(powers: Powers): boolean {
  return powers.stage === 0n && !powers.hasSunset && !powers.isDormant;
}

const netWindow = (powers: Powers): bigint => powers.delay - powers.exitWindow;

async function proofs(reader: Reader): Promise<Answer> {
  const alone = await reader.read<boolean>('Rollup', reader.addresses.Rollup, 'attestersFinalizeAlone');
  return alone ? no('attesters alone finalize: no validity proof is needed') : yes('nothing becomes final without an accepted zk answer');
}

async function roots(reader: Reader): Promise<Answer> {
  const head = await reader.read<[bigint, string, string, bigint]>('Rollup', reader.addresses.Rollup, 'finalHead');
  return yes(`state root of batch ${head[0]} is on L1`);
}

async function inputsOnL1(reader: Reader): Promise<Answer> {
  const committed = await reader.read<bigint>('Rollup', reader.addresses.Rollup, 'committedCount');
  if (committed === 0n) return unknown('no batch was committed yet');
  const batch = await reader.read<{ inputs: string }>('Rollup', reader.addresses.Rollup, 'batch', committed);
  return unknown(`batch ${committed} has inputs ${batch.inputs}; whether its whole payload is in calldata is said by its event and transaction, not by a view`);
}

async function exits(reader: Reader): Promise<Answer> {
  const { Rollup: rollup, UpgradeTimelock: timelock } = reader.addresses;
  const lifecycle = await reader.read<string>('UpgradeTimelock', timelock, 'LIFECYCLE');
  const inbox = await reader.read<string>('Rollup', rollup, 'INBOX');
  const vault = await reader.read<string>('Inbox', inbox, 'VAULT');
  const hatch = await reader.read<string>('Vault', vault, 'ESCAPE_HATCH');
  const missing = [];
  for (const [name, address] of [['Lifecycle', lifecycle], ['EscapeHatch', hatch]] as const) if (!(await reader.hasCode(name, address))) missing.push(name);
  if (missing.length > 0) return no(`there is no ${missing.join(' and no ')}: without an operator nobody gets out`);
  return yes('forced messages, batches by anyone and frozen exits need no key');
}

function councilSetUp(powers: Powers): Answer {
  const { members, threshold } = powers;
  const external = members.filter(({ isExternal }) => isExternal).length;
  const isEnough = members.length >= 8 && threshold >= 6n && threshold * 4n >= BigInt(members.length) * 3n && external >= 3;
  const words = `${threshold} of ${members.length}, ${external} declared external${powers.isDormant ? ', dormant' : ''}`;
  return isEnough && !powers.isDormant ? yes(words) : no(words);
}

function onlyCouncilIsFaster(powers: Powers): Answer {
  const window = netWindow(powers);
  const isEnough = window * powers.timeScale >= 7n * DAY_SECONDS;
  return isEnough ? yes(`everyone else waits ${durationText(powers.delay)}, which leaves ${durationText(window)} after the worst-case exit`) : no(`the window is ${durationText(window)}`);
}

function thirtyDays(powers: Powers): Answer {
  const window = netWindow(powers);
  if (canExpedite(powers)) return no(`${powers.threshold} of ${powers.members.length} can replace the Rollup at once: window 0 d`);
  return window * powers.timeScale >= 30n * DAY_SECONDS ? yes(`window ${durationText(window)} for every path`) : no(`the window is ${durationText(window)}`);
}

function onlyProvableBugs(powers: Powers): Answer {
  if (canExpedite(powers)) return no('the council can carry out any scheduled upgrade of code, lanes, specs or fees');
  if (powers.stage === 2n) return yes('no upgrade is possible; the council can pause finality for 3 days in 90 and choose a lane in a dispute');
  return unknown('it can act early only after an on-chain contradiction, but also veto once per content and pause finality for 3 days in 90; how that counts is for L2BEAT to say');
}

type Question = readonly [StageItem['stage'], string, string, (reader: Reader, powers: Powers) => Answer | Promise<Answer>];

const offChain = (what: string) => (): Answer => unknown(`${what} cannot be read from the deployed contracts`);

const QUESTIONS: readonly Question[] = [
  [0, 'proof-system', 'a complete and functional proof system decides about state roots', proofs],
  [0, 'state-roots', 'state roots are posted to L1', roots],
  [0, 'inputs', 'the inputs of the state transition are on L1', inputsOnL1],
  [0, 'is-rollup', 'the project calls itself a rollup', offChain('what the project calls itself')],
  [0, 'node-source', 'a source-available node rebuilds the state from L1', offChain('a published node')],
  [1, 'exit-without-operator', 'users exit without any operator', exits],
  [1, 'walkaway', 'exits hold with the council inactive for ever', exits],
  [1, 'exit-window-7', 'at least 7 days to exit from upgrades by anyone but the council', (_reader, powers) => onlyCouncilIsFaster(powers)],
  [1, 'council-set-up', 'council of at least 8, 75 % threshold, at least 3 outside', (_reader, powers) => councilSetUp(powers)],
  [1, 'council-independence', 'the members declared external are independent', offChain('who the members are')],
  [1, 'trusted-setup', 'no proof system with a red trusted setup', offChain('how a verifier\'s parameters were made')],
  [1, 'reproducible', 'prover source, verifiers and program hashes can be regenerated', offChain('published sources')],
  [2, 'permissionless-proofs', 'anyone can prove', (): Answer => unknown('whether `answer` takes any caller cannot be read from the deployed contracts; their tests show it (P-022)')],
  [2, 'exit-window-30', 'at least 30 days to exit from any upgrade that no provable bug asks for', (_reader, powers) => thirtyDays(powers)],
  [2, 'council-provable-bugs', 'the council acts only on bugs that are proven on chain', (_reader, powers) => onlyProvableBugs(powers)],
];

/** Every item with its evidence. */
export async function evaluateItems(reader: Reader, powers: Powers, powersEvidence: readonly Evidence[]): Promise<StageItem[]> {
  const items: StageItem[] = [];
  for (const [stage, id, title, ask] of QUESTIONS) {
    let answer: Answer;
    try {
      answer = await ask(reader, powers);
    } catch (error) {
      answer = unknown(`it could not be read: ${messageOf(error).split('\n')[0] ?? ''}`);
    }
    const own = reader.takeEvidence();
    const usesPowers = ['exit-window-7', 'council-set-up', 'exit-window-30', 'council-provable-bugs'].includes(id);
    items.push({ stage, id, title, ...answer, evidence: usesPowers ? powersEvidence : own });
  }
  return items;
}

/** The sentences that the protocol demands in each stage. */
export function sentences(powers: Powers): string[] {
  const days = (seconds: bigint): string => `${(seconds * powers.timeScale) / DAY_SECONDS} d`;
  const scale = powers.timeScale === 1n ? '' : ` (days of the main profile; this deployment runs ${powers.timeScale} times as fast)`;
  const governance = days(netWindow(powers));
  if (powers.stage === 0n) {
    const council = canExpedite(powers)
      ? `${powers.threshold} of ${powers.members.length} can replace Rollup and take unpaid funds: window 0 d`
      : `the council can carry nothing out early (${powers.isDormant ? 'dormant' : 'sunset'})`;
    return [`at most Stage 1; ${council}; governance ${governance}; forced and frozen exits trust Rollup.${scale}`];
  }
  if (powers.stage === 1n) return [`the Rollup's code can never change; lanes, specs, attesters, fees and the council change with a window of ${governance}; a malicious lane voids everything unpaid, and the window is the only defence.${scale}`];
  return ['no upgrade is possible any more: nobody can change code, lanes, specs, attesters, fees or the council; the operator\'s seat is auctioned.'];
}

