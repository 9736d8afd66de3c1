// By which rule of the EscapeHatch an L2 account is paid, given who sends the transaction. Owns the choice and the proofs it needs.
// Invariant: it never claims more than the state proves: an account with code leaves only to what it declared, or is stranded, with
// the reason in words.

import { EXIT_REGISTRY, applyAlias, toHex, undoAlias, uintBytes } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { registrySlot } from './stateProofs.ts';
import type { StateProofs } from './stateProofs.ts';

/** Codes of IEscapeHatch.Entitlement. */
export const ENTITLEMENTS = { key: 0, keyAccount: 1, alias: 2, recipient: 3, resolver: 4 } as const;
const ADDRESS_BITS = 160n;
const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`;

/** IEscapeHatch.Claimant, without a signature. */
export interface Claimant {
  readonly owner: Hex;
  readonly entitlement: number;
  readonly to: Hex;
  readonly delegate: Hex;
  readonly accountProof: readonly Hex[];
  readonly registryAccountProof: readonly Hex[];
  readonly registryProof: readonly Hex[];
  readonly deadline: string;
  readonly signature: string;
}

export type Entitled =
  | { readonly kind: 'entitled'; readonly claimant: Claimant; readonly payee: Hex; readonly how: string }
  | { readonly kind: 'stranded'; readonly because: string };

/** What decides beside the account's own state. */
export interface Circumstances {
  /** A resolver counts if it was declared at least this long before the state's block, in L2 time. */
  readonly windowSeconds: bigint;
  readonly stateTimestamp: bigint;
  /** Whether a contract stands at an address on L1. */
  readonly isContractOnL1: (address: string) => Promise<boolean>;
}

/** @param from who will send the transaction on L1; undefined = anyone */
export async function entitlementOf(owner: Hex, from: Hex | undefined, proofs: StateProofs, given: Circumstances): Promise<Entitled> {
  const account = await proofs.account(owner);
  const accountProof = account?.proof ?? [];
  const claimant = (entitlement: number, fields: Partial<Claimant> = {}): Claimant => ({
    owner, entitlement, to: ZERO_ADDRESS, delegate: ZERO_ADDRESS, accountProof, registryAccountProof: [], registryProof: [], deadline: '0', signature: '0x', ...fields,
  });
  if (from === owner) return { kind: 'entitled', claimant: claimant(ENTITLEMENTS.key), payee: owner, how: 'paid to the account itself, which sends the transaction' };
  if (from !== undefined && applyAlias(from) === owner) return { kind: 'entitled', claimant: claimant(ENTITLEMENTS.alias), payee: from, how: `paid to ${from}, the L1 contract that this account is the alias of` };
  const code = await proofs.codeOf(owner, account?.account);
  if (code.kind !== 'contract') {
    if (account === undefined) return { kind: 'stranded', because: 'the account is not in the state: only its own key can claim for it' };
    const behind = undoAlias(owner);
    if (await given.isContractOnL1(behind)) return { kind: 'stranded', because: `the account is the alias of the contract ${behind} on L1, which alone can claim` };
    const delegate = code.kind === 'delegated' ? code.delegate : ZERO_ADDRESS;
    return { kind: 'entitled', claimant: claimant(ENTITLEMENTS.keyAccount, { delegate }), payee: owner, how: 'relayed: paid to the account, whoever sends the transaction' };
  }
  return declared(owner, from, proofs, given, claimant);
}

/** An account with code: what it declared about itself in the ExitRegistry. */
async function declared(owner: Hex, from: Hex | undefined, proofs: StateProofs, given: Circumstances, claimant: (entitlement: number, fields: Partial<Claimant>) => Claimant): Promise<Entitled> {
  const recipient = await proofs.slot(EXIT_REGISTRY, registrySlot('recipient', owner));
  if (recipient !== undefined) {
    const payee = toHex(uintBytes(recipient.word, 20));
    const fields = { registryAccountProof: recipient.accountProof, registryProof: recipient.storageProof };
    return { kind: 'entitled', claimant: claimant(ENTITLEMENTS.recipient, fields), payee, how: `paid to ${payee}, the recipient that the account declared` };
  }
  const resolver = await proofs.slot(EXIT_REGISTRY, registrySlot('resolver', owner));
  if (resolver === undefined) return { kind: 'stranded', because: `the account has code and declared neither a recipient nor a resolver in the ExitRegistry; only ${undoAlias(owner)}, if that is the L1 contract behind it, could call` };
  const payee = toHex(uintBytes(resolver.word & ((1n << ADDRESS_BITS) - 1n), 20));
  const setAt = resolver.word >> ADDRESS_BITS;
  if (setAt + given.windowSeconds > given.stateTimestamp) return { kind: 'stranded', because: `its resolver ${payee} was declared at ${setAt} and counts only for a state of ${setAt + given.windowSeconds} or later, this one is of ${given.stateTimestamp}` };
  const fields = { registryAccountProof: resolver.accountProof, registryProof: resolver.storageProof };
  return { kind: 'entitled', claimant: claimant(ENTITLEMENTS.resolver, fields), payee, how: from === payee ? 'collected by the resolver itself' : `collected by its resolver ${payee}, which shares it out` };
}
