// A verifying cursor over L1: from the point its caller holds to the next blocks, or back to a common ancestor.
//
// Owns: which calls to make, continuity, completeness of logs, reorganizations, stale and self-contradicting endpoints.
// Does not own: state. Every call starts from KnownL1Chain, so that after any fault the next call begins afresh (a reset,
// not a retry), and a crash between two calls loses nothing.
// Invariant: blocks given forward are a gapless, parent-linked continuation of the cursor, each header hash recomputed,
// each log list complete under its receipts root; an unwind names an ancestor on whose child the new chain was seen.
//
//   latest, finalized ──► head = cursor ─────────────────────────► current
//                     ├─► head below cursor, on our chain ───────► fault 'behind'
//                     ├─► child of head's chain has our hash ────► forward: headers in batches, receipts where bloom asks
//                     └─► it has not ────────────────────────────► unwind to the last shared block

import { bloomMayContain } from './bloom.ts';
import { bytesOfHex, hexQuantity, readAddress, readArray, readObject, readQuantity } from './hex.ts';
import { FatalL1Fault, LyingL1Fault, RetryableL1Fault } from './fault.ts';
import { readHeader, requireChild } from './header.ts';
import { readLogs } from './receipt.ts';
import type { L1Rpc } from './rpc.ts';
import type { Hex } from '@keyfall/protocol';
import type { KnownL1Chain, L1Block, L1Header, L1Point, L1Step, L1Tips } from './api.ts';

export interface L1ReaderOptions {
  readonly rpc: L1Rpc;
  /** Contracts whose logs are wanted. */
  readonly addresses: readonly Hex[];
  /** 'latest' follows the head; 'finalized' only what L1 calls final. */
  readonly follow: 'latest' | 'finalized';
  /** Most blocks of one step forward. Default 64. */
  readonly maxBlocks?: number;
  /** Blocks that must lie above a block before it counts as final, whatever the endpoint's tag says. Default 0. */
  readonly finalityDepth?: bigint;
}

export class L1Reader {
  readonly #rpc: L1Rpc;
  readonly #addresses: ReadonlySet<Hex>;
  readonly #addressBytes: readonly Uint8Array[];
  readonly #follow: 'latest' | 'finalized';
  readonly #maxBlocks: bigint;
  readonly #finalityDepth: bigint;

  constructor(options: L1ReaderOptions) {
    this.#rpc = options.rpc;
    const addresses = options.addresses.map((address) => readAddress(address, 'followed address'));
    this.#addresses = new Set(addresses);
    this.#addressBytes = addresses.map(bytesOfHex);
    this.#follow = options.follow;
    this.#maxBlocks = BigInt(options.maxBlocks ?? 64);
    this.#finalityDepth = options.finalityDepth ?? 0n;
  }

