// The work of a benchmark: accounts, and transactions signed beforehand, the same for every chain that is measured.
//
// Owns: senders, recipients, signing, plain transfers. Does not own: sending (load.ts), contracts (contractWork.ts).
// Invariant: everything derives from indices, so that two runs and two chains get identical bytes. Fee caps are far above
// what full blocks raise the base fee to within a run, and balances above that.

import { createHash } from 'node:crypto';
import secp256k1 from 'secp256k1';
import { encodeRlp } from '../execute/rlp.ts';
import { keccak256 } from '../execute/crypto.ts';

export const BENCH_CHAIN_ID = 531_337n;
export const SENDER_BALANCE_WEI = 10n ** 40n;
const FEE_CAP_WEI = 10n ** 24n;
const TIP_WEI = 1n;

export interface Sender { readonly key: Uint8Array; readonly address: Uint8Array; nonce: bigint }

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

export function sendersOf(count: number): Sender[] {
  return Array.from({ length: count }, (_, index) => {
    const key = digest(`keyfall bench sender ${index}`);
    const publicKey = secp256k1.publicKeyCreate(key, false);
    return { key, address: keccak256(publicKey.subarray(1)).slice(12), nonce: 0n };
  });
}

/** Address of passive account `index`. */
export function accountAddress(index: number): Uint8Array {
  return digest(`keyfall bench account ${index}`).subarray(0, 20);
}

export interface CallFields { to: Uint8Array | undefined; value: bigint; gasLimit: bigint; data: Uint8Array }

/** Signed type-2 transaction with the sender's next nonce. */
export function signedBy(sender: Sender, { to, value, gasLimit, data }: CallFields): Uint8Array {
  const fields = [BENCH_CHAIN_ID, sender.nonce, TIP_WEI, FEE_CAP_WEI, gasLimit, to ?? new Uint8Array(0), value, data, []];
  sender.nonce += 1n;
  const hash = keccak256(Buffer.concat([Uint8Array.of(2), encodeRlp(fields)]));
  const { signature, recid } = secp256k1.ecdsaSign(hash, sender.key);
  const integer = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return new Uint8Array(Buffer.concat([Uint8Array.of(2), encodeRlp([...fields, BigInt(recid), integer(signature.subarray(0, 32)), integer(signature.subarray(32))])]));
}

/** `count` plain transfers, round robin over senders, to accounts spread over the whole population; `from` continues a sequence. */
export function transfers(senders: readonly Sender[], count: number, accounts: number, from = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => signedBy(senders[(from + index) % senders.length]!, {
    to: accountAddress(((from + index) * 7_919) % accounts), value: 1n, gasLimit: 21_000n, data: new Uint8Array(0),
  }));
}

/** Calldata of transfer(address,uint256). */
export function tokenTransferData(to: Uint8Array, amount: bigint): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from('a9059cbb', 'hex'), Buffer.alloc(12), to, Buffer.from(amount.toString(16).padStart(64, '0'), 'hex')]));
}
