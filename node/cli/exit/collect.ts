// Everything of one account, found in the rebuilt chain and turned into an exit kit, and what a plan says of it before the chain is
// frozen. Owns which state is looked at and how a position is marked. Does not own finding positions (positions.ts) nor paying (kit.ts).
// Invariant: a mark says what the contracts would do; what cannot be checked is *unknown*, never a guess.

import {
  ASSET_KINDS, ENFORCED_TRIGGER_SECONDS, EXIT_CLAIM_SECONDS, EXIT_ENQUEUE_SECONDS, EXIT_ENTER_SECONDS, EXIT_PROVE_SECONDS, MESSAGE_PASSER, ZK_ALONE_DELAY_SECONDS, VAULT_SENDER, applyAlias, assetKey, mappingSlot, sentSlot,
} from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { CommandFailure } from '../failure.ts';
import { scaled } from '../lifecycleStatus.ts';
import type { RollupConnection } from '../rollup.ts';
import type { Snapshot, WayOut } from '../wayOut.ts';
import { entitlementOf } from './entitlement.ts';
import type { Circumstances, Entitled } from './entitlement.ts';
import type { ExitKit } from './kit.ts';
import { ETHER, depositOf, pendingWithdrawals, tokenHoldings, waitingMessages } from './positions.ts';
import type { Asset, NativeToken, PendingWithdrawal, TokenHolding, WaitingMessage } from './positions.ts';
import { StateProofs } from './stateProofs.ts';
import type { StateAt } from './stateProofs.ts';

/** As the UpgradeTimelock and the EscapeHatch sum it up: 15 days. */
const EXIT_WINDOW_SECONDS = EXIT_ENQUEUE_SECONDS + ENFORCED_TRIGGER_SECONDS + EXIT_ENTER_SECONDS + EXIT_PROVE_SECONDS + ZK_ALONE_DELAY_SECONDS + EXIT_CLAIM_SECONDS;

/** Everything of an account at one state. */
export interface Positions {
  readonly owner: Hex;
  readonly state: StateAt;
  readonly etherWei: bigint;
  readonly tokens: readonly TokenHolding[];
  readonly native: readonly NativeToken[];
  readonly withdrawals: readonly PendingWithdrawal[];
  /** Deposits that no final batch holds, or that were skipped. */
  readonly deposits: readonly { readonly waiting: WaitingMessage; readonly asset: Asset; readonly amount: bigint }[];
  readonly entitled: Entitled;
}

interface BatchAnswer { readonly batch: { readonly lastBlock: string } | null }

/** The state of a batch as L1 has it final. */
export async function stateOfBatch({ l2 }: RollupConnection, out: WayOut, index: bigint): Promise<StateAt> {
  const stateRoot = (await out.rollup.getFunction('stateRootOf').staticCall(index)) as Hex;
  const answer = (await l2.send('keyfall_batch', [`0x${index.toString(16)}`])) as BatchAnswer | null;
  const lastBlock = index === 0n ? '0x0' : answer?.batch?.lastBlock;
  if (lastBlock === undefined) throw new CommandFailure('unknown', `L1 has batch ${index} as final, the L2 chain as rebuilt has no result for it`);
  const block = (await l2.send('eth_getBlockByNumber', [lastBlock, false])) as { timestamp: string };
  return { blockNumber: BigInt(lastBlock), stateRoot, timestamp: BigInt(block.timestamp) };
}

/** The newest state that was rebuilt, final or not: what is in it can still be lost with its batch. */
async function newestState({ l2 }: RollupConnection): Promise<StateAt> {
  const block = (await l2.send('eth_getBlockByNumber', ['latest', false])) as { number: string; stateRoot: Hex; timestamp: string };
  return { blockNumber: BigInt(block.number), stateRoot: block.stateRoot, timestamp: BigInt(block.timestamp) };
}

/** What decides who may claim from a state, beside the state itself. */
export function circumstances({ timestamp }: StateAt, snapshot: Snapshot, { l1 }: RollupConnection): Circumstances {
  return { windowSeconds: scaled(EXIT_WINDOW_SECONDS, snapshot), stateTimestamp: timestamp, isContractOnL1: async (address) => (await l1.getCode(address)) !== '0x' };
}

