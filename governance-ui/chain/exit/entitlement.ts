// By which rule of the EscapeHatch an L2 account is paid, given who sends the transaction. Owns the choice and the proofs it needs.
// Invariant: it never claims more than the state proves and the hatch will grant: an account with code leaves only to what it declared in
// time, the alias of a contract only by that contract; else nobody is named, with the reason in words.

import { keccak256 } from 'viem';
import type { Hex } from 'viem';
import { EXIT_REGISTRY, applyAlias, undoAlias } from '@keyfall/protocol/addresses.ts';
import { ENFORCED_TRIGGER_SECONDS, EXIT_CLAIM_SECONDS, EXIT_ENQUEUE_SECONDS, EXIT_ENTER_SECONDS, EXIT_PROVE_SECONDS, ZK_ALONE_DELAY_SECONDS } from '@keyfall/protocol/constants.ts';
import { scaled } from '../clock.ts';
import type { ProvenAccount } from '../proof/account.ts';
import type { BlockRef } from '../reading.ts';
import type { Quorum } from '../rpc/quorum.ts';
import { codeSize } from '../system.ts';
import type { System } from '../system.ts';
import { EMPTY_CODE_HASH, ENTITLEMENTS, ZERO_ADDRESS, registrySlot } from './kit.ts';
import type { ExitKit, KitClaimant } from './kit.ts';
import { must } from './proofs.ts';
import type { Proofs } from './proofs.ts';

/** As the EscapeHatch sums it up; the Clock scales it. */
const EXIT_WINDOW_SECONDS = EXIT_ENQUEUE_SECONDS + ENFORCED_TRIGGER_SECONDS + EXIT_ENTER_SECONDS + EXIT_PROVE_SECONDS + ZK_ALONE_DELAY_SECONDS + EXIT_CLAIM_SECONDS;
const ADDRESS_BITS = 160n;

export type Entitled = Pick<ExitKit, 'claimant' | 'payee' | 'how'>;
export interface Whose { readonly system: System; readonly l1At: BlockRef; readonly l2: Quorum; readonly owner: Hex; readonly sender: Hex | undefined }
export interface AccountProof { readonly account: ProvenAccount; readonly proof: readonly Hex[] }

const nobody = (how: string): Entitled => ({ claimant: null, payee: null, how });
const addressIn = (word: bigint): Hex => `0x${BigInt.asUintN(Number(ADDRESS_BITS), word).toString(16).padStart(40, '0')}`;

/** @param at the L2 block of the state @throws Error for what could not be read */
export async function entitlementOf(whose: Whose, account: AccountProof | undefined, proofs: Proofs, at: BlockRef): Promise<Entitled> {
  const { owner, l2, system, l1At } = whose;
  const sender = whose.sender?.toLowerCase() as Hex | undefined;
  const claimant = (rule: (typeof ENTITLEMENTS)[number], fields: Partial<KitClaimant> = {}): KitClaimant => ({
    owner, entitlement: ENTITLEMENTS.indexOf(rule), to: ZERO_ADDRESS, delegate: ZERO_ADDRESS, accountProof: account?.proof ?? [], registryAccountProof: [], registryProof: [], deadline: '0', signature: '0x', ...fields,
  });
  if (sender !== undefined && applyAlias(sender) === owner) return { claimant: claimant('alias'), payee: sender, how: `paid to ${sender}, the L1 contract that this account is the alias of` };
  const code = await codeOf(owner, account?.account, l2, at);
  if (code !== 'contract') {
    if (sender === owner || account === undefined) return { claimant: claimant('key'), payee: owner, how: 'paid to the account itself, which sends the transaction' };
    const behind = undoAlias(owner);
    if (must(await codeSize(system.rollup.chain, behind, l1At)).value > 0) return nobody(`the account is the alias of the contract ${behind} on L1, which alone can claim`);
    return { claimant: claimant('keyAccount', { delegate: code }), payee: owner, how: 'relayed: paid to the account, whoever sends the transaction' };
  }
  return declared(whose, proofs, at, claimant);
}

/** An account with code: what it declared about itself in the ExitRegistry. */
async function declared({ owner, system, l1At }: Whose, proofs: Proofs, at: BlockRef, claimant: (rule: (typeof ENTITLEMENTS)[number], fields: Partial<KitClaimant>) => KitClaimant): Promise<Entitled> {
  const recipient = await proofs.slot(EXIT_REGISTRY, registrySlot('recipient', owner));
  if (recipient !== undefined) {
    const payee = addressIn(recipient.word);
    return { claimant: claimant('recipient', { registryAccountProof: recipient.accountProof, registryProof: recipient.storageProof }), payee, how: `paid to ${payee}, the recipient that the account declared` };
  }
  const resolver = await proofs.slot(EXIT_REGISTRY, registrySlot('resolver', owner));
  if (resolver === undefined) return nobody(`nobody can claim for ${owner}: it has code and declared neither a recipient nor a resolver; only ${undoAlias(owner)}, if that is the L1 contract behind it, could call`);
  const payee = addressIn(resolver.word);
  const setAt = resolver.word >> ADDRESS_BITS;
  const window = must(await scaled(system.clock, l1At, EXIT_WINDOW_SECONDS)).value;
  if (setAt + window > at.timestamp) return nobody(`its resolver ${payee} was declared at ${setAt} and counts only for a state of ${setAt + window} or later, this one is of ${at.timestamp}`);
  return { claimant: claimant('resolver', { registryAccountProof: resolver.accountProof, registryProof: resolver.storageProof }), payee, how: `collected by its resolver ${payee}, which shares it out` };
}

/** The delegate of a key's account (zero for none), or that a contract stands there. */
async function codeOf(owner: Hex, account: ProvenAccount | undefined, l2: Quorum, at: BlockRef): Promise<Hex | 'contract'> {
  if (account === undefined || account.codeHash === EMPTY_CODE_HASH) return ZERO_ADDRESS;
  const code = must(await l2.first('eth_getCode', [owner, `0x${at.number.toString(16)}`], at, (answer) => {
    if (typeof answer !== 'string' || keccak256(answer as Hex) !== account.codeHash) throw new Error('code that does not hash to what the state proves');
    return answer.toLowerCase();
  })).value;
  return /^0xef0100[0-9a-f]{40}$/.test(code) ? `0x${code.slice(8)}` : 'contract';
}
