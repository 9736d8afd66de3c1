// The rhythm of checkpoints: signs the head when its time has come, writes it to L1 if that was asked for, and follows the logs of peers. Owns when. Does
// not own what a checkpoint, an anchor or a witness is.
// Invariant: a fault of one of the three keeps the others from nothing.

import type { Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import type { Logger } from 'pino';
import { headOf } from '../auditLog.ts';
import { secret } from '../config.ts';
import { unlockKeystore } from '../keystore.ts';
import type { StoredBlock } from '../rows.ts';
import type { Store } from '../store.ts';
import { oneLine } from '../text.ts';
import { Unverifiable } from '../verdict.ts';
import { considerAnchor, type AnchorParts } from './anchor.ts';
import { deploymentOf, signCheckpoint, type Checkpoint } from './checkpoint.ts';
import { witnessPeer } from './witness.ts';

const WITNESS_MILLISECONDS = 60_000;

type Parts = Omit<AnchorParts, 'account'> & { readonly logger: Logger };

export class Keeping {
  readonly #parts: Parts;
  readonly #account: PrivateKeyAccount | undefined;
  #witnessedAt = 0;

  private constructor(parts: Parts, account: PrivateKeyAccount | undefined) {
    this.#parts = parts;
    this.#account = account;
  }

  /** Opens the key. @throws ConfigMistake */
  static async open(parts: Parts): Promise<Keeping> {
    const policy = parts.config.checkpoints;
    return new Keeping(parts, policy === undefined ? undefined : await unlockKeystore(policy.keystore, secret(policy.passwordFrom)));
  }

  /** Who signs; undefined where no checkpoints are wanted. */
  get signer(): Hex | undefined { return this.#account?.address; }

  /** Does what is due. */
  async round(): Promise<void> {
    const { logger, wallMilliseconds } = this.#parts;
    await this.#sign();
    if (this.#account !== undefined) {
      await considerAnchor({ ...this.#parts, account: this.#account }).catch((cause: unknown) => {
        if (!(cause instanceof Unverifiable)) throw cause;
        logger.warn({ reason: oneLine(cause.message) }, 'the log could not be anchored now');
      });
    }
    if (Math.abs(wallMilliseconds() - this.#witnessedAt) < WITNESS_MILLISECONDS) return;
    this.#witnessedAt = wallMilliseconds();
    const { store, config } = this.#parts;
    await Promise.all(config.peers.map(async (peer) => witnessPeer(store, peer, config)));
  }

  async #sign(): Promise<void> {
    const { store, config, wallMilliseconds } = this.#parts;
    if (this.#account === undefined || config.checkpoints === undefined) return;
    const age = wallMilliseconds() - (store.get<number>(['checkpointAt']) ?? 0);
    const head = headOf(store);
    if ((age >= 0 && age < config.checkpoints.everySeconds * 1_000) || head.seq === (store.get<Checkpoint>(['checkpoint'])?.seq ?? 0)) return;
    const block = lastBlock(store);
    const signed = await signCheckpoint(this.#account, { version: 1, ...deploymentOf(config), ...head, block });
    await store.commit((write) => {
      write.put(['checkpoint'], signed);
      write.put(['checkpointAt'], wallMilliseconds());
    });
  }
}

function lastBlock(store: Store): Checkpoint['block'] {
  const cursor = store.get<{ readonly finalized: number }>(['cursor']);
  const block = store.get<StoredBlock>(['block', cursor?.finalized ?? -1]);
  return block === undefined ? { number: -1, hash: `0x${'00'.repeat(32)}` } : { number: block.number, hash: block.hash };
}
