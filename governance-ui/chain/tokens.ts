// What a token says of itself: symbol and decimals, on either chain; and what an account holds of it. Owns these reads.
// Invariant: a token's words are its own and may be anyone's; they are shown beside the address, never in its place.

import { decodeFunctionResult, encodeFunctionData, erc20Abi, erc721Abi, hexToString } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from './abis.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';

export interface TokenWords { readonly symbol: string | undefined; readonly decimals: number | undefined }

const SYMBOL_LENGTH = 16;
/** Printable letters and digits of ASCII: a symbol must not look like something else. */
const PLAIN = /[^\x20-\x7e]/g;

export async function metadataOf(chain: Quorum, at: BlockRef, token: Hex): Promise<Reading<TokenWords>> {
  const ask = async (functionName: 'symbol' | 'decimals'): Promise<Reading<Hex>> => chain.call(token, encodeFunctionData({ abi: erc20Abi, functionName }), at);
  const [symbol, decimals] = await Promise.all([ask('symbol'), ask('decimals')]);
  return { known: true, at, trust: chain.trust, value: { symbol: symbol.known ? symbolOf(symbol.value) : undefined, decimals: decimals.known ? decimalsOf(decimals.value) : undefined } };
}

function symbolOf(bytes: Hex): string | undefined {
  try {
    const text = bytes.length === 66 ? hexToString(bytes) : decodeFunctionResult({ abi: erc20Abi, functionName: 'symbol', data: bytes });
    const plain = text.replace(PLAIN, '').slice(0, SYMBOL_LENGTH).trim();
    return plain === '' ? undefined : plain;
  } catch {
    // A token without a readable symbol is shown by its address alone.
    return undefined;
  }
}

function decimalsOf(bytes: Hex): number | undefined {
  try {
    return decodeFunctionResult({ abi: erc20Abi, functionName: 'decimals', data: bytes });
  } catch {
    // Then amounts are in smallest units.
    return undefined;
  }
}

/** Whether a spender may take exactly this of the owner's. */
export async function mayTake(chain: Quorum, at: BlockRef, { kind, token, id, amount }: { readonly kind: 'erc20' | 'erc721' | 'erc1155'; readonly token: Hex; readonly id: bigint; readonly amount: bigint }, owner: Hex, spender: Hex): Promise<Reading<boolean>> {
  if (kind === 'erc20') {
    const read = await chain.call(token, encodeFunctionData({ abi: erc20Abi, functionName: 'allowance', args: [owner, spender] }), at);
    return mapReading(read, (data) => decodeFunctionResult({ abi: erc20Abi, functionName: 'allowance', data }) >= amount);
  }
  if (kind === 'erc721') {
    const read = await chain.call(token, encodeFunctionData({ abi: erc721Abi, functionName: 'getApproved', args: [id] }), at);
    return mapReading(read, (data) => decodeFunctionResult({ abi: erc721Abi, functionName: 'getApproved', data }).toLowerCase() === spender.toLowerCase());
  }
  const read = await chain.call(token, encodeFunctionData({ abi: ABIS.BridgedERC1155, functionName: 'isApprovedForAll', args: [owner, spender] }), at);
  return mapReading(read, (data) => decodeFunctionResult({ abi: ABIS.BridgedERC1155, functionName: 'isApprovedForAll', data }) === true);
}

export async function balanceOf(chain: Quorum, at: BlockRef, token: Hex, owner: Hex): Promise<Reading<bigint>> {
  return mapReading(await chain.call(token, encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [owner] }), at), (data) => decodeFunctionResult({ abi: erc20Abi, functionName: 'balanceOf', data }));
}
