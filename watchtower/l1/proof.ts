// An account and its storage, proven against the state root of a block whose hash was agreed: a Merkle proof needs nobody's word. Owns asking for it and
// checking it. Does not own which block.
// Invariant: what comes back is what the state root commits to, or nothing.

import { verifyMerkleProof } from '@ethereumjs/mpt';
import { bytesToBigInt, bytesToHex, fromRlp, hexToBytes, keccak256, type Hex } from 'viem';
import { EndpointFault } from '../fault.ts';
import type { ProvenAccount } from '../monitor.ts';
import { Unverifiable } from '../verdict.ts';
import { restedFirst, type Endpoint } from './endpoint.ts';
import type { L1Header } from './header.ts';

interface RpcProof {
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly { readonly key: Hex; readonly proof: readonly Hex[] }[];
}

/** An account and its words by the first endpoint that gives a right proof. @throws Unverifiable when none does */
export async function provenAccount(endpoints: readonly Endpoint[], header: Pick<L1Header, 'number' | 'stateRoot'>, address: Hex, slots: readonly Hex[] = []): Promise<ProvenAccount> {
  const faults: string[] = [];
  for (const endpoint of restedFirst(endpoints)) {
    try {
      return await proven(header, address, slots, await endpoint.request('eth_getProof', [address, slots, `0x${header.number.toString(16)}`]) as RpcProof);
    } catch (cause) {
      faults.push(cause instanceof EndpointFault ? cause.message : `${endpoint.operator}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  throw new Unverifiable(`proof of ${address} at block ${header.number}: ${faults.join('; ')}`);
}

const EMPTY_ROOT = keccak256('0x80');
const EMPTY_CODE = keccak256('0x');

async function proven(header: Pick<L1Header, 'stateRoot'>, address: Hex, slots: readonly Hex[], proof: RpcProof): Promise<ProvenAccount> {
  const account = await inclusion(header.stateRoot, address, proof.accountProof);
  if (account === undefined) return { balance: 0n, nonce: 0n, codeHash: EMPTY_CODE, storage: new Map(slots.map((slot) => [slot, 0n])) };
  const fields = fromRlp(account, 'bytes');
  if (!Array.isArray(fields) || fields.length !== 4) throw new Error(`expected an account of 4 fields, got ${Array.isArray(fields) ? fields.length : 'a string'}`);
  const [nonce, balance, root, codeHash] = fields as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const storage = new Map<Hex, bigint>();
  for (const [index, slot] of slots.entries()) {
    const value = bytesToHex(root) === EMPTY_ROOT ? undefined : await inclusion(bytesToHex(root), slot, proof.storageProof[index]?.proof ?? []);
    storage.set(slot, value === undefined ? 0n : wordOf(fromRlp(value, 'bytes') as Uint8Array));
  }
  return { nonce: wordOf(nonce), balance: wordOf(balance), codeHash: bytesToHex(codeHash), storage };
}

function wordOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : bytesToBigInt(bytes);
}

/** The value under a hashed key; undefined = proven absent. @throws Error when the proof is not one for this root */
async function inclusion(root: Hex, key: Hex, nodes: readonly Hex[]): Promise<Uint8Array | undefined> {
  if (nodes.length === 0) throw new Error('expected a proof, got no nodes');
  if (keccak256(nodes[0] as Hex) !== root) throw new Error(`expected a proof under root ${root}, its first node hashes to ${keccak256(nodes[0] as Hex)}`);
  const value = await verifyMerkleProof(hexToBytes(keccak256(key)), nodes.map((node) => hexToBytes(node)), { root: hexToBytes(root) });
  return value ?? undefined;
}
