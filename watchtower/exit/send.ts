// The fee key's L1 transactions, which put the owner's signed withdrawals into the Inbox. Owns what is signed, at which nonce and fee, when it is signed
// anew, and sending it. Does not own whether to leave (decide.ts).
//
//   nothing ──sign, log──► at nonce n ──send──► in the Inbox, final ─► taken
//                           │  ▲ fees rose above it: the same nonce, a higher fee, within the limit
//                           └──► n is used up, final, and the exit not taken (it reverted, or another used n): the next nonce
//
// Invariant: what is sent is in the log before; two transactions for one exit can both be mined only if what L1 called final is undone. Whether an exit
// was taken is read from final events by the whole message: somebody else's message that carries the same bytes and would be dropped is no exit.

import { encodeFunctionData, isAddressEqual, keccak256, parseAbi, type Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { BACKLOG_DOUBLING_ZKGAS, decodeMessage, fromHex, messagePriceWei, toHex } from '@keyfall/protocol';
import { EndpointFault } from '../fault.ts';
import type { Endpoint } from '../l1/endpoint.ts';
import type { Quorum } from '../l1/quorum.ts';
import type { View } from '../monitor.ts';
import type { PresignedExit } from './presigned.ts';

const INBOX = parseAbi(['function sendSigned(uint64 gas, uint64 surcharge, bytes rawTransaction) payable returns (uint64 index)']);
const TIP_WEI = 1_000_000_000n;
/** Above what enqueueing costs; 40 gas a byte of calldata is EIP-7623's floor. */
const SEND_GAS = 250_000n;
const SEND_GAS_PER_BYTE = 60n;
/** The zkGas price may double twice before it is mined; what is paid above the price comes back in the same transaction. */
const BACKLOG_HEADROOM = 2n * BACKLOG_DOUBLING_ZKGAS;
/** Nodes take another transaction of the same nonce only for a tenth more. */
const REPLACED_BY_PERCENT = 113n;

/** One L1 transaction of the fee key for an exit. */
interface Signed {
  readonly l1: Hex;
  readonly hash: Hex;
  readonly nonce: number;
  readonly gas: string;
  readonly valueWei: string;
  readonly feeWei: string;
  readonly tipWei: string;
}

/** Everything that was signed for one exit, the newest last. */
export interface Intent {
  readonly upgrade: string;
  readonly signed: readonly Signed[];
}

type Fate =
  | { readonly state: 'absent' }
  | { readonly state: 'waiting' | 'dropped'; readonly index: number; readonly transaction: Hex };

/** What final L1 says of an exit whose nonce the owner's account has not used yet. @param executedTo messages that were executed so far */
export function fateOf(view: Pick<View, 'events'>, exit: PresignedExit, executedTo: number): Fate {
  const messages = view.events('Inbox', 'MessageEnqueued').filter(({ args }) => String(args['message']).toLowerCase().endsWith(exit.raw.slice(2)) && carries(String(args['message']) as Hex, exit));
  const last = messages.at(-1);
  if (last === undefined) return { state: 'absent' };
  const index = Number(last.args['index']);
  return { state: index >= executedTo ? 'waiting' : 'dropped', index, transaction: last.transactionHash };
}

/** SPEC section 4: the whole data, with at least the gas and the surcharge that it needs. Less of either would drop or abort it. */
function carries(bytes: Hex, exit: PresignedExit): boolean {
  const message = decodeMessage(fromHex(bytes));
  return message.ok && message.value.kind === 'signed' && toHex(message.value.data) === exit.raw && message.value.gas >= exit.gas && message.value.surcharge >= exit.surcharge;
}

/** The owner's L2 nonce when everything that final L1 has in the queue is executed: calls of its own and exits that are waiting use it up. */
export function nonceAhead(view: Pick<View, 'events'>, owner: Hex, exits: readonly PresignedExit[], executedTo: number, nonce: number): number {
  let ahead = nonce;
  for (const { args } of view.events('Inbox', 'MessageEnqueued')) {
    if (Number(args['index']) < executedTo) continue;
    const bytes = String(args['message']) as Hex;
    const message = decodeMessage(fromHex(bytes));
    if (!message.ok) continue;
    if (message.value.kind === 'signed' ? exits.some((exit) => exit.nonce === ahead && carries(bytes, exit)) : isAddressEqual(message.value.sender, owner)) ahead += 1;
  }
  return ahead;
}
/** Wei: each nonce at its dearest, the Inbox's price included, which one that was mined paid also where L2 then dropped the exit. */
export function spentAtWorst({ signed }: Intent): bigint {
  const costs = Map.groupBy(signed, ({ nonce }) => nonce);
  return [...costs.values()].reduce((sum, all) => sum + all.map(({ gas, feeWei, valueWei }) => BigInt(gas) * BigInt(feeWei) + BigInt(valueWei)).reduce((a, b) => (a > b ? a : b), 0n), 0n);
}

interface SenderParts {
  readonly chainId: number;
  readonly account: PrivateKeyAccount;
  readonly quorum: Quorum;
  readonly endpoints: readonly Endpoint[];
}

/** What to do next for an exit that must be forced. */
type Step =
  | { readonly act: 'send'; readonly signed: Signed }
  | { readonly act: 'sign'; readonly signed: Signed; readonly because: string }
  | { readonly act: 'limit'; readonly neededWei: bigint; readonly last: Signed | undefined };

export class ExitSender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** The nonce below which everything of the fee key is final, proven against the header. */
  async finalNonce(view: View): Promise<number> {
    return Number((await view.prove(this.#parts.account.address)).nonce);
  }

  /** @param others what was signed for the other exits; @param maximumWei of everything together */
  async next(view: View, exit: PresignedExit, intent: Intent | undefined, others: readonly Intent[], maximumWei: bigint): Promise<Step> {
    const last = intent?.signed.at(-1);
    const [finalNonce, { header }] = [await this.finalNonce(view), await this.#parts.quorum.head('latest')];
    const base = header.baseFeePerGas;
    const isUsedUp = last !== undefined && last.nonce < finalNonce;
    const backlog = await view.read<bigint>('Inbox', 'backlog');
    // Not the Inbox's own price(): nodes answer a call as if the base fee were zero.
    const priceAt = (baseFeeWei: bigint, ahead: bigint): bigint => messagePriceWei(exit.gas + exit.surcharge, baseFeeWei, backlog + ahead);
    if (last !== undefined && !isUsedUp && BigInt(last.feeWei) >= base + BigInt(last.tipWei) && BigInt(last.valueWei) >= priceAt(base, 0n)) return { act: 'send', signed: last };

    const replaced = last !== undefined && !isUsedUp ? last : undefined;
    const nonce = replaced?.nonce ?? await this.#freeNonce(finalNonce, intent === undefined ? others : [...others, intent]);
    const tip = replaced === undefined ? TIP_WEI : above(BigInt(replaced.tipWei));
    const least = largest(base + tip, replaced === undefined ? 0n : above(BigInt(replaced.feeWei)));
    const gas = SEND_GAS + SEND_GAS_PER_BYTE * BigInt(exit.raw.length / 2);
    const costAt = (fee: bigint): bigint => spentAtWorst({ upgrade: '', signed: [...intent?.signed ?? [], { ...unsigned(nonce, gas, fee, tip), valueWei: String(priceAt(fee, BACKLOG_HEADROOM)) }] });
    const left = maximumWei - others.reduce((sum, other) => sum + spentAtWorst(other), 0n);
    // Twice the base fee if the limit has it; if not, what it has, as long as that is mined today.
    const fee = [largest(2n * base + tip, least), least].find((wish) => costAt(wish) <= left);
    if (fee === undefined) return { act: 'limit', neededWei: costAt(least) + (maximumWei - left), last: replaced };
    return { act: 'sign', signed: await this.#sign(view, exit, nonce, { gas, fee, tip, value: priceAt(fee, BACKLOG_HEADROOM) }), because: replaced !== undefined ? 'the fees of L1 rose above it' : isUsedUp ? `nonce ${last.nonce} was used without it` : 'it was not sent before' };
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

  async #sign(view: View, exit: PresignedExit, nonce: number, { gas, fee, tip, value }: Readonly<Record<'gas' | 'fee' | 'tip' | 'value', bigint>>): Promise<Signed> {
    const l1 = await this.#parts.account.signTransaction({
      type: 'eip1559', chainId: this.#parts.chainId, nonce, to: view.contracts.address('Inbox'), value, gas, maxFeePerGas: fee, maxPriorityFeePerGas: tip, data: encodeFunctionData({ abi: INBOX, functionName: 'sendSigned', args: [exit.gas, exit.surcharge, exit.raw] }),
    });
    return { ...unsigned(nonce, gas, fee, tip), l1, hash: keccak256(l1), valueWei: String(value) };
  }

  /** The next nonce that neither L1 nor another exit has. */
  async #freeNonce(finalNonce: number, intents: readonly Intent[]): Promise<number> {
    const latest = Number(BigInt(await this.#parts.quorum.same<Hex>('nonce of the fee key', 'eth_getTransactionCount', [this.#parts.account.address, 'latest'], String)));
    return Math.max(finalNonce, latest, ...intents.flatMap(({ signed }) => signed.map(({ nonce }) => nonce + 1)));
  }
}

const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const above = (wei: bigint): bigint => (wei * REPLACED_BY_PERCENT) / 100n + 1n;

function unsigned(nonce: number, gas: bigint, fee: bigint, tip: bigint): Signed {
  return { l1: '0x', hash: '0x', nonce, gas: String(gas), valueWei: '0', feeWei: String(fee), tipWei: String(tip) };
}
