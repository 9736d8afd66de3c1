// An exit kit: everything that one account can be paid from a frozen chain, with the proofs, as one file, the one that `keyfall exit escape`
// writes and takes. Owns its shape, reading it from untrusted text, and the check of every proof in it under a root that the caller
// has from L1. It runs in a worker, because it hashes many nodes. Where a kit comes from is build.ts; a file from anyone will do.
// Invariant: what `verifyKit` returns was proven under the root given; a kit's own amounts and payee are compared with it.

import { concat, keccak256, pad } from 'viem';
import type { Hex } from 'viem';
import { nextAccumulator } from '@keyfall/protocol/accumulator.ts';
import { EXIT_REGISTRY, L2_BRIDGE, MESSAGE_PASSER, undoAlias } from '@keyfall/protocol/addresses.ts';
import { fromHex } from '@keyfall/protocol/bytes.ts';
import { messageHash } from '@keyfall/protocol/message.ts';
import { ASSET_KINDS, assetKey, mappingSlot, sentSlot, withdrawalHash } from '@keyfall/protocol/withdrawal.ts';
import type { AssetKind } from '@keyfall/protocol/withdrawal.ts';
import { ProofFault, verifyAccount, verifySlot } from '../proof/account.ts';
import type { ProvenAccount } from '../proof/account.ts';