/** @param from who will send the transactions; undefined = anyone */
export async function collectPositions(connection: RollupConnection, out: WayOut, snapshot: Snapshot, owner: Hex, from: Hex | undefined): Promise<Positions> {
  const { l2 } = connection;
  const state = snapshot.pinned === undefined ? await newestState(connection) : await stateOfBatch(connection, out, snapshot.pinned.batch);
  if (snapshot.pinned !== undefined && state.stateRoot !== snapshot.pinned.root) throw new CommandFailure('failed', `the Lifecycle pinned ${snapshot.pinned.root}, the Rollup has ${state.stateRoot} for batch ${snapshot.pinned.batch}`);
  const proofs = await StateProofs.open(l2, state);
  const account = await proofs.account(owner);
  return {
    owner, state, etherWei: account?.account.balance ?? 0n, ...(await tokenHoldings(l2, owner, proofs)),
    withdrawals: await pendingWithdrawals(connection, out.vault, owner, state.blockNumber), deposits: await deposits(connection, out, snapshot, owner), entitled: await entitlementOf(owner, from, proofs, circumstances(state, snapshot, connection)),
  };
}

/** Deposits of an L1 account that L2 has not executed for good: skipped ones, and those beyond the settled index. */
async function deposits({ l2 }: RollupConnection, out: WayOut, snapshot: Snapshot, owner: Hex): Promise<Positions['deposits']> {
  const count = Number(await out.lifecycle.getFunction('skippedRangeCount').staticCall());
  const skipped = await Promise.all(Array.from({ length: count }, async (_, position) => {
    const range = (await out.lifecycle.getFunction('skippedRange').staticCall(position)) as { from: bigint; to: bigint };
    return { from: range.from, to: range.to, isSkipped: true };
  }));
  const settled = snapshot.pinned?.settledIndex ?? snapshot.settledIndex;
  const isBySkip = (index: bigint): boolean => skipped.some(({ from, to }) => from <= index && index < to);
  const waiting = await waitingMessages(l2, [...skipped, { from: settled, to: snapshot.inboxCount, isSkipped: false }]);
  return waiting.filter(({ index, isSkipped }) => isSkipped || !isBySkip(index)).flatMap((one) => {
    const { sender, mintWei, data } = one.message;
    if (sender === VAULT_SENDER) {
      const deposit = depositOf(data);
      return deposit?.from === owner ? [{ waiting: one, asset: deposit.asset, amount: deposit.amount }] : [];
    }
    const isOwn = sender === owner || sender === applyAlias(owner);
    return isOwn && mintWei > 0n ? [{ waiting: one, asset: ETHER, amount: mintWei }] : [];
  });
}

/** The kit of a frozen chain: proofs of everything, ready to send. Before a freeze: refunds of what was skipped, and nothing else. */
export async function collectKit(connection: RollupConnection, out: WayOut, { pinned }: Snapshot, positions: Positions): Promise<ExitKit> {
  const { entitled, owner } = positions;
  const refunds = await Promise.all(positions.deposits.filter(({ waiting }) => pinned !== undefined || waiting.isSkipped).map(async ({ waiting, asset, amount }) => ({
    index: waiting.index.toString(), message: waiting.raw, accumulatorBefore: (await out.inbox.getFunction('accumulatorAt').staticCall(waiting.index)) as Hex,
    about: `refund of deposit ${waiting.index}: ${amount} of ${asset.kind === 'eth' ? 'ETH (wei)' : asset.token}`,
  })));
  const whose = entitled.kind === 'stranded'
    ? { claimant: null, payee: null, how: `nobody can claim for ${owner}: ${entitled.because}` }
    : { claimant: mutable(entitled), payee: entitled.payee, how: entitled.how };
  const kit = { kind: 'keyfall-exit-kit' as const, version: 1 as const, l1ChainId: connection.l1ChainId.toString(), rollup: connection.rollupAddress.toLowerCase() as Hex, redirect: null, ...whose, refunds };
  return pinned === undefined ? { ...kit, pinned: null, holdings: [], ratios: [], withdrawals: [] } : { ...kit, pinned: { batch: pinned.batch.toString(), root: pinned.root as Hex }, ...(await provenParts(connection, positions)) };
}

/** What the pinned state proves. */
async function provenParts({ l2 }: RollupConnection, positions: Positions): Promise<Pick<ExitKit, 'holdings' | 'ratios' | 'withdrawals'>> {
  const proofs = await StateProofs.open(l2, positions.state);
  const holdings: ExitKit['holdings'] = positions.entitled.kind === 'stranded' ? [] : [
    ...(positions.etherWei === 0n ? [] : [{ asset: asText(ETHER), amount: positions.etherWei.toString(), isUncredited: false, provenIn: null, accountProof: [], storageProof: [] }]),
    ...positions.tokens.map(({ asset, amount, isUncredited, provenIn, proof }) => (
      { asset: asText(asset), amount: amount.toString(), isUncredited, provenIn, accountProof: [...proof.accountProof], storageProof: [...proof.storageProof] })),
  ];
  const withdrawals = await Promise.all(positions.withdrawals.map(async ({ hash, withdrawal }) => {
    const proof = await proofs.slot(MESSAGE_PASSER, sentSlot(hash));
    if (proof === undefined) throw new CommandFailure('failed', `withdrawal ${hash} is not in the pinned state, though its event is before it`);
    return {
      hash, accountProof: [...proof.accountProof], storageProof: [...proof.storageProof],
      withdrawal: { ...withdrawal, nonce: withdrawal.nonce.toString(), id: withdrawal.id.toString(), amount: withdrawal.amount.toString() },
    };
  }));
  const paid = [...holdings.map(({ asset }) => asset), ...withdrawals.map(({ withdrawal }) => ({ kind: withdrawal.assetKind, token: withdrawal.token, id: withdrawal.id }))];
  return { holdings, ratios: await ratiosOf(paid, proofs), withdrawals };
}

