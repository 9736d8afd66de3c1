// All receipts of a block, checked against the header's receiptsRoot: a log that an endpoint leaves out is then detected, not trusted.
// Owns the receipts' consensus encoding (EIP-2718; types 0 to 4) and the check; the trie is @ethereumjs/mpt's.
// Invariant: logs that leave this file are all logs of that block, in order.

import { createMPT } from '@ethereumjs/mpt';
import { bytesToHex, concatHex, hexToBigInt, hexToBytes, isHex, toHex, toRlp, type Hex } from 'viem';
import { EndpointFault } from '../fault.ts';
import { minimal, type L1Header } from './header.ts';

export interface L1Log {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly transactionHash: Hex;
  /** Position in the block. */
  readonly index: number;
}

interface RpcLog { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex }
interface RpcReceipt { readonly type?: Hex; readonly status?: Hex; readonly root?: Hex; readonly cumulativeGasUsed: Hex; readonly logsBloom: Hex; readonly logs: readonly RpcLog[]; readonly transactionHash: Hex }

/** @throws EndpointFault `lying` when the receipts are not those of the header */
export async function verifiedLogs(header: L1Header, json: unknown, operator: string): Promise<readonly L1Log[]> {
  if (!Array.isArray(json)) throw new EndpointFault('malformed', operator, `${operator}: expected the receipts of block ${header.number} as an array`);
  let root: Hex;
  try {
    root = bytesToHex(await orderedRoot((json as RpcReceipt[]).map((receipt) => hexToBytes(encodeReceipt(receipt)))));
  } catch (cause) {
    throw new EndpointFault('malformed', operator, `${operator}: receipts of block ${header.number} are not well formed`, { cause });
  }
  if (root !== header.receiptsRoot) throw new EndpointFault('lying', operator, `${operator}: the receipts it gives for block ${header.number} have root ${root}, the header says ${header.receiptsRoot}: logs are missing, added or changed`);
  // The trie does not hold the transactions' hashes: they are what the endpoint says, but at least hashes.
  if ((json as RpcReceipt[]).some(({ transactionHash }) => !isHex(transactionHash) || transactionHash.length !== 66)) throw new EndpointFault('malformed', operator, `${operator}: receipts of block ${header.number} name no transactions`);
  let index = 0;
  return (json as RpcReceipt[]).flatMap((receipt) => receipt.logs.map((log) => ({
    address: log.address.toLowerCase() as Hex, topics: log.topics, data: log.data, transactionHash: receipt.transactionHash, index: index++,
  })));
}

function encodeReceipt(receipt: RpcReceipt): Hex {
  const outcome = receipt.root ?? minimal(hexToBigInt(receipt.status ?? '0x0'));
  const logs = receipt.logs.map((log) => [log.address, [...log.topics], log.data] as const);
  const body = toRlp([outcome, minimal(hexToBigInt(receipt.cumulativeGasUsed)), receipt.logsBloom, logs as never]);
  const type = hexToBigInt(receipt.type ?? '0x0');
  return type === 0n ? body : concatHex([toHex(type, { size: 1 }), body]);
}

/** Root of the trie of items under their positions, as headers commit to transactions and receipts. */
export async function orderedRoot(items: readonly Uint8Array[]): Promise<Uint8Array> {
  const trie = await createMPT({ useKeyHashing: false });
  for (const [index, item] of items.entries()) await trie.put(hexToBytes(toRlp(minimal(BigInt(index)))), item);
  return trie.root();
}