/** IEscapeHatch.Entitlement, in its order. */
export const ENTITLEMENTS = ['key', 'keyAccount', 'alias', 'recipient', 'resolver'] as const;
export const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`;
export const EMPTY_CODE_HASH: Hex = keccak256('0x');

export interface KitAsset { readonly kind: AssetKind; readonly token: Hex; readonly id: string }
export interface KitClaimant {
  readonly owner: Hex; readonly entitlement: number; readonly to: Hex; readonly delegate: Hex;
  readonly accountProof: readonly Hex[]; readonly registryAccountProof: readonly Hex[]; readonly registryProof: readonly Hex[]; readonly deadline: string; readonly signature: Hex;
}
export interface KitHolding { readonly asset: KitAsset; readonly amount: string; readonly isUncredited: boolean; readonly provenIn: Hex | null; readonly accountProof: readonly Hex[]; readonly storageProof: readonly Hex[] }
export interface KitRatio { readonly asset: KitAsset; readonly accountProof: readonly Hex[]; readonly burnedProof: readonly Hex[] }
export interface KitRefund { readonly index: string; readonly message: Hex; readonly accumulatorBefore: Hex; readonly about: string }
export interface KitWithdrawal {
  readonly hash: Hex; readonly accountProof: readonly Hex[]; readonly storageProof: readonly Hex[];
  readonly withdrawal: { readonly nonce: string; readonly assetKind: AssetKind; readonly token: Hex; readonly id: string; readonly amount: string; readonly from: Hex; readonly recipient: Hex };
}
export interface ExitKit {
  readonly kind: 'keyfall-exit-kit'; readonly version: 1; readonly l1ChainId: string; readonly rollup: Hex; readonly pinned: { readonly batch: string; readonly root: Hex };
  readonly claimant: KitClaimant | null; readonly payee: Hex | null; readonly how: string;
  /** A second signature that sends what the payee is credited elsewhere. This page makes none and sends none. */
  readonly redirect: null;
  readonly holdings: readonly KitHolding[]; readonly ratios: readonly KitRatio[]; readonly refunds: readonly KitRefund[]; readonly withdrawals: readonly KitWithdrawal[];
}

type Fields = Readonly<Record<string, unknown>>;

function expect(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Error(`${what}: got ${JSON.stringify(value)?.slice(0, 80) ?? 'nothing'}`);
  return value;
}
const hexOf = (value: unknown, what: string): Hex => expect(value, /^0x([0-9a-f]{2})*$/, what) as Hex;
const addressOf = (value: unknown, what: string): Hex => expect(value, /^0x[0-9a-f]{40}$/, what) as Hex;
const numberOf = (value: unknown, what: string): string => expect(value, /^\d{1,78}$/, what);
function listOf<T>(value: unknown, what: string, read: (item: Fields) => T): T[] {
  if (!Array.isArray(value)) throw new Error(`${what}: expected a list`);
  return value.map((item: unknown) => read((item ?? {}) as Fields));
}
const proofOf = (value: unknown, what: string): Hex[] => {
  if (!Array.isArray(value)) throw new Error(`${what}: expected a list of nodes`);
  return value.map((node: unknown) => hexOf(node, what));
};
/** For people only: nothing is decided by it. */
const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : '');
function kindOf(value: unknown): AssetKind {
  const kind = Object.keys(ASSET_KINDS).find((name) => name === value);
  if (kind === undefined) throw new Error(`asset kind: got ${String(value)}`);
  return kind as AssetKind;
}
const assetOf = (value: unknown): KitAsset => {
  const { kind, token, id } = (value ?? {}) as Fields;
  return { kind: kindOf(kind), token: addressOf(token, 'token'), id: numberOf(id, 'id') };
};

/** @throws Error naming what is wrong with the file */
export function parseKit(text: string): ExitKit {
  const json = JSON.parse(text) as Fields;
  if (json['kind'] !== 'keyfall-exit-kit' || json['version'] !== 1) throw new Error(`expected a keyfall-exit-kit of version 1, got ${String(json['kind'])} ${String(json['version'])}`);
  if (json['redirect'] !== null) throw new Error('expected a kit whose payments stay with their payee (redirect: null): one with a redirect by signature is sent by `keyfall exit escape --from-file`');
  const pinned = (json['pinned'] ?? {}) as Fields;
  return {
    kind: 'keyfall-exit-kit', version: 1, l1ChainId: numberOf(json['l1ChainId'], 'l1ChainId'), rollup: addressOf(json['rollup'], 'rollup'), pinned: { batch: numberOf(pinned['batch'], 'batch'), root: hexOf(pinned['root'], 'root') },
    claimant: json['claimant'] === null ? null : claimantOf((json['claimant'] ?? {}) as Fields), payee: json['payee'] === null ? null : addressOf(json['payee'], 'payee'), how: wordsOf(json['how']), redirect: null,
    holdings: listOf(json['holdings'], 'holdings', (one) => ({
      asset: assetOf(one['asset']), amount: numberOf(one['amount'], 'amount'), isUncredited: one['isUncredited'] === true, provenIn: one['provenIn'] === null ? null : addressOf(one['provenIn'], 'provenIn'),
      accountProof: proofOf(one['accountProof'], 'accountProof'), storageProof: proofOf(one['storageProof'], 'storageProof'),
    })),
    ratios: listOf(json['ratios'], 'ratios', (one) => ({ asset: assetOf(one['asset']), accountProof: proofOf(one['accountProof'], 'accountProof'), burnedProof: proofOf(one['burnedProof'], 'burnedProof') })),
    refunds: listOf(json['refunds'], 'refunds', (one) => ({ index: numberOf(one['index'], 'index'), message: hexOf(one['message'], 'message'), accumulatorBefore: hexOf(one['accumulatorBefore'], 'accumulatorBefore'), about: wordsOf(one['about']) })),
    withdrawals: listOf(json['withdrawals'], 'withdrawals', (one) => ({ hash: hexOf(one['hash'], 'hash'), accountProof: proofOf(one['accountProof'], 'accountProof'), storageProof: proofOf(one['storageProof'], 'storageProof'), withdrawal: withdrawalOf((one['withdrawal'] ?? {}) as Fields) })),
  };
}

function claimantOf(one: Fields): KitClaimant {
  const entitlement = one['entitlement'];
  if (typeof entitlement !== 'number' || ENTITLEMENTS[entitlement] === undefined) throw new Error(`entitlement: got ${String(entitlement)}`);
  return {
    owner: addressOf(one['owner'], 'owner'), entitlement, to: addressOf(one['to'], 'to'), delegate: addressOf(one['delegate'], 'delegate'), accountProof: proofOf(one['accountProof'], 'accountProof'),
    registryAccountProof: proofOf(one['registryAccountProof'], 'registryAccountProof'), registryProof: proofOf(one['registryProof'], 'registryProof'), deadline: numberOf(one['deadline'], 'deadline'), signature: hexOf(one['signature'], 'signature'),
  };
}

function withdrawalOf(one: Fields): KitWithdrawal['withdrawal'] {
  return {
    nonce: numberOf(one['nonce'], 'nonce'), assetKind: kindOf(one['assetKind']), token: addressOf(one['token'], 'token'), id: numberOf(one['id'], 'id'), amount: numberOf(one['amount'], 'amount'),
    from: addressOf(one['from'], 'from'), recipient: addressOf(one['recipient'], 'recipient'),
  };
}

export function kitText(kit: ExitKit): string {
  return `${JSON.stringify(kit, null, 1)}\n`;
}

export const padded = (address: Hex): Hex => pad(address.toLowerCase() as Hex, { size: 32 });
const wordOf = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`;