  /**
   * The next step for a follower that holds `known`.
   * @throws RetryableL1Fault; LyingL1Fault (also when a reorganization happens between two requests: ask again);
   *   FatalL1Fault 'finalized-reorg' when the endpoint's chain lacks the finalized block.
   */
  async next(known: KnownL1Chain, signal?: AbortSignal): Promise<L1Step> {
    const tips = await this.tips(signal);
    const target = this.#follow === 'latest' ? tips.head : tips.finalized;
    if (target.number <= known.cursor.number) return await this.#atOrBelowCursor(known, target, tips, signal);
    const last = target.number < known.cursor.number + this.#maxBlocks ? target.number : known.cursor.number + this.#maxBlocks;
    const headers = await this.headers(known.cursor.number + 1n, last, signal);
    const first = headers[0];
    if (first !== undefined && first.parentHash !== known.cursor.hash) return await this.#findAncestor(known, first.number, tips, signal);
    const parents: L1Point[] = [known.cursor, ...headers];
    headers.forEach((header, i) => requireChild(parents[i] ?? known.cursor, header));
    this.#requireTip(headers, target);
    return { kind: 'forward', blocks: await this.#withLogs(headers, signal), tips };
  }

  async #atOrBelowCursor(known: KnownL1Chain, target: L1Header, tips: L1Tips, signal: AbortSignal | undefined): Promise<L1Step> {
    const ours = known.hashAt(target.number);
    if (ours !== undefined && ours !== target.hash) return await this.#findAncestor(known, target.number, tips, signal);
    const finalized = known.hashAt(tips.finalized.number);
    if (ours !== undefined && finalized !== undefined && finalized !== tips.finalized.hash) {
      throw new LyingL1Fault('contradiction', `L1 endpoint: final block ${tips.finalized.number} is ${tips.finalized.hash}, its head descends from ${finalized}`, this.#rpc.endpoint);
    }
    if (target.number === known.cursor.number || (this.#follow === 'finalized' && ours !== undefined)) return { kind: 'current', tips };
    throw new RetryableL1Fault('behind', `L1 endpoint: it shows block ${target.number} as its ${this.#follow} one, block ${known.cursor.number} was seen before`, this.#rpc.endpoint);
  }

  /** Verified headers `from..to` by number; their continuity is the caller's to check. */
  async headers(from: bigint, to: bigint, signal?: AbortSignal): Promise<readonly L1Header[]> {
    const numbers: bigint[] = [];
    for (let number = from; number <= to; number += 1n) numbers.push(number);
    const answers = await this.#rpc.batch(numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [hexQuantity(number), false] })), signal);
    return answers.map((answer, i) => {
      const number = numbers[i] ?? from;
      if (answer === null) throw new RetryableL1Fault('missing', `L1 endpoint: expected block ${number}, got none`, this.#rpc.endpoint);
      const header = readHeader(answer);
      if (header.number !== number) throw new LyingL1Fault('wrong-number', `L1 endpoint: asked for block ${number}, got ${header.number}`, this.#rpc.endpoint);
      return header;
    });
  }

  /** The verified header with this hash: proof of its content whoever serves it. @throws RetryableL1Fault 'missing' */
  async headerByHash(hash: Hex, signal?: AbortSignal): Promise<L1Header> {
    const answer = await this.#rpc.call('eth_getBlockByHash', [hash, false], signal);
    if (answer === null) throw new RetryableL1Fault('missing', `L1 endpoint: expected block ${hash}, got none`, this.#rpc.endpoint);
    const header = readHeader(answer);
    if (header.hash !== hash) throw new LyingL1Fault('forged-header', `L1 endpoint: asked for block ${hash}, got ${header.hash}`, this.#rpc.endpoint);
    return header;
  }

  /** The verified latest and finalized headers; the finalized one at least finalityDepth below the latest. */
  async tips(signal?: AbortSignal): Promise<L1Tips> {
    const [latest, finalized] = await this.#rpc.batch([
      { method: 'eth_getBlockByNumber', params: ['latest', false] },
      { method: 'eth_getBlockByNumber', params: ['finalized', false] },
    ], signal);
    if (latest === null || finalized === null) throw new RetryableL1Fault('missing', 'L1 endpoint: no latest or no finalized block', this.#rpc.endpoint);
    const tips = { head: readHeader(latest), finalized: readHeader(finalized) };
    if (tips.finalized.number > tips.head.number) {
      throw new LyingL1Fault('contradiction', `L1 endpoint: finalized block ${tips.finalized.number} above its head ${tips.head.number}`, this.#rpc.endpoint);
    }
    const deepest = tips.head.number > this.#finalityDepth ? tips.head.number - this.#finalityDepth : 0n;
    if (tips.finalized.number <= deepest) return tips;
    const [finalizedByDepth] = await this.headers(deepest, deepest, signal);
    return finalizedByDepth === undefined ? tips : { ...tips, finalized: finalizedByDepth };
  }

  #requireTip(headers: readonly L1Header[], target: L1Header): void {
    const last = headers.at(-1);
    if (last !== undefined && last.number === target.number && last.hash !== target.hash) {
      throw new LyingL1Fault('contradiction', `L1 endpoint: block ${last.number} was ${target.hash} and then ${last.hash}`, this.#rpc.endpoint);
    }
  }

  /** Walks back until the endpoint's chain shares a block with ours; continuity down to it is checked. */
  async #findAncestor(known: KnownL1Chain, from: bigint, tips: L1Tips, signal: AbortSignal | undefined): Promise<L1Step> {
    let child: L1Header | undefined;
    let high = from;
    while (known.hashAt(high) !== undefined || high > known.cursor.number) {
      const low = this.#lowestKnown(known, high);
      const headers = await this.headers(low, high, signal);
      for (const header of headers.toReversed()) {
        if (child !== undefined) requireChild(header, child);
        if (known.hashAt(header.number) === header.hash) {
          if (child === undefined || header.number >= known.cursor.number) {
            throw new LyingL1Fault('contradiction', `L1 endpoint: its chain left ours at ${header.number} and then did not`, this.#rpc.endpoint);
          }
          return { kind: 'unwind', ancestor: { number: header.number, hash: header.hash }, tips };
        }
        child = header;
      }
      high = low - 1n;
    }
    throw new FatalL1Fault('finalized-reorg', `L1: down to block ${high + 1n}, the oldest that can be undone, the endpoint's chain has no block of ours`, this.#rpc.endpoint);
  }

  /** At most maxBlocks below `high`, and not below the oldest block known. */
  #lowestKnown(known: KnownL1Chain, high: bigint): bigint {
    let low = high;
    while (high - low + 1n < this.#maxBlocks && low > 0n && known.hashAt(low - 1n) !== undefined) low -= 1n;
    return low;
  }

  async #withLogs(headers: readonly L1Header[], signal: AbortSignal | undefined): Promise<readonly L1Block[]> {
    const wanted = headers.filter((header) => this.#addressBytes.some((address) => bloomMayContain(header.logsBloom, address)));
    const logsByHash = new Map<Hex, L1Block['logs']>();
    // One block per request: receipts of a block with full payloads are megabytes.
    for (const header of wanted) {
      const [receipts, block] = await this.#rpc.batch([
        { method: 'eth_getBlockReceipts', params: [header.hash] },
        { method: 'eth_getBlockByHash', params: [header.hash, true] },
      ], signal);
      if (receipts === null || receipts === undefined || block === null) {
        throw new RetryableL1Fault('missing', `L1 endpoint: expected the receipts of block ${header.number} ${header.hash}, got none`, this.#rpc.endpoint);
      }
      const logs = readLogs(header, receipts, readArray(readObject(block, 'block')['transactions'], 'block.transactions'));
      logsByHash.set(header.hash, logs.filter((log) => this.#addresses.has(log.address)));
    }
    return headers.map((header) => ({ header, logs: logsByHash.get(header.hash) ?? [] }));
  }
}

/** The L1 chain id, checked against `expected` if given. @throws FatalL1Fault 'wrong-chain' */
export async function readChainId(rpc: L1Rpc, expected: bigint | undefined, signal?: AbortSignal): Promise<bigint> {
  const chainId = readQuantity(await rpc.call('eth_chainId', [], signal), 'eth_chainId');
  if (expected !== undefined && chainId !== expected) throw new FatalL1Fault('wrong-chain', `L1: expected chain id ${expected}, got ${chainId}`, rpc.endpoint);
  return chainId;
}
