// Opt-in auto-exit: gathers the facts at each finalized state, asks decide.ts, and does what it says: tell, announce, or force the owner's signed
// withdrawals through the Inbox. Owns the order (decide, log, send, acknowledge) and what is kept of it. The key it holds pays L1 fees from its own
// balance (send.ts); what leaves L2 was signed by its owner and can only pay its owner (presigned.ts). A dry run signs nothing.
// Invariant: the whole signed L1 transaction is in the log before it is sent; what was done is read from final blocks, not from what was sent.

import { readFileSync, existsSync } from 'node:fs';
import { isAddressEqual, type Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { append, headOf } from '../auditLog.ts';
import { noticeRows } from '../alerts/outbox.ts';
import { secret, type Config } from '../config.ts';
import { ConfigMistake } from '../fault.ts';
import { unlockKeystore } from '../keystore.ts';
import type { Endpoint } from '../l1/endpoint.ts';
import type { Quorum } from '../l1/quorum.ts';
import { Sender } from '../l1/sending.ts';
import type { View } from '../monitor.ts';
import { accountAt } from '../replay/account.ts';
import type { Store } from '../store.ts';
import { lookAtUpgrades } from '../upgrades/pending.ts';
import { decideExit, type Decision, type ExitFacts } from './decide.ts';
import { planExit } from './plan.ts';
import { readPresigned, type PresignedExit } from './presigned.ts';
import { fateOf, finalNonceOf, nextStep, nonceAhead, type Intent } from './send.ts';

/** Nonces of the fee key that one exit may use up: more is no accident, and a person must look. */
const MOST_NONCES = 3;

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
  readonly #sender: Sender;

  private constructor(parts: AutoExitParts, policy: NonNullable<Config['autoExit']>, exits: readonly PresignedExit[], account: PrivateKeyAccount) {
    this.#parts = parts;
    this.#policy = policy;
    this.#exits = exits;
    this.#sender = new Sender({ chainId: parts.config.l1.chainId, account, quorum: parts.quorum, endpoints: parts.endpoints });
  }

  /** Reads and checks everything that it will need. @param otherKey a key of this watchtower that sends too @throws ConfigMistake */
  static async open(parts: AutoExitParts, l2ChainId: bigint, otherKey?: Hex): Promise<AutoExit | undefined> {
    const policy = parts.config.autoExit;
    if (policy === undefined) return undefined;
    const exits = await readPresigned(policy.presigned, policy.owner, l2ChainId);
    const account = await unlockKeystore(policy.keystore, secret(policy.passwordFrom));
    // Two senders on one key would take each other's nonces.
    if (otherKey !== undefined && isAddressEqual(account.address, otherKey)) throw new ConfigMistake(`autoExit.keystore: expected a key used for nothing else, got ${account.address}, which signs the checkpoints`);
    return new AutoExit(parts, policy, exits, account);
  }

  /** Considers the finalized state and acts. @returns what was decided */
  async consider(view: View): Promise<Decision> {
    for (const exit of this.#exits) await this.#acknowledge(view, exit);
    const { facts, executedTo } = await this.#facts(view);
    const decision = decideExit(facts);
    switch (decision.act) {
      case 'wait': break;
      case 'refuse': case 'ask': await this.#tell(`${decision.act} ${decision.code} ${decision.upgrade}`, `auto-exit ${decision.act === 'ask' ? 'needs a person' : 'refuses to act'}: ${decision.because}`); break;
      case 'announce': await this.#announce(decision, facts); break;
      case 'fire': await this.#fire(view, decision, executedTo); break;
      default: decision satisfies never;
    }
    return decision;
  }

  async #facts(view: View): Promise<{ readonly facts: ExitFacts; readonly executedTo: number }> {
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
    const executedTo = replay?.state.executed.inboxTo ?? 0;
    const nonce = replay === undefined || unproven !== undefined ? undefined : nonceAhead(view, owner, this.#exits, executedTo, Number((await accountAt(store, replay.state.executed.head.stateRoot, owner)).nonce));
    const facts: ExitFacts = {
      nowT: Number(await view.read<bigint>('Clock', 'current')), quorum: quorum.needed, answers: view.answers, upgrades, unproven, nonce, nonces: this.#exits.map((exit) => exit.nonce), graceSeconds,
      areAllTaken: this.#exits.every((exit) => this.#wasTold(`taken ${exit.hash}`)),
      announcedT: Object.fromEntries(upgrades.flatMap(({ id }) => { const at = store.get<number>(this.#key('announced', id)); return at === undefined ? [] : [[id, at]]; })), vetoed: vetoes(this.#policy.vetoFile),
    };
    return { facts, executedTo };
  }

  /** A dry run's memory is its own: what it pretended was not done when it is switched off. */
  #key(table: 'announced' | 'told' | 'intent', name: string): readonly [string, string, string] {
    return [this.#policy.isDryRun ? 'autoExitDry' : 'autoExit', table, name];
  }

  #wasTold(key: string): boolean {
    return this.#parts.store.get(this.#key('told', key)) !== undefined;
  }

  async #announce({ upgrade, fireT, because }: Extract<Decision, { act: 'announce' }>, { nowT }: ExitFacts): Promise<void> {
    const text = `auto-exit of ${this.#policy.owner} will force ${this.#exits.length} signed withdrawals at T ${fireT}, because ${because}. To veto, write ${upgrade} as a line into ${this.#policy.vetoFile}.${this.#policy.isDryRun ? ' (dry run: nothing will be sent)' : ''}`;
    await this.#record({ kind: 'auto-exit', act: 'announce', upgrade, fireT, because }, `announce ${upgrade}`, text, (write) => { write.put(this.#key('announced', upgrade), nowT); });
  }

  /** Tells a thing once. */
  async #tell(key: string, text: string): Promise<void> {
    if (this.#wasTold(key)) return;
    await this.#record({ kind: 'auto-exit', act: 'tell', text }, key, text, () => undefined);
  }

  async #record(entry: Readonly<Record<string, unknown>>, key: string, text: string, change: (write: Parameters<Parameters<Store['commit']>[0]>[0]) => void): Promise<void> {
    const { store, config, wallMilliseconds } = this.#parts;
    await store.commit((write) => {
      change(write);
      write.put(this.#key('told', key), true);
      noticeRows(write, store, config.channels, { key: `auto-exit ${key}`, title: 'auto-exit', text }, wallMilliseconds());
      append(write, headOf(store), [entry]);
    });
  }

  /** Says once that final L1 has it. Whatever was decided since: what was sent is followed to its end. */
  async #acknowledge(view: View, exit: PresignedExit): Promise<void> {
    if (this.#wasTold(`taken ${exit.hash}`)) return;
    const fate = fateOf(view, exit, 0);
    if (fate.state === 'absent') return;
    const isOurs = this.#intent(exit)?.signed.some(({ hash }) => hash === fate.transaction) === true;
    await this.#record({ kind: 'auto-exit', act: 'taken', exit: exit.hash, message: fate.index, transaction: fate.transaction, isOurs }, `taken ${exit.hash}`,
      `the Inbox took the withdrawal of ${exit.what} of ${exit.owner} as message ${fate.index} (${isOurs ? 'final' : 'final, sent by somebody else'}, L1 transaction ${fate.transaction})`, () => undefined);
  }

  #intent(exit: PresignedExit): Intent | undefined {
    return this.#parts.store.get<Intent>(this.#key('intent', exit.hash));
  }

  async #fire(view: View, { upgrade, from }: Extract<Decision, { act: 'fire' }>, executedTo: number): Promise<void> {
    if (this.#policy.isDryRun) {
      for (const exit of this.#exits.slice(from)) await this.#tell(`force ${exit.hash}`, `auto-exit would force (dry run) a withdrawal of ${exit.what} to its owner ${exit.owner}, because of upgrade ${upgrade}`);
      return;
    }
    for (const [position, exit] of this.#exits.entries()) {
      const fate = fateOf(view, exit, executedTo);
      const isDue = position >= from && (fate.state === 'absent' || (fate.state === 'dropped' && position === from));
      if (!isDue) await this.#fillGap(view, exit);
      else if (!await this.#force(view, upgrade, exit, fate.state === 'dropped')) return;
    }
  }

  /** Another's message took the exit while ours is on its way: those behind it wait for its nonce. */
  async #fillGap(view: View, exit: PresignedExit): Promise<void> {
    const last = this.#intent(exit)?.signed.at(-1);
    if (last !== undefined && last.nonce >= await finalNonceOf(this.#sender, view)) await this.#sender.send(last);
  }

  /** @returns whether the next one may follow */
  async #force(view: View, upgrade: string, exit: PresignedExit, wasDropped: boolean): Promise<boolean> {
    const [intent, others] = [this.#intent(exit), this.#exits.filter(({ hash }) => hash !== exit.hash).flatMap((other) => this.#intent(other) ?? [])];
    const step = await nextStep(this.#sender, view, exit, intent, others, BigInt(this.#policy.maximumWei));
    if (step.act === 'limit') {
      await this.#tell(`limit ${exit.hash}`, `auto-exit stops: ${exit.what} of ${exit.owner} would cost up to ${step.neededWei} wei of L1 fees in all, the limit is ${this.#policy.maximumWei}`);
      if (step.last !== undefined) await this.#sender.send(step.last);
      return step.last !== undefined;
    }
    if (step.act === 'sign') {
      const signed = [...intent?.signed ?? [], step.signed];
      if (new Set(signed.map(({ nonce }) => nonce)).size > MOST_NONCES) {
        await this.#tell(`given up ${exit.hash}`, `auto-exit needs a person: ${MOST_NONCES} transactions for the withdrawal of ${exit.what} of ${exit.owner} were mined or displaced, and ${wasDropped ? 'L2 dropped it: balance or nonce is not what it was signed for, or its run takes more surcharge than was stored with it' : 'the Inbox took none'}`);
        return false;
      }
      const because = wasDropped ? 'L2 dropped it before' : step.because === 'replaced' ? 'the fees of L1 rose above it' : step.because === 'first' ? 'it was not sent before' : `nonce ${String(intent?.signed.at(-1)?.nonce)} was used without it`;
      await this.#record({ kind: 'auto-exit', act: 'force', upgrade, exit: exit.hash, owner: exit.owner, what: exit.what, nonce: step.signed.nonce, because, l1: step.signed.l1 }, `force ${step.signed.hash}`,
        `auto-exit forces a withdrawal of ${exit.what} to its owner ${exit.owner}, because of upgrade ${upgrade} (L1 transaction ${step.signed.hash}: ${because})`, (write) => { write.put(this.#key('intent', exit.hash), { upgrade: intent?.upgrade ?? upgrade, signed } satisfies Intent); });
    }
    const faults = await this.#sender.send(step.signed);
    if (faults !== undefined) await this.#tell(`unsent ${step.signed.hash}`, `auto-exit could not send the withdrawal of ${exit.what}: ${faults}`);
    return true;
  }
}

function vetoes(path: string): readonly string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split(/\s+/).filter((line) => line !== '').map((line) => line.toLowerCase()) : [];
}
