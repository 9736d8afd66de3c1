// Opt-in auto-exit: gathers the facts at each finalized state, asks decide.ts, and does what it says: tell, announce, or force the owner's signed
// withdrawals through the Inbox. Owns the order (log, then send), the fee limit, and never sending twice. The key it holds pays L1 fees from its own
// balance; what leaves L2 was signed by its owner and can only pay its owner (presigned.ts).
// Invariant: an intent with the whole signed L1 transaction is in the log before the transaction is sent; a retry sends the same bytes.

import { readFileSync, existsSync } from 'node:fs';
import { encodeFunctionData, parseAbi, parseTransaction, type Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { append, headOf } from '../auditLog.ts';
import { noticeRows } from '../alerts/outbox.ts';
import { secret, type Config } from '../config.ts';
import { unlockKeystore } from '../checkpoint/keeping.ts';
import { EndpointFault } from '../fault.ts';
import type { Endpoint } from '../l1/endpoint.ts';
import type { Quorum } from '../l1/quorum.ts';
import type { View } from '../monitor.ts';
import { accountAt } from '../replay/account.ts';
import type { Store } from '../store.ts';
import { lookAtUpgrades } from '../upgrades/pending.ts';
import { decideExit, type Decision, type ExitFacts } from './decide.ts';
import { planExit } from './plan.ts';
import { readPresigned, type PresignedExit } from './presigned.ts';

const INBOX = parseAbi(['function sendSigned(uint64 gas, uint64 surcharge, bytes rawTransaction) payable returns (uint64 index)']);
const TIP_WEI = 1_000_000_000n;
/** Above what enqueueing costs; 40 gas a byte of calldata is EIP-7623's floor. */
const SEND_GAS = 250_000n;
const SEND_GAS_PER_BYTE = 60n;

interface Intent { readonly upgrade: string; readonly l1: Hex; readonly worstWei: string; readonly isDryRun: boolean }

interface AutoExitParts {
  readonly config: Config;
  readonly store: Store;
  readonly quorum: Quorum;
  readonly endpoints: readonly Endpoint[];
  readonly wallMilliseconds: () => number;
}

export class AutoExit {
  readonly #parts: AutoExitParts;
  readonly #policy: NonNullable<Config['autoExit']>;
  readonly #exits: readonly PresignedExit[];
  readonly #account: PrivateKeyAccount;

  private constructor(parts: AutoExitParts, policy: NonNullable<Config['autoExit']>, exits: readonly PresignedExit[], account: PrivateKeyAccount) {
    this.#parts = parts;
    this.#policy = policy;
    this.#exits = exits;
    this.#account = account;
  }

  /** Reads and checks everything that it will need. @throws ConfigMistake */
  static async open(parts: AutoExitParts, l2ChainId: bigint): Promise<AutoExit | undefined> {
    const policy = parts.config.autoExit;
    if (policy === undefined) return undefined;
    const exits = await readPresigned(policy.presigned, policy.owner, l2ChainId);
    return new AutoExit(parts, policy, exits, await unlockKeystore(policy.keystore, secret(policy.passwordFrom)));
  }

  /** Considers the finalized state and acts. @returns what was decided */
  async consider(view: View): Promise<Decision> {
    const facts = await this.#facts(view);
    const decision = decideExit(facts);
    switch (decision.act) {
      case 'wait': break;
      case 'refuse': case 'ask': await this.#tell(`${decision.act} ${decision.because}`, `auto-exit ${decision.act === 'ask' ? 'needs a person' : 'refuses to act'}: ${decision.because}`); break;
      case 'announce': await this.#announce(decision, facts); break;
      case 'fire': for (const exit of this.#exits.slice(decision.from)) if (!await this.#force(view, decision.upgrade, exit)) break; break;
      default: decision satisfies never;
    }
    return decision;
  }

  async #facts(view: View): Promise<ExitFacts> {
    const { store, quorum } = this.#parts;
    const { owner, graceSeconds } = this.#policy;
    const [looked, scale, finalHead] = [await lookAtUpgrades(view), await view.read<bigint>('Clock', 'TIME_SCALE'), await view.read<readonly [bigint, Hex, Hex, bigint]>('Rollup', 'finalHead')];
    const person = view.config.watched.find(({ address }) => address === owner) ?? { address: owner, label: owner, unbondingSeconds: 0 };
    const upgrades = looked.filter(({ state }) => state === 'Scheduled' || state === 'Executable').map(({ id, report, undecodable, time }) => ({
      id, failed: undecodable === undefined ? report?.checks.filter(({ status }) => status === 'violation').map((check) => check.id) ?? [] : ['decode'], lastSafeT: planExit(person, id, time, scale).routes[0]?.latestStartT ?? 0,
    }));
    const replay = view.reexecuted();
    const unproven = replay === undefined ? 'batches are not executed again' : replay.state.broken !== undefined || replay.findings.length > 0 ? 're-execution found something wrong'
      : replay.state.executed.batch < Number(finalHead[0]) ? `batch ${replay.state.executed.batch} of ${finalHead[0]} was reached so far` : undefined;
    const nonce = replay === undefined || unproven !== undefined ? undefined : Number((await accountAt(store, replay.state.executed.head.stateRoot, owner)).nonce);
    return {
      nowT: Number(await view.read<bigint>('Clock', 'current')), quorum: quorum.needed, answers: view.answers, upgrades, unproven, nonce, nonces: this.#exits.map((exit) => exit.nonce), graceSeconds,
      announcedT: Object.fromEntries(upgrades.flatMap(({ id }) => { const at = store.get<number>(['autoExit', 'announced', id]); return at === undefined ? [] : [[id, at]]; })), vetoed: vetoes(this.#policy.vetoFile),
    };
  }

  async #announce({ upgrade, fireT, because }: Extract<Decision, { act: 'announce' }>, { nowT }: ExitFacts): Promise<void> {
    const text = `auto-exit of ${this.#policy.owner} will force ${this.#exits.length} signed withdrawals at T ${fireT}, because ${because}. To veto, write ${upgrade} as a line into ${this.#policy.vetoFile}.${this.#policy.isDryRun ? ' (dry run: nothing will be sent)' : ''}`;
    await this.#record({ kind: 'auto-exit', act: 'announce', upgrade, fireT, because }, `announce ${upgrade}`, text, (write) => { write.put(['autoExit', 'announced', upgrade], nowT); });
  }

  /** Tells a thing once. */
  async #tell(key: string, text: string): Promise<void> {
    if (this.#parts.store.get(['autoExit', 'told', key]) !== undefined) return;
    await this.#record({ kind: 'auto-exit', act: 'tell', text }, key, text, () => undefined);
  }

  async #record(entry: Readonly<Record<string, unknown>>, key: string, text: string, change: (write: Parameters<Parameters<Store['commit']>[0]>[0]) => void): Promise<void> {
    const { store, config, wallMilliseconds } = this.#parts;
    await store.commit((write) => {
      change(write);
      write.put(['autoExit', 'told', key], true);
      noticeRows(write, store, config.channels, { key: `auto-exit ${key}`, title: 'auto-exit', text }, wallMilliseconds());
      append(write, headOf(store), [entry]);
    });
  }

  /** @returns whether the next one may follow */
  async #force(view: View, upgrade: string, exit: PresignedExit): Promise<boolean> {
    const { store } = this.#parts;
    if (view.events('Inbox', 'MessageEnqueued').some(({ args }) => String(args['message']).toLowerCase().endsWith(exit.raw.slice(2)))) return true;
    const intent = store.get<Intent>(['autoExit', 'intent', exit.hash]) ?? await this.#intend(view, upgrade, exit);
    if (intent === undefined || intent.isDryRun) return intent !== undefined;
    const faults: string[] = [];
    for (const endpoint of this.#parts.endpoints) {
      try {
        await endpoint.request('eth_sendRawTransaction', [intent.l1]);
      } catch (cause) {
        if (!(cause instanceof EndpointFault)) throw cause;
        if (!/already|known|nonce too low/i.test(cause.message)) faults.push(cause.message);
      }
    }
    if (faults.length === this.#parts.endpoints.length) await this.#tell(`unsent ${exit.hash}`, `auto-exit could not send ${exit.hash}: ${faults.join('; ')}`);
    return true;
  }

  /** Signs the L1 transaction and logs it, within the limit; undefined (and told) above it. */
  async #intend(view: View, upgrade: string, exit: PresignedExit): Promise<Intent | undefined> {
    const { config, store, quorum } = this.#parts;
    const price = await view.read<bigint>('Inbox', 'price', [exit.gas + exit.surcharge]);
    // What is paid above the price comes back in the same transaction; the price follows the base fee.
    const value = (price * 5n) / 4n;
    const gas = SEND_GAS + SEND_GAS_PER_BYTE * BigInt(exit.raw.length / 2);
    const maxFeePerGas = 2n * view.header.baseFeePerGas + TIP_WEI;
    const intents = store.list<Intent>(['autoExit', 'intent']);
    const worst = value + gas * maxFeePerGas;
    const total = worst + intents.reduce((sum, { worstWei }) => sum + BigInt(worstWei), 0n);
    if (total > BigInt(this.#policy.maximumWei)) {
      await this.#tell(`limit ${exit.hash}`, `auto-exit stops: ${exit.what} of ${exit.owner} would cost up to ${total} wei of L1 fees in all, the limit is ${this.#policy.maximumWei}`);
      return undefined;
    }
    const next = Number(BigInt(await quorum.same<Hex>('nonce of the fee key', 'eth_getTransactionCount', [this.#account.address, 'latest'], String)));
    const taken = intents.filter(({ isDryRun }) => !isDryRun).map(({ l1 }) => parseTransaction(l1).nonce ?? 0).filter((nonce) => nonce >= next);
    const nonce = taken.length === 0 ? next : Math.max(...taken) + 1;
    const l1 = await this.#account.signTransaction({
      type: 'eip1559', chainId: config.l1.chainId, nonce, to: view.contracts.address('Inbox'), value, gas, maxFeePerGas, maxPriorityFeePerGas: TIP_WEI, data: encodeFunctionData({ abi: INBOX, functionName: 'sendSigned', args: [exit.gas, exit.surcharge, exit.raw] }),
    });
    const intent: Intent = { upgrade, l1, worstWei: String(worst), isDryRun: this.#policy.isDryRun };
    await this.#record({ kind: 'auto-exit', act: intent.isDryRun ? 'would force' : 'force', upgrade, exit: exit.hash, owner: exit.owner, what: exit.what, l1 }, `force ${exit.hash}`, `auto-exit ${intent.isDryRun ? 'would force (dry run)' : 'forces'} a withdrawal of ${exit.what} to its owner ${exit.owner}, because of upgrade ${upgrade}`, (write) => { write.put(['autoExit', 'intent', exit.hash], intent); });
    return intent;
  }
}

function vetoes(path: string): readonly string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split(/\s+/).filter((line) => line !== '').map((line) => line.toLowerCase()) : [];
}
