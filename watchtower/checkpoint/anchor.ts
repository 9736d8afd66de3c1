// The log's head on L1: a transaction of the checkpoint key to itself, whose data is the head. Owns one anchor at a time: signed and kept before it is
// sent, the same bytes until it is final, replaced under the same nonce when it sticks, never above the fee that was allowed. Nonces, fees and sending are
// l1/sending.ts.
//
//   due ─► signed, kept ─► sent ─► final ─► in the log          stuck for one interval ─► replaced by a newer head, higher fee
//                                                               at a nonce that L1 is not at ─► signed again at L1's; the other is kept as a stray
//
// Invariant: every transaction of the key is an anchor that the store knows, so that their number on L1 tells of a store that lost some.

import type { Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { z } from 'zod';
import { append, headOf, type LogHead } from '../auditLog.ts';
import type { Config } from '../config.ts';
import type { Endpoint } from '../l1/endpoint.ts';
import { provenAccount } from '../l1/proof.ts';
import type { Quorum } from '../l1/quorum.ts';
import { Sender, type Signed } from '../l1/sending.ts';
import type { Store } from '../store.ts';
import { anchorData } from './checkpoint.ts';

const GAS = 30_000n;

interface Attempt { readonly head: LogHead; readonly signed: Signed }
/** What was signed at one nonce, the newest last. */
interface Pending { readonly attempts: readonly Attempt[]; readonly signedAt: number; /** L1 block at which the key was at this nonce. */ readonly block: number }
export interface Anchored extends LogHead { readonly transaction: Hex; readonly blockNumber: number; readonly blockHash: Hex }
type Policy = NonNullable<NonNullable<Config['checkpoints']>['anchor']>;

const receiptSchema = z.object({ blockNumber: z.string().regex(/^0x[0-9a-f]{1,12}$/), blockHash: z.string().regex(/^0x[0-9a-f]{64}$/) }).nullable();
const transactionSchema = z.object({ from: z.string(), input: z.string(), blockHash: z.string().nullable() }).nullable();

export interface AnchorParts {
  readonly config: Config;
  readonly store: Store;
  readonly quorum: Quorum;
  readonly endpoints: readonly Endpoint[];
  readonly account: PrivateKeyAccount;
  readonly wallMilliseconds: () => number;
}

const PENDING = ['anchorPending'];
/** Anchors at nonces that L1 was not at: they may be mined once it is. */
const STRAYS = ['anchorStrays'];

/** Does what is due; what stands in the way is in the store, for the check of it. @throws Unverifiable when too few operators agree */
export async function considerAnchor(parts: AnchorParts): Promise<void> {
  const { store, config, wallMilliseconds } = parts;
  const policy = config.checkpoints?.anchor;
  if (policy === undefined) return;
  const sender = new Sender({ ...parts, chainId: config.l1.chainId });
  await settle(parts, straysOf(store));
  const pending = store.get<Pending>(PENDING);
  if (pending !== undefined) return follow(parts, sender, pending, policy);
  const last = store.get<number>(['anchoredAt']) ?? 0;
  const age = wallMilliseconds() - last;
  // A clock that was set back must not put the next one off for ever.
  if (age >= 0 && age < policy.everySeconds * 1_000) return;
  const head = headOf(store);
  // An anchor's own entry, and what was witnessed of others, is no reason for another.
  if (head.seq <= (store.get<number>(['anchoredSeq']) ?? 0) + 1) return;
  await advance(parts, sender, [], policy, false);
}

/** Signs, keeps and sends what is next at a nonce. @param attempts what was signed there before */
async function advance(parts: AnchorParts, sender: Sender, attempts: readonly Attempt[], policy: Policy, isOutdated: boolean): Promise<void> {
  const { store, quorum, account, wallMilliseconds } = parts;
  const { header } = await quorum.head('latest');
  const nonce = attempts.at(-1)?.signed.nonce ?? await sender.nonceAt(header);
  // A stray of this nonce may be with the operators still: it is outbid, and whichever is mined is known.
  const all = attempts.length > 0 ? attempts : straysOf(store).filter(({ signed }) => signed.nonce === nonce);
  const head = headOf(store);
  const step = await sender.next({
    to: account.address, data: anchorData(head), gas: GAS, valueAt: () => 0n, earlier: all.map(({ signed }) => signed), isOutdated: () => isOutdated || attempts.length === 0,
    finalNonce: nonce, reserved: [], limitWei: BigInt(policy.maximumWei),
  });
  if (step.act === 'limit') {
    // What was signed within the limit may be mined yet, and the operators may have forgotten it.
    const last = all.at(-1);
    if (last !== undefined) await sender.send(last.signed);
    return note(store, `an anchor would cost up to ${step.neededWei} wei, the limit is ${policy.maximumWei}`);
  }
  if (step.act === 'sign') {
    await store.commit((write) => {
      write.put(PENDING, { attempts: [...all, { head, signed: step.signed }], signedAt: wallMilliseconds(), block: Number(header.number) } satisfies Pending);
      write.put(STRAYS, straysOf(store).filter(({ signed }) => signed.nonce !== nonce));
    });
  }
  const faults = await sender.send(step.signed);
  await note(store, faults === undefined ? undefined : `no endpoint takes the transaction: ${faults}`);
}

async function follow(parts: AnchorParts, sender: Sender, pending: Pending, policy: Policy): Promise<void> {
  const { store, quorum, wallMilliseconds } = parts;
  const { attempts } = pending;
  if (await settle(parts, attempts)) return;
  const nonce = attempts.at(-1)?.signed.nonce ?? 0;
  const { header } = await quorum.head('latest');
  const next = await sender.nonceAt(header);
  const isOld = wallMilliseconds() - pending.signedAt >= policy.everySeconds * 1_000;
  if (next < nonce) {
    // Operators that lag may show a state from before it was signed.
    if (Number(header.number) < pending.block) return;
    await store.commit((write) => {
      write.put(STRAYS, [...straysOf(store), ...attempts]);
      write.remove(PENDING);
    });
    return advance(parts, sender, [], policy, false);
  }
  if (next > nonce) {
    const { header: final } = await quorum.head('finalized');
    const finalNonce = await sender.nonceAt(final);
    // A receipt may come a moment later than the count; a nonce that went elsewhere never gives one.
    await note(store, `nonce ${nonce} of ${sender.address} was used by a transaction that is no anchor of this store: who else holds that key?`);
    if (finalNonce > nonce && isOld) await store.commit((write) => { write.remove(PENDING); });
    return;
  }
  return advance(parts, sender, attempts, policy, isOld);
}

/** Writes down which of them is final on L1. @returns whether one is mined, final or not yet */
async function settle(parts: AnchorParts, attempts: readonly Attempt[]): Promise<boolean> {
  const { store, quorum, account, wallMilliseconds } = parts;
  for (const { head: { seq, hash }, signed } of attempts) {
    const receipt = receiptSchema.safeParse(await quorum.same<unknown>(`anchor ${signed.hash}`, 'eth_getTransactionReceipt', [signed.hash], (value) => JSON.stringify(receiptSchema.safeParse(value).data ?? null))).data;
    if (receipt === undefined || receipt === null) continue;
    const [number, { header: final }] = [Number(BigInt(receipt.blockNumber)), await quorum.head('finalized')];
    if (BigInt(number) > final.number || (await quorum.header(BigInt(number))).header.hash !== receipt.blockHash) return true;
    const anchored: Anchored = { seq, hash, transaction: signed.hash, blockNumber: number, blockHash: receipt.blockHash as Hex };
    await store.commit((write) => {
      if (store.get<Pending>(PENDING)?.attempts.some((other) => other.signed.nonce === signed.nonce) === true) write.remove(PENDING);
      write.put(STRAYS, straysOf(store).filter((other) => other.signed.nonce !== signed.nonce));
      write.remove(['anchorFault']);
      write.put(['anchored', seq, signed.nonce], anchored);
      write.put(['anchoredAt'], wallMilliseconds());
      const end = append(write, headOf(store), [{ kind: 'anchor', ...anchored, signer: account.address }]);
      write.put(['anchoredSeq'], end.seq);
    });
    return true;
  }
  return false;
}

function straysOf(store: Store): readonly Attempt[] {
  return store.get<readonly Attempt[]>(STRAYS) ?? [];
}

async function note(store: Store, fault: string | undefined): Promise<void> {
  if (store.get<string>(['anchorFault']) === fault) return;
  await store.commit((write) => { if (fault === undefined) write.remove(['anchorFault']); else write.put(['anchorFault'], fault); });
}

export type AnchorsVerdict =
  | { readonly status: 'ok'; readonly anchors: number; readonly until: LogHead | undefined }
  | { readonly status: 'violation' | 'unverifiable'; readonly expected: string; readonly got: string };

/**
 * The anchors against L1 and against the log. @param hashAt the hash of the log's entry with a number; undefined when there is none
 * @throws Unverifiable when too few operators agree
 */
export async function verifyAnchors({ store, quorum, endpoints }: Pick<AnchorParts, 'store' | 'quorum' | 'endpoints'>, signer: Hex, hashAt: (seq: number) => Hex | undefined): Promise<AnchorsVerdict> {
  const anchors = store.list<Anchored>(['anchored']);
  for (const { seq, hash, transaction, blockNumber, blockHash } of anchors) {
    const found = transactionSchema.safeParse(await quorum.same<unknown>(`transaction ${transaction}`, 'eth_getTransactionByHash', [transaction], (value) => JSON.stringify(transactionSchema.safeParse(value).data ?? null))).data;
    const expected = `a transaction of ${signer} with ${anchorData({ seq, hash })} in block ${blockHash}`;
    if (found === null || found === undefined) return { status: 'violation', expected, got: 'no such transaction' };
    if (found.from.toLowerCase() !== signer || found.input.toLowerCase() !== anchorData({ seq, hash }) || found.blockHash !== blockHash) return { status: 'violation', expected, got: `one of ${found.from} with ${found.input.slice(0, 120)} in block ${String(found.blockHash)}` };
    if ((await quorum.header(BigInt(blockNumber))).header.hash !== blockHash) return { status: 'violation', expected: `block ${blockNumber} ${blockHash}`, got: 'another block there' };
    if (hashAt(seq) !== hash) return { status: 'violation', expected: `entry ${seq} with hash ${hash}, as anchored in ${transaction}`, got: hashAt(seq) ?? 'no such entry: the log was cut' };
  }
  const { header } = await quorum.head('finalized');
  const sent = Number((await provenAccount(endpoints, header, signer)).nonce);
  // Mined and not written down yet.
  const known = new Set([...store.get<Pending>(PENDING)?.attempts ?? [], ...straysOf(store)].map(({ signed }) => signed.nonce).filter((nonce) => nonce < sent)).size;
  if (sent > anchors.length + known) return { status: 'violation', expected: `${sent} anchors, as many as ${signer} sent transactions`, got: `${anchors.length}: the store lost some, or the key is used for something else` };
  const last = anchors.at(-1);
  return { status: 'ok', anchors: anchors.length, until: last === undefined ? undefined : { seq: last.seq, hash: last.hash } };
}
