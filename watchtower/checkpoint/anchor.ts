// The log's head on L1: a transaction of the checkpoint key to itself, whose data is the head. Owns one anchor at a time: signed and kept before it is
// sent, the same bytes until it is final, replaced under the same nonce when it sticks, never above the fee that was allowed.
//
//   due ─► signed, kept ─► sent ─► final ─► in the log          stuck for one interval ─► replaced by a newer head, higher fee
//
// Invariant: every transaction of the key is an anchor that the store knows, so that their number on L1 tells of a store that lost some.

import { keccak256, parseTransaction, type Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { z } from 'zod';
import { append, headOf, type LogHead } from '../auditLog.ts';
import type { Config } from '../config.ts';
import { EndpointFault } from '../fault.ts';
import type { Endpoint } from '../l1/endpoint.ts';
import type { Quorum } from '../l1/quorum.ts';
import type { Store } from '../store.ts';
import { anchorData } from './checkpoint.ts';

const GAS = 30_000n;
const TIP_WEI = 1_000_000_000n;
/** Nodes replace a transaction for a tenth more. */
const RAISE = 9n;
const RAISE_PER = 8n;

interface Pending extends LogHead { readonly transaction: Hex; readonly raw: Hex; readonly nonce: number; readonly maxFeeWei: string; readonly sentAt: number; readonly replaced: readonly Sent[] }
interface Sent extends LogHead { readonly transaction: Hex }
export interface Anchored extends LogHead { readonly transaction: Hex; readonly blockNumber: number; readonly blockHash: Hex }

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

/** Does what is due; what stands in the way is in the store, for the check of it. @throws Unverifiable when too few operators agree */
export async function considerAnchor(parts: AnchorParts): Promise<void> {
  const { store, config, wallMilliseconds } = parts;
  const policy = config.checkpoints?.anchor;
  if (policy === undefined) return;
  const pending = store.get<Pending>(PENDING);
  if (pending !== undefined) return follow(parts, pending, policy);
  const last = store.get<number>(['anchoredAt']) ?? 0;
  const age = wallMilliseconds() - last;
  // A clock that was set back must not put the next one off for ever.
  if (age >= 0 && age < policy.everySeconds * 1_000) return;
  const head = headOf(store);
  // An anchor's own entry, and what was witnessed of others, is no reason for another.
  if (head.seq <= (store.get<number>(['anchoredSeq']) ?? 0) + 1) return;
  const nonce = Number(await parts.quorum.quantity('nonce of the checkpoint key', 'eth_getTransactionCount', [parts.account.address, 'latest']));
  await send(parts, policy, head, nonce, 0n, []);
}

async function send(parts: AnchorParts, policy: { readonly maximumWei: string }, head: LogHead, nonce: number, leastFeeWei: bigint, replaced: readonly Sent[]): Promise<void> {
  const { store, quorum, account, config, wallMilliseconds } = parts;
  const { header } = await quorum.head('latest');
  const wanted = 2n * header.baseFeePerGas + TIP_WEI;
  const maxFeePerGas = wanted > leastFeeWei ? wanted : leastFeeWei;
  if (maxFeePerGas * GAS > BigInt(policy.maximumWei)) {
    // What was signed within the limit may be mined yet, and the operators may have forgotten it.
    const signed = store.get<Pending>(PENDING);
    if (signed !== undefined) await submit(parts, signed);
    await note(store, `an anchor would cost up to ${maxFeePerGas * GAS} wei, the limit is ${policy.maximumWei}`);
    return;
  }
  const raw = await account.signTransaction({ type: 'eip1559', chainId: config.l1.chainId, nonce, to: account.address, value: 0n, gas: GAS, maxFeePerGas, maxPriorityFeePerGas: replaced.length === 0 ? TIP_WEI : raised(TIP_WEI, replaced.length), data: anchorData(head) });
  const pending: Pending = { ...head, transaction: keccak256(raw), raw, nonce, maxFeeWei: String(maxFeePerGas), sentAt: wallMilliseconds(), replaced };
  await store.commit((write) => { write.put(PENDING, pending); });
  await submit(parts, pending);
}

function raised(fee: bigint, times: number): bigint {
  let value = fee;
  for (let i = 0; i < times; i += 1) value = (value * RAISE) / RAISE_PER + 1n;
  return value;
}

/** To every endpoint; one that takes it is enough. */
async function submit({ endpoints, store }: AnchorParts, { raw }: Pending): Promise<void> {
  const faults: string[] = [];
  for (const endpoint of endpoints) {
    try {
      await endpoint.request('eth_sendRawTransaction', [raw]);
    } catch (cause) {
      if (!(cause instanceof EndpointFault)) throw cause;
      if (!/already|known|nonce too low/i.test(cause.message)) faults.push(cause.message);
    }
  }
  await note(store, faults.length === endpoints.length ? `no endpoint takes the transaction: ${faults.join('; ')}` : undefined);
}

async function follow(parts: AnchorParts, pending: Pending, policy: { readonly everySeconds: number; readonly maximumWei: string }): Promise<void> {
  const { store, quorum, wallMilliseconds, account } = parts;
  for (const sent of [pending, ...pending.replaced]) {
    const receipt = receiptSchema.safeParse(await quorum.same<unknown>(`anchor ${sent.transaction}`, 'eth_getTransactionReceipt', [sent.transaction], (value) => JSON.stringify(receiptSchema.safeParse(value).data ?? null))).data;
    if (receipt === undefined || receipt === null) continue;
    const [number, { header: final }] = [Number(BigInt(receipt.blockNumber)), await quorum.head('finalized')];
    if (BigInt(number) > final.number || (await quorum.header(BigInt(number))).header.hash !== receipt.blockHash) return;
    const anchored: Anchored = { seq: sent.seq, hash: sent.hash, transaction: sent.transaction, blockNumber: number, blockHash: receipt.blockHash as Hex };
    await store.commit((write) => {
      write.remove(PENDING);
      write.remove(['anchorFault']);
      write.put(['anchored', sent.seq], anchored);
      write.put(['anchoredAt'], wallMilliseconds());
      const { seq } = append(write, headOf(store), [{ kind: 'anchor', ...anchored, signer: account.address }]);
      write.put(['anchoredSeq'], seq);
    });
    return;
  }
  const next = Number(await quorum.quantity('nonce of the checkpoint key', 'eth_getTransactionCount', [account.address, 'latest']));
  if (next > pending.nonce) {
    // A receipt may come a moment later than the count; a nonce that went elsewhere never gives one.
    await note(store, `nonce ${pending.nonce} of ${account.address} was used by a transaction that is no anchor of this store: who else holds that key?`);
    const { header: final } = await quorum.head('finalized');
    const finalNonce = Number(await quorum.quantity('nonce of the checkpoint key', 'eth_getTransactionCount', [account.address, `0x${final.number.toString(16)}`]));
    if (finalNonce > pending.nonce && wallMilliseconds() - pending.sentAt > policy.everySeconds * 1_000) await store.commit((write) => { write.remove(PENDING); });
    return;
  }
  if (wallMilliseconds() - pending.sentAt < policy.everySeconds * 1_000) return submit(parts, pending);
  const fee = parseTransaction(pending.raw).maxFeePerGas ?? 0n;
  return send(parts, policy, headOf(store), pending.nonce, (fee * RAISE) / RAISE_PER + 1n, [pending, ...pending.replaced].map(({ seq, hash, transaction }) => ({ seq, hash, transaction })));
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
export async function verifyAnchors({ store, quorum }: Pick<AnchorParts, 'store' | 'quorum'>, signer: Hex, hashAt: (seq: number) => Hex | undefined): Promise<AnchorsVerdict> {
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
  const sent = Number(await quorum.quantity('nonce of the checkpoint key', 'eth_getTransactionCount', [signer, `0x${header.number.toString(16)}`]));
  const isPending = store.get(PENDING) !== undefined;
  if (sent > anchors.length + (isPending ? 1 : 0)) return { status: 'violation', expected: `${sent} anchors, as many as ${signer} sent transactions`, got: `${anchors.length}: the store lost some, or the key is used for something else` };
  const last = anchors.at(-1);
  return { status: 'ok', anchors: anchors.length, until: last === undefined ? undefined : { seq: last.seq, hash: last.hash } };
}
