// EIP-7702: applying a transaction's authorization list.
//
// Owns: the checks of each tuple in the EIP's order, the delegation written to the authority, the refund. Does not own:
// the intrinsic gas of the list (transaction.ts), following a delegation (EthereumJS).
// Invariant: an invalid tuple changes nothing but the warm set, and only after its signature was recovered.
import { toKey } from './bytes.ts';
import { EMPTY_CODE_HASH } from './crypto.ts';
import type { Machine } from './machine.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { delegationTarget } from './surcharge.ts';
import { recoverAuthority } from './transaction.ts';
import type { Authorization } from './api.ts';

const REFUND_PER_EXISTING_ACCOUNT = 12_500n;
const NONCE_LIMIT = 0xffffffffffffffffn;

/** Applies the tuples in order; returns the gas to refund. The sender's nonce was already raised. */
export function applyAuthorizations(machine: Machine, chainId: bigint, authorizations: readonly Authorization[]): bigint {
  let refund = 0n;
  for (const authorization of authorizations) refund += applyAuthorization(machine, chainId, authorization);
  return refund;
}

function applyAuthorization({ state, evm }: Machine, chainId: bigint, authorization: Authorization): bigint {
  if (authorization.chainId !== 0n && authorization.chainId !== chainId) return 0n;
  if (authorization.nonce >= NONCE_LIMIT) return 0n;
  const authority = recoverAuthority(authorization);
  if (authority === undefined) return 0n;
  evm.journal.addAlwaysWarmAddress(Buffer.from(authority).toString('hex'));
  const key = toKey(authority);
  const existing = state.read(key);
  const account = existing ?? ABSENT_ACCOUNT;
  if (account.codeHash !== EMPTY_CODE_HASH && delegationTarget(state.codeOf(key)) === undefined) return 0n;
  if (account.nonce !== authorization.nonce) return 0n;
  state.write(key, { ...account, nonce: account.nonce + 1n });
  const isClearing = authorization.address.every((byte) => byte === 0);
  state.writeCode(key, isClearing ? new Uint8Array(0) : Uint8Array.of(0xef, 0x01, 0x00, ...authorization.address));
  return existing === undefined ? 0n : REFUND_PER_EXISTING_ACCOUNT;
}
