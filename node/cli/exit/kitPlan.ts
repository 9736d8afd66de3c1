// The transactions made of exit kits: as few as fit, of one account or of many. Owns packing and what is counted beforehand. Does not
// own what is in a kit (kit.ts) nor sending (sending.ts).
// Invariants: one call that fails takes no other along; every ratio is fixed before what it pays; no transaction can need more gas than one
// may have.

import { ASSET_KINDS } from '@keyfall/protocol';
import { plannedCall } from '../sending.ts';
import type { InnerCall, PlannedTransaction } from '../sending.ts';
import type { WayOut } from '../wayOut.ts';
import { assetName, keyOf, onChain } from './kit.ts';
import type { ExitKit, KitAsset } from './kit.ts';

/** Holdings of one `exit`: they share the proof of their account, and one call must leave room for others in its transaction. */
const HOLDINGS_PER_CALL = 6;
/** Most that a call may need: itself, and each holding. What is not used is not paid. */
const [CALL_GAS, HOLDING_GAS] = [800_000n, 700_000n];
/** What they cost as a rule, for packing (contracts/gas-snapshot.json has 190,000 to 400,000). */
const [USUAL_CALL_GAS, USUAL_HOLDING_GAS] = [300_000n, 400_000n];
/** Below EIP-7825's limit by what calldata and the transaction itself cost. */
const TRANSACTION_GAS = 15_000_000n;
/** The hatch counts this many skipped ranges by itself, and a call this many more. */
const [SKIPPED_RANGES_AT_ONCE, SKIPPED_RANGES_PER_CALL] = [16n, 100n];
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`;

interface Call extends InnerCall { readonly holdings: number }

export async function kitTransactions(kits: readonly ExitKit[], out: WayOut): Promise<readonly PlannedTransaction[]> {
  const calls = [...(await skippedCounts(kits, out)), ...ratioCalls(kits, out), ...kits.flatMap((kit) => [...exitCalls(kit, out), ...refundCalls(kit, out)])];
  const plan: PlannedTransaction[] = [];
  for (const group of packed(calls)) plan.push(await transactionOf(group, out));
  for (const kit of kits) {
    for (const { withdrawal, accountProof, storageProof, hash } of kit.pinned === null ? [] : kit.withdrawals) {
      const onL1 = { ...withdrawal, assetKind: ASSET_KINDS[withdrawal.assetKind] };
      plan.push(await plannedCall(out.vault, 'Vault', 'withdraw', [kit.pinned?.batch, onL1, accountProof, storageProof], `claim withdrawal ${hash} for ${withdrawal.recipient}`));
    }
  }
  return plan.length > 1 ? plan.map((transaction) => ({ ...transaction, isOptional: true as const })) : plan;
}

function distinct(assets: readonly KitAsset[]): KitAsset[] {
  return [...new Map(assets.map((asset) => [keyOf(asset), asset])).values()];
}

/** Where more messages were skipped than a payment counts by itself; the Vault counts none by itself for the withdrawal of an NFT. */
async function skippedCounts(kits: readonly ExitKit[], out: WayOut): Promise<Call[]> {
  const ranges = (await out.lifecycle.getFunction('skippedRangeCount').staticCall()) as bigint;
  if (ranges === 0n) return [];
  const withdrawn = kits.flatMap((kit) => kit.withdrawals.map(({ withdrawal }) => ({ kind: withdrawal.assetKind, token: withdrawal.token, id: withdrawal.id }))).filter(({ kind }) => kind === 'erc721');
  const held = kits.flatMap((kit) => [...kit.ratios, ...kit.holdings].map(({ asset }) => asset));
  const counted = await Promise.all(distinct([...withdrawn, ...held]).map(async (asset) => {
    const [, already] = (await out.hatch.getFunction('skippedOf').staticCall(onChain(asset))) as [bigint, bigint];
    const left = ranges - already;
    const isNeeded = left > SKIPPED_RANGES_AT_ONCE || (left > 0n && withdrawn.some((other) => keyOf(other) === keyOf(asset)));
    const times = isNeeded ? Number((left + SKIPPED_RANGES_PER_CALL - 1n) / SKIPPED_RANGES_PER_CALL) : 0;
    return Array.from({ length: times }, () => ({
      data: out.hatch.interface.encodeFunctionData('countSkipped', [onChain(asset), SKIPPED_RANGES_PER_CALL]), about: `count skipped deposits of ${assetName(asset)}`, holdings: 5,
    }));
  }));
  return counted.flat();
}

function ratioCalls(kits: readonly ExitKit[], { hatch }: WayOut): Call[] {
  const ratios = new Map(kits.flatMap((kit) => kit.ratios.map((ratio) => [keyOf(ratio.asset), ratio])));
  return [...ratios.values()].map(({ asset, accountProof, burnedProof }) => (
    { data: hatch.interface.encodeFunctionData('fixRatio', [onChain(asset), accountProof, burnedProof]), about: `fix the ratio of ${assetName(asset)}`, holdings: 0 }));
}

function exitCalls({ claimant, holdings, how }: ExitKit, { hatch }: WayOut): Call[] {
  const calls: Call[] = [];
  for (let from = 0; from < holdings.length; from += HOLDINGS_PER_CALL) {
    const some = holdings.slice(from, from + HOLDINGS_PER_CALL);
    const onL1 = some.map(({ asset, isUncredited, accountProof, storageProof }) => ({ asset: onChain(asset), isUncredited, accountProof, storageProof }));
    calls.push({ data: hatch.interface.encodeFunctionData('exit', [claimant, onL1]), about: `exit ${some.map(({ asset }) => assetName(asset)).join(', ')} of ${claimant?.owner ?? 'nobody'} (${how})`, holdings: some.length });
  }
  return calls;
}

function refundCalls({ refunds, redirect }: ExitKit, { hatch }: WayOut): Call[] {
  return refunds.map(({ index, message, about }) => (
    { data: hatch.interface.encodeFunctionData('refund', [index, message, redirect?.to ?? ZERO_ADDRESS, redirect?.deadline ?? 0, redirect?.signature ?? '0x']), about, holdings: 0 }));
}

const mostGas = ({ holdings }: Call): bigint => CALL_GAS + BigInt(holdings) * HOLDING_GAS;
/** What the hatch wants to have left before each call: its `gasEach`, and a little. */
const reserve = (gasEach: bigint): bigint => gasEach + gasEach / 32n + 100_000n;

/** In order, as few groups as fit. */
function packed(calls: readonly Call[]): readonly (readonly Call[])[] {
  const groups: { calls: Call[]; usual: bigint; most: bigint }[] = [];
  for (const call of calls) {
    const usual = USUAL_CALL_GAS + BigInt(call.holdings) * USUAL_HOLDING_GAS;
    const last = groups.at(-1);
    const most = last === undefined || mostGas(call) > last.most ? mostGas(call) : last.most;
    if (last !== undefined && last.usual + reserve(most) <= TRANSACTION_GAS) {
      last.calls.push(call);
      last.usual += usual;
      last.most = most;
    } else groups.push({ calls: [call], usual, most: mostGas(call) });
  }
  return groups.map((group) => group.calls);
}

async function transactionOf(calls: readonly Call[], { hatch }: WayOut): Promise<PlannedTransaction> {
  const [only] = calls;
  const about = calls.map((call) => call.about).join('; ');
  if (calls.length === 1 && only !== undefined) {
    const parsed = hatch.interface.parseTransaction({ data: only.data });
    if (parsed === null) throw new Error('a call that was just encoded does not decode');
    return plannedCall(hatch, 'EscapeHatch', parsed.name, [...parsed.args], about);
  }
  const gasEach = calls.map(mostGas).reduce((a, b) => (a > b ? a : b));
  return { ...await plannedCall(hatch, 'EscapeHatch', 'multicall', [calls.map(({ data }) => data), gasEach], about), inner: calls };
}
