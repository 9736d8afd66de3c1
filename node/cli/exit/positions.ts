// What an account has in the rollup: ETH, bridged tokens, deposits that the bridge could not credit, withdrawals under way, messages
// that no final batch holds yet. Owns finding it in the rebuilt chain, at one block. Does not own what can be done with it.
// Invariant: a holding is listed only if the state at that block proves it; tokens are those that ever moved to the account by an
// event of a bridged token, and each is checked to be the bridge's own for its L1 token.

import { Contract, Interface, getAddress } from 'ethers';
import type { JsonRpcProvider, Log } from 'ethers';
import { ASSET_KINDS, L2_BRIDGE, MESSAGE_PASSER, assetKey, decodeMessage, fromHex, mappingSlot, toHex, words, addressBytes } from '@keyfall/protocol';
import type { AssetKind, Hex, InboxMessage, Withdrawal } from '@keyfall/protocol';
import { contractAbi } from '../rollup.ts';
import type { RollupConnection } from '../rollup.ts';
import { holdingSlot } from './stateProofs.ts';
import type { SlotProof, StateProofs } from './stateProofs.ts';

export interface Asset { readonly kind: AssetKind; readonly token: Hex; readonly id: bigint }

/** A bridged token, or a deposit that waits to be claimed on L2, as the state proves it. */
export interface TokenHolding {
  readonly asset: Asset;
  readonly amount: bigint;
  /** A deposit that the bridge could not credit. */
  readonly isUncredited: boolean;
  /** The L2 contract whose storage proves it. */
  readonly provenIn: Hex;
  readonly proof: SlotProof;
}
/** A token that exists on L2 alone: nothing on L1 stands for it. */
export interface NativeToken {
  readonly l2Token: Hex;
  /** Undefined where the contract does not say. */
  readonly balance: bigint | undefined;
}
export interface PendingWithdrawal { readonly hash: Hex; readonly withdrawal: Withdrawal; readonly l2Block: number }
export interface WaitingMessage { readonly index: bigint; readonly raw: Hex; readonly message: InboxMessage; readonly isSkipped: boolean }