/** Where a bridged token keeps what an account holds (SPEC 11). */
export function holdingSlot({ kind, id }: KitAsset, owner: Hex): Hex {
  if (kind === 'erc20') return mappingSlot(padded(owner), 0n);
  if (kind === 'erc721') return mappingSlot(wordOf(BigInt(id)), 2n);
  return keccak256(concat([padded(owner), mappingSlot(wordOf(BigInt(id)), 0n)]));
}

export function keyOfAsset({ kind, token, id }: KitAsset): Hex {
  return assetKey(kind, token, kind === 'erc20' ? 0n : BigInt(id));
}

/** Where the L2Bridge keeps a deposit it could not credit. */
export function claimSlot(asset: KitAsset, owner: Hex): Hex {
  return mappingSlot(padded(owner), BigInt(mappingSlot(keyOfAsset(asset), 0n)));
}

/** Where the ExitRegistry keeps what an account declared. */
export function registrySlot(entry: 'recipient' | 'resolver', account: Hex): Hex {
  return mappingSlot(padded(account), entry === 'recipient' ? 0n : 1n);
}

/** Where the MessagePasser keeps what was burned of an asset. */
export function burnedSlot(asset: KitAsset): Hex {
  return mappingSlot(keyOfAsset(asset), 1n);
}

/** What L1 says and a kit must fit; read by the caller through its quorum. */
export interface KitGround {
  readonly root: Hex; readonly rollup: Hex; readonly l1ChainId: number;
  /** The Inbox's accumulators after each message to refund, by its index. */
  readonly accumulators: Readonly<Record<string, Hex>>;
  /** Where each L1 token's bridged one is, as the hatch computes it: `kind:token`. */
  readonly bridged: Readonly<Record<string, Hex>>;
}

export interface VerifiedKit { readonly payee: Hex | undefined; readonly nodeCount: number; readonly sizeBytes: number }

export const bridgedKey = ({ kind, token }: KitAsset): string => `${kind}:${token}`;

function same(proven: bigint, claimed: string, what: string): void {
  if (proven !== BigInt(claimed)) throw new ProofFault('AMOUNT', `${what}: the proof shows ${proven}, the kit says ${claimed}`);
}

function slot(account: ProvenAccount, key: Hex, proof: readonly Hex[]): bigint {
  return verifySlot(account.storageRoot, key, { accountProof: [], storageProof: [{ key, proof }] });
}

/** Checks everything in a kit. @throws ProofFault or Error naming the first thing that does not hold */
export function verifyKit(kit: ExitKit, ground: KitGround): VerifiedKit {
  const { root } = ground;
  if (kit.rollup.toLowerCase() !== ground.rollup.toLowerCase() || kit.l1ChainId !== String(ground.l1ChainId)) throw new Error(`the kit is for the Rollup ${kit.rollup} on L1 chain ${kit.l1ChainId}, not for ${ground.rollup} on ${ground.l1ChainId}`);
  if (kit.pinned.root !== root) throw new Error(`the kit was made for the state root ${kit.pinned.root}, L1 has ${root}: make it again`);
  const payee = kit.claimant === null ? undefined : verifyClaimant(kit.claimant, root);
  if (payee !== undefined && kit.payee?.toLowerCase() !== payee.toLowerCase()) throw new Error(`the proofs pay ${payee}, the kit says ${kit.payee}`);
  for (const holding of kit.holdings) verifyHolding(holding, kit.claimant, ground);
  for (const { asset, accountProof, burnedProof } of kit.ratios) {
    const passer = verifyAccount(root, MESSAGE_PASSER, { accountProof, storageProof: [] });
    if (asset.kind !== 'eth') slot(passer, burnedSlot(asset), burnedProof);
  }
  for (const { hash, withdrawal, accountProof, storageProof } of kit.withdrawals) {
    const computed = withdrawalHash({ ...withdrawal, nonce: BigInt(withdrawal.nonce), id: BigInt(withdrawal.id), amount: BigInt(withdrawal.amount) });
    if (computed !== hash) throw new Error(`the withdrawal ${hash} hashes to ${computed}`);
    same(slot(verifyAccount(root, MESSAGE_PASSER, { accountProof, storageProof: [] }), sentSlot(hash), storageProof), '1', `withdrawal ${hash}`);
  }
  for (const { index, message, accumulatorBefore } of kit.refunds) {
    const ours = nextAccumulator(accumulatorBefore, messageHash(fromHex(message)));
    if (ours !== ground.accumulators[index]) throw new Error(`the bytes of message ${index} accumulate to ${ours}, the Inbox says ${ground.accumulators[index] ?? 'nothing'}`);
  }
  const nodes = [...(kit.claimant === null ? [] : [...kit.claimant.accountProof, ...kit.claimant.registryAccountProof, ...kit.claimant.registryProof]), ...kit.holdings.flatMap((one) => [...one.accountProof, ...one.storageProof]),
    ...kit.ratios.flatMap((one) => [...one.accountProof, ...one.burnedProof]), ...kit.withdrawals.flatMap((one) => [...one.accountProof, ...one.storageProof])];
  return { payee, nodeCount: nodes.length, sizeBytes: nodes.reduce((sum, node) => sum + (node.length - 2) / 2, 0) };
}