function mutable({ claimant }: Extract<Entitled, { kind: 'entitled' }>): NonNullable<ExitKit['claimant']> {
  return { ...claimant, accountProof: [...claimant.accountProof], registryAccountProof: [...claimant.registryAccountProof], registryProof: [...claimant.registryProof], signature: claimant.signature as Hex };
}

function asText({ kind, token, id }: Asset): ExitKit['holdings'][number]['asset'] {
  return { kind, token, id: id.toString() };
}

/** The burned sums that fix the ratio of each asset once; NFTs have none. */
async function ratiosOf(assets: readonly ExitKit['holdings'][number]['asset'][], proofs: StateProofs): Promise<ExitKit['ratios']> {
  const distinct = new Map(assets.filter(({ kind }) => kind !== 'erc721').map((asset) => [`${asset.kind}:${asset.token}:${asset.id}`, asset]));
  return await Promise.all([...distinct.values()].map(async (asset) => {
    const passer = await proofs.account(MESSAGE_PASSER);
    if (passer === undefined) throw new CommandFailure('failed', 'the MessagePasser is not in the pinned state');
    if (asset.kind === 'eth') return { asset, accountProof: [...passer.proof], burnedProof: [] };
    const burned = await proofs.slot(MESSAGE_PASSER, mappingSlot(assetKey(asset.kind, asset.token, BigInt(asset.id)), 1n));
    if (burned === undefined) throw new CommandFailure('failed', `the burned sum of ${asset.kind} ${asset.token} is not in the pinned state`);
    return { asset, accountProof: [...burned.accountProof], burnedProof: [...burned.storageProof] };
  }));
}

/** A mark of the plan: what to do with a position. */
export interface Mark { readonly mark: 'exit now' | 'force then withdraw' | 'frozen exit' | 'refund' | 'wait' | 'stranded'; readonly why: string }

/** What can be done with what an account holds on L2. */
export function holdingMark(snapshot: Snapshot, { entitled }: Positions): Mark {
  if (snapshot.phase === 'frozen') return entitled.kind === 'stranded' ? { mark: 'stranded', why: entitled.because } : { mark: 'frozen exit', why: `keyfall exit escape: ${entitled.how}` };
  if (snapshot.phase === 'enforced') return { mark: 'force then withdraw', why: 'keyfall exit force: the message enters the queue, whoever proves executes it' };
  return { mark: 'exit now', why: 'keyfall withdraw while the operator serves you; keyfall exit force past it' };
}

export function frozenOutlook({ entitled }: Positions): string {
  return entitled.kind === 'stranded' ? `if the chain froze now: stranded, because ${entitled.because}` : `if the chain froze now: ${entitled.how}`;
}

export function withdrawalMark(snapshot: Snapshot, finalBlock: bigint, { l2Block }: PendingWithdrawal): Mark {
  if (BigInt(l2Block) <= finalBlock) return snapshot.phase === 'frozen' ? { mark: 'frozen exit', why: 'keyfall exit escape claims it against the pinned state' } : { mark: 'exit now', why: 'it is final: keyfall exit claim' };
  return snapshot.phase === 'frozen' ? { mark: 'stranded', why: 'its batch was not final when the chain froze: what it burned is still held on L2 in the pinned state' } : { mark: 'wait', why: 'its batch is not final yet' };
}

export function depositMark(snapshot: Snapshot, isSkipped: boolean): Mark {
  if (isSkipped || snapshot.phase === 'frozen') return { mark: 'refund', why: 'L2 will never execute it: keyfall exit escape refunds it on L1' };
  return { mark: 'wait', why: 'it is in the queue; L2 executes it, or it is refunded if it is skipped or the chain freezes' };
}

/** For JSON. */
export function assetFacts({ kind, token, id }: Asset): Readonly<Record<string, unknown>> {
  return { kind, token: ASSET_KINDS[kind] === 0 ? null : token, id: id.toString() };
}
