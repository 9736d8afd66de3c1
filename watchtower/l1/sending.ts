// Transactions of a key of this watchtower, from signing to final: at which nonce, at which fee, when again, and giving them to every operator. Owns that
// loop, for exits and anchors alike. Does not own what is sent, nor keeping it, which its user does before `send`.
//
//   nothing ──sign──► at nonce n ──send──► ... ──► final
//                      │  ▲ outdated (fees rose above it, a newer one is wanted): the same nonce, a higher fee and tip, within the limit
//                      └──► n is used up, final, and by none of these: the next nonce
//
// Invariant: a nonce is read by proof against an agreed header, never by an endpoint's word: at one that was lied about nothing would ever be mined.

import { keccak256, type Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { EndpointFault } from '../fault.ts';
import type { Endpoint } from './endpoint.ts';
import type { L1Header } from './header.ts';
import { provenAccount } from './proof.ts';
import type { Quorum } from './quorum.ts';

const TIP_WEI = 1_000_000_000n;
/** Nodes take another transaction of the same nonce only for a tenth more. */
const REPLACED_BY_PERCENT = 113n;

/** One L1 transaction of the key. */
export interface Signed {
  readonly l1: Hex;
  readonly hash: Hex;
  readonly nonce: number;
  readonly gas: string;
  readonly valueWei: string;
  readonly feeWei: string;
  readonly tipWei: string;
}

interface SenderParts {
  readonly chainId: number;
  readonly account: PrivateKeyAccount;
  readonly quorum: Quorum;
  readonly endpoints: readonly Endpoint[];
}

export interface Wanted {
  readonly to: Hex;
  readonly data: Hex;
  readonly gas: bigint;
  /** What must go with it when it is mined at this fee. */
  readonly valueAt: (feeWei: bigint) => bigint;
  /** What was signed for the same purpose, the newest last. */
  readonly earlier: readonly Signed[];
  /** Whether the newest, whose nonce is not used up, must be replaced though its fee would do. */
  readonly isOutdated: (last: Signed, baseFeeWei: bigint) => boolean;
  /** The nonce below which everything of the key is final. */
  readonly finalNonce: number;
  /** Nonces that other purposes have. */
  readonly reserved: readonly number[];
  /** Wei, of everything for this purpose together. */
  readonly limitWei: bigint;
}

/** What to do next. */
type Step =
  | { readonly act: 'send'; readonly signed: Signed }
  | { readonly act: 'sign'; readonly signed: Signed; readonly because: 'replaced' | 'used up' | 'first' }
  | { readonly act: 'limit'; readonly neededWei: bigint; readonly last: Signed | undefined };

export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  get address(): Hex {
    return this.#parts.account.address;
  }

  /** The key's nonce in a block. @throws Unverifiable */
  async nonceAt(header: Pick<L1Header, 'number' | 'stateRoot'>): Promise<number> {
    return Number((await provenAccount(this.#parts.endpoints, header, this.address)).nonce);
  }

  async next({ to, data, gas, valueAt, earlier, isOutdated, finalNonce, reserved, limitWei }: Wanted): Promise<Step> {
    const last = earlier.at(-1);
    const { header } = await this.#parts.quorum.head('latest');
    const base = header.baseFeePerGas;
    const isUsedUp = last !== undefined && last.nonce < finalNonce;
    if (last !== undefined && !isUsedUp && !isOutdated(last, base)) return { act: 'send', signed: last };

    const replaced = isUsedUp ? undefined : last;
    const nonce = replaced?.nonce ?? Math.max(finalNonce, await this.nonceAt(header), ...[...reserved, ...earlier.map((signed) => signed.nonce)].map((used) => used + 1));
    const tip = replaced === undefined ? TIP_WEI : above(BigInt(replaced.tipWei));
    const least = largest(base + tip, replaced === undefined ? 0n : above(BigInt(replaced.feeWei)));
    const costAt = (fee: bigint): bigint => spentAtWorst([...earlier, { ...unsigned(nonce, gas, fee, tip), valueWei: String(valueAt(fee)) }]);
    // Twice the base fee if the limit has it; if not, what it has, as long as that is mined today.
    const fee = [largest(2n * base + tip, least), least].find((wish) => costAt(wish) <= limitWei);
    if (fee === undefined) return { act: 'limit', neededWei: costAt(least), last: replaced };
    const { account, chainId } = this.#parts;
    const l1 = await account.signTransaction({ type: 'eip1559', chainId, nonce, to, value: valueAt(fee), gas, maxFeePerGas: fee, maxPriorityFeePerGas: tip, data });
    return { act: 'sign', signed: { ...unsigned(nonce, gas, fee, tip), l1, hash: keccak256(l1), valueWei: String(valueAt(fee)) }, because: replaced !== undefined ? 'replaced' : isUsedUp ? 'used up' : 'first' };
  }

  /** Gives it to every operator. @returns what each said against it, if nobody took it */
  async send({ l1 }: Signed): Promise<string | undefined> {
    const faults: string[] = [];
    for (const endpoint of this.#parts.endpoints) {
      try {
        await endpoint.request('eth_sendRawTransaction', [l1]);
      } catch (cause) {
        if (!(cause instanceof EndpointFault)) throw cause;
        // A nonce that is used but not final may be this one's: what is final tells.
        if (!/already|known|nonce too low/i.test(cause.message)) faults.push(cause.message);
      }
    }
    return faults.length === this.#parts.endpoints.length ? faults.join('; ') : undefined;
  }
}

/** Whether it can be mined at today's fee. */
export function isPayable({ feeWei, tipWei }: Signed, baseFeeWei: bigint): boolean {
  return BigInt(feeWei) >= baseFeeWei + BigInt(tipWei);
}

/** Wei: each nonce at its dearest, what goes with it included, which one that was mined paid also where it came to nothing. */
export function spentAtWorst(signed: readonly Signed[]): bigint {
  const costs = Map.groupBy(signed, ({ nonce }) => nonce);
  return [...costs.values()].reduce((sum, all) => sum + all.map(({ gas, feeWei, valueWei }) => BigInt(gas) * BigInt(feeWei) + BigInt(valueWei)).reduce(largest, 0n), 0n);
}

const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const above = (wei: bigint): bigint => (wei * REPLACED_BY_PERCENT) / 100n + 1n;

function unsigned(nonce: number, gas: bigint, fee: bigint, tip: bigint): Signed {
  return { l1: '0x', hash: '0x', nonce, gas: String(gas), valueWei: '0', feeWei: String(fee), tipWei: String(tip) };
}