/** A storage word of an account under a root, never zero. @throws ProofFault */
export function slotUnder(root: Hex, address: Hex, key: Hex, accountProof: readonly Hex[], storageProof: readonly Hex[]): bigint {
  return slot(verifyAccount(root, address, { accountProof, storageProof: [] }), key, storageProof);
}

function verifyHolding({ asset, amount, isUncredited, provenIn, accountProof, storageProof }: KitHolding, claimant: KitClaimant | null, { root, bridged }: KitGround): void {
  if (claimant === null) throw new Error('the kit has holdings and nobody who claims them');
  if (asset.kind === 'eth') return same(verifyAccount(root, claimant.owner, { accountProof: claimant.accountProof, storageProof: [] }).balanceWei, amount, 'ETH');
  const where = isUncredited ? L2_BRIDGE : bridged[bridgedKey(asset)];
  if (where === undefined || provenIn?.toLowerCase() !== where.toLowerCase()) throw new Error(`${asset.kind} ${asset.token}: its bridged token is ${where ?? 'unknown'}, the kit proves ${provenIn ?? 'nothing'}`);
  const account = verifyAccount(root, where, { accountProof, storageProof: [] });
  const word = slot(account, isUncredited ? claimSlot(asset, claimant.owner) : holdingSlot(asset, claimant.owner), storageProof);
  if (asset.kind !== 'erc721' || isUncredited) return same(word, amount, `${asset.kind} ${asset.token}`);
  same(word, BigInt(claimant.owner).toString(), `the owner of ${asset.token} number ${asset.id}`);
  return same(1n, amount, `${asset.token} number ${asset.id}`);
}

const RULES: Readonly<Record<(typeof ENTITLEMENTS)[number], string>> = {
  key: 'the account itself, which sends the transaction', keyAccount: 'the account itself, whoever sends the transaction', alias: 'the L1 contract that the account is the alias of', recipient: 'the recipient that the account declared', resolver: 'the resolver that the account declared, which shares it out',
};

/** Whom a kit has paid instead of the payee; undefined for the payee itself. It is no part of the proofs: by the payee's own call nobody else is asked. */
export function elsewhereOf({ to }: KitClaimant, payee: Hex): Hex | undefined {
  return to === ZERO_ADDRESS || to.toLowerCase() === payee.toLowerCase() ? undefined : to;
}

/** Who is paid, by what was proven: the words in a file are those of whoever made it. */
export function paidWords(claimant: KitClaimant, payee: Hex): string {
  const [rule, elsewhere] = [RULES[ENTITLEMENTS[claimant.entitlement] ?? 'key'], elsewhereOf(claimant, payee)];
  return elsewhere === undefined ? `${payee}, ${rule}` : `${elsewhere}, NOT ${payee}, ${rule}`;
}

/** Who is paid, by the rule that the claimant names. */
export function verifyClaimant({ owner, entitlement, delegate, accountProof, registryAccountProof, registryProof }: KitClaimant, root: Hex): Hex {
  const rule = ENTITLEMENTS[entitlement];
  if (rule === 'key') return owner;
  if (rule === 'alias') return undoAlias(owner);
  if (rule === 'keyAccount') {
    const { codeHash } = verifyAccount(root, owner, { accountProof, storageProof: [] });
    const expected = delegate === ZERO_ADDRESS ? EMPTY_CODE_HASH : keccak256(concat(['0xef0100', delegate]));
    if (codeHash !== expected) throw new Error(`the account ${owner} has code (${codeHash}): it leaves only to what it declared`);
    return owner;
  }
  const word = slot(verifyAccount(root, EXIT_REGISTRY, { accountProof: registryAccountProof, storageProof: [] }), registrySlot(rule === 'recipient' ? 'recipient' : 'resolver', owner), registryProof);
  return `0x${BigInt.asUintN(160, word).toString(16).padStart(40, '0')}`;
}