/** Most blocks of one eth_getLogs, below what a node allows. */
const LOG_RANGE_BLOCKS = 5_000;
const ASSET_NAMES = ['eth', 'erc20', 'erc721', 'erc1155'] as const;
const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`;
const TRANSFERS = new Interface([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)',
  'event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values)',
]);
const TOKEN = new Interface(['function l1Token() view returns (address)', 'function balanceOf(address) view returns (uint256)']);
/** Anyone may send anyone tokens: so many contracts are asked. */
const MAX_NATIVE_TOKENS = 100;

export const ETHER: Asset = { kind: 'eth', token: ZERO_ADDRESS, id: 0n };

function topicOf(address: Hex): string {
  return toHex(words(addressBytes(address)));
}

function eventTopic(source: Interface, name: string): string {
  return source.getEvent(name)!.topicHash;
}

/** Logs of the rebuilt chain up to a block, in ranges that any node answers. */
async function logs(l2: JsonRpcProvider, to: bigint, filter: { address?: string; topics: (string | null)[] }): Promise<Log[]> {
  const found: Log[] = [];
  for (let from = 0; BigInt(from) <= to; from += LOG_RANGE_BLOCKS) {
    const last = BigInt(from + LOG_RANGE_BLOCKS - 1);
    found.push(...(await l2.getLogs({ ...filter, fromBlock: from, toBlock: Number(last < to ? last : to) })));
  }
  return found;
}

interface Candidates { readonly assets: ReadonlyMap<string, { readonly asset: Asset; readonly l2Token: Hex }>; readonly foreign: ReadonlySet<Hex> }

/** Everything that ever came to the account: of the bridge, with the L1 token it stands for, and of contracts that are not the bridge's. */
async function candidates(l2: JsonRpcProvider, owner: Hex, to: bigint): Promise<Candidates> {
  const recipient = topicOf(owner);
  const [moved, single, batch] = await Promise.all([
    logs(l2, to, { topics: [eventTopic(TRANSFERS, 'Transfer'), null, recipient] }),
    logs(l2, to, { topics: [eventTopic(TRANSFERS, 'TransferSingle'), null, null, recipient] }),
    logs(l2, to, { topics: [eventTopic(TRANSFERS, 'TransferBatch'), null, null, recipient] }),
  ]);
  const bridged = new Map<string, Hex | undefined>();
  const assets = new Map<string, { asset: Asset; l2Token: Hex }>();
  const foreign = new Set<Hex>();
  const add = async (address: string, kind: Exclude<AssetKind, 'eth'>, id: bigint): Promise<void> => {
    const name = `${kind}:${address}`;
    if (!bridged.has(name)) bridged.set(name, await l1TokenOf(l2, address, kind));
    const token = bridged.get(name);
    if (token === undefined) foreign.add(address.toLowerCase() as Hex);
    else assets.set(`${name}:${id}`, { asset: { kind, token, id }, l2Token: address.toLowerCase() as Hex });
  };
  for (const log of moved) {
    // ERC-721 has the id as a fourth topic, ERC-20 the amount as data.
    if (log.topics.length === 4) await add(log.address, 'erc721', BigInt(log.topics[3] ?? '0x0'));
    else await add(log.address, 'erc20', 0n);
  }
  for (const log of [...single, ...batch]) {
    const parsed = TRANSFERS.parseLog(log);
    const ids = parsed === null ? [] : parsed.name === 'TransferSingle' ? [parsed.args['id'] as bigint] : [...(parsed.args['ids'] as Iterable<bigint>)];
    for (const id of ids) await add(log.address, 'erc1155', id);
  }
  return { assets, foreign };
}

/** The L1 token behind an L2 contract, if the bridge itself made it; anyone may emit events that look like a token's. */
async function l1TokenOf(l2: JsonRpcProvider, address: string, kind: Exclude<AssetKind, 'eth'>): Promise<Hex | undefined> {
  const bridge = new Contract(L2_BRIDGE, contractAbi('L2Bridge'), l2);
  try {
    const [l1Token] = TOKEN.decodeFunctionResult('l1Token', await l2.call({ to: address, data: TOKEN.encodeFunctionData('l1Token') }));
    const expected = (await bridge.getFunction('tokenOf').staticCall(ASSET_KINDS[kind], l1Token)) as string;
    return getAddress(expected) === getAddress(address) ? ((l1Token as string).toLowerCase() as Hex) : undefined;
  } catch {
    // Whatever else emits such events need not answer at all.
    return undefined;
  }
}

/** Bridged tokens and uncredited deposits of an account, proven under the state's root; and what it has of tokens that L1 knows nothing of. */
export async function tokenHoldings(l2: JsonRpcProvider, owner: Hex, proofs: StateProofs): Promise<{ readonly tokens: readonly TokenHolding[]; readonly native: readonly NativeToken[] }> {
  const to = proofs.state.blockNumber;
  const holdings: TokenHolding[] = [];
  const { assets, foreign } = await candidates(l2, owner, to);
  for (const { asset, l2Token } of assets.values()) {
    const proof = await proofs.slot(l2Token, holdingSlot(ASSET_KINDS[asset.kind] as 1 | 2 | 3, owner, asset.id));
    if (proof === undefined || (asset.kind === 'erc721' && proof.word !== BigInt(owner))) continue;
    holdings.push({ asset, amount: asset.kind === 'erc721' ? 1n : proof.word, isUncredited: false, provenIn: l2Token, proof });
  }
  const bridge = new Interface([...(contractAbi('L2Bridge') as string[])]);
  const claimable = await logs(l2, to, { address: L2_BRIDGE, topics: [eventTopic(bridge, 'DepositClaimable'), null, null, topicOf(owner)] });
  const seen = new Set<string>();
  for (const log of claimable) {
    const args = bridge.parseLog(log)!.args;
    const kind = ASSET_NAMES[Number(args['kind'])]!;
    const asset: Asset = { kind, token: (args['l1Token'] as string).toLowerCase() as Hex, id: args['id'] as bigint };
    const key = assetKey(asset.kind, asset.token, asset.id);
    if (seen.has(key)) continue;
    seen.add(key);
    const proof = await proofs.slot(L2_BRIDGE, mappingSlot(topicOf(owner) as Hex, BigInt(mappingSlot(key, 0n))));
    if (proof !== undefined) holdings.push({ asset, amount: proof.word, isUncredited: true, provenIn: L2_BRIDGE, proof });
  }
  const native = await Promise.all([...foreign].slice(0, MAX_NATIVE_TOKENS).map(async (l2Token) => ({ l2Token, balance: await balanceOf(l2, l2Token, owner, to) })));
  return { tokens: holdings, native: native.filter(({ balance }) => balance !== 0n) };
}

async function balanceOf(l2: JsonRpcProvider, token: Hex, owner: Hex, at: bigint): Promise<bigint | undefined> {
  try {
    const [balance] = TOKEN.decodeFunctionResult('balanceOf', await l2.call({ to: token, data: TOKEN.encodeFunctionData('balanceOf', [owner]), blockTag: Number(at) }));
    return balance as bigint;
  } catch {
    // Whatever else emits such events need not answer at all.
    return undefined;
  }
}

/** Withdrawals that the account sent, or that name it as recipient, and that L1 has not paid. */
export async function pendingWithdrawals({ l2, l1 }: RollupConnection, vault: Contract, owner: Hex, to: bigint): Promise<readonly PendingWithdrawal[]> {
  const passer = new Interface([...(contractAbi('MessagePasser') as string[])]);
  const sent = await logs(l2, to, { address: MESSAGE_PASSER, topics: [eventTopic(passer, 'WithdrawalSent')] });
  const pending: PendingWithdrawal[] = [];
  for (const log of sent) {
    const parsed = passer.parseLog(log)!;
    const fields = parsed.args['withdrawal'] as { nonce: bigint; assetKind: bigint; token: string; id: bigint; amount: bigint; from: string; recipient: string };
    const isOwn = [fields.from, fields.recipient].some((address) => address.toLowerCase() === owner);
    const hash = parsed.args['withdrawalHash'] as Hex;
    if (!isOwn || ((await vault.connect(l1).getFunction('isWithdrawn')(hash)) as boolean)) continue;
    const kind = ASSET_NAMES[Number(fields.assetKind)]!;
    pending.push({
      hash, l2Block: log.blockNumber,
      withdrawal: { nonce: fields.nonce, assetKind: kind, token: fields.token.toLowerCase() as Hex, id: fields.id, amount: fields.amount, from: fields.from.toLowerCase() as Hex, recipient: fields.recipient.toLowerCase() as Hex },
    });
  }
  return pending;
}

/** What a message of the Vault deposits, and for whom; undefined if it is none. */
export function depositOf(data: Uint8Array): { readonly asset: Asset; readonly amount: bigint; readonly from: Hex } | undefined {
  const parsed = new Interface([...(contractAbi('L2Bridge') as string[])]).parseTransaction({ data: toHex(data) });
  if (parsed?.name !== 'receiveDeposit') return undefined;
  const { kind, l1Token, id, amount, from } = parsed.args['deposit'] as { kind: bigint; l1Token: string; id: bigint; amount: bigint; from: string };
  const name = ASSET_NAMES[Number(kind)];
  return name === undefined ? undefined : { asset: { kind: name, token: l1Token.toLowerCase() as Hex, id }, amount, from: from.toLowerCase() as Hex };
}

interface MessageAnswer { readonly raw: Hex; readonly status: string }

/** Messages that L2 has not executed for good, from `from` on and among the skipped ones, with their bytes as L1's accumulator proves them. */
export async function waitingMessages(l2: JsonRpcProvider, ranges: readonly { readonly from: bigint; readonly to: bigint; readonly isSkipped: boolean }[]): Promise<readonly WaitingMessage[]> {
  const waiting: WaitingMessage[] = [];
  for (const { from, to, isSkipped } of ranges) {
    for (let index = from; index < to; index += 1n) {
      const answer = (await l2.send('keyfall_message', [`0x${index.toString(16)}`])) as MessageAnswer | null;
      if (answer === null) continue;
      const decoded = decodeMessage(fromHex(answer.raw));
      if (decoded.ok) waiting.push({ index, raw: answer.raw, message: decoded.value, isSkipped });
    }
  }
  return waiting;
}
