// `keyfall exit plan`: which layer is open, what comes next and when, what each way costs, and each position of an account marked with
// what can be done about it. Owns the wording. Everything is rebuilt from L1 data; nothing is signed or sent.
// Invariant: a position is shown with what holds now *and* with what would become of it if the chain froze.

import { formatUnits } from 'ethers';
import type { Hex } from '@keyfall/protocol';
import { etherText, parseAddress } from '../amounts.ts';
import { collectPositions, assetFacts, depositMark, frozenOutlook, holdingMark, withdrawalMark } from '../exit/collect.ts';
import type { Mark, Positions } from '../exit/collect.ts';
import { planCosts } from '../exit/costs.ts';
import type { Cost, PlanCosts } from '../exit/costs.ts';
import { assetName } from '../exit/kit.ts';
import type { KitAsset } from '../exit/kit.ts';
import { ETHER } from '../exit/positions.ts';
import type { Asset } from '../exit/positions.ts';
import { followRollup } from '../follower.ts';
import type { FollowerOptions } from '../follower.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import { layerText, nextSteps, whenText } from '../lifecycleStatus.ts';
import type { Output } from '../output.ts';
import { WayOut } from '../wayOut.ts';
import type { Snapshot } from '../wayOut.ts';
import type { CommonOptions } from './options.ts';

export interface ExitPlanOptions extends CommonOptions, FollowerOptions {
  readonly owner?: string;
}

const NATIVE: Mark = { mark: 'stranded', why: 'L1 has no escrow for it: exchange or redeem it on L2 while blocks are made; a share of a pool with a resolver is redeemed by keyfall exit pool' };

interface Row { readonly what: string; readonly facts: Readonly<Record<string, unknown>>; readonly mark: Mark; readonly ifFrozen?: string; readonly cost: Cost }

export async function exitPlan(options: ExitPlanOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const owner = (options.owner === undefined ? (await loadWallet(options, home)).address : parseAddress(options.owner, '--owner')).toLowerCase() as Hex;
  const { connection, close } = await followRollup(options, home, output);
  try {
    const out = await WayOut.find(connection.l1, connection.rollupAddress);
    const snapshot = await out.snapshot();
    const positions = await collectPositions(connection, out, snapshot, owner, undefined);
    const finalBlock = ((await out.rollup.getFunction('finalHead').staticCall()) as [bigint, string, string, bigint])[3];
    const pricePerMessage = (await out.inbox.getFunction('price').staticCall(200_000n)) as bigint;
    const costs = await planCosts(connection, out, snapshot, positions);
    const rows = rowsOf(snapshot, positions, finalBlock, costs);
    const steps = nextSteps(snapshot);
    const wei = ({ gas }: Cost): bigint | null => (gas === undefined ? null : gas * snapshot.baseFeeWei);
    const costText = (cost: Cost): string => (cost.gas === undefined ? `cost unknown: ${cost.source}` : `about ${etherText(cost.gas * snapshot.baseFeeWei)} for ${cost.gas} gas, ${cost.source}`);
    output.result({
      owner, phase: snapshot.phase, layer: layerText(snapshot), t: snapshot.t, wall: snapshot.wall, baseFeeWei: snapshot.baseFeeWei, forcedMessagePriceWei: pricePerMessage,
      state: { block: positions.state.blockNumber, root: positions.state.stateRoot }, next: steps.map((step) => ({ ...step, command: step.command ?? null, when: whenText(step, snapshot) })),
      positions: rows.map(({ facts, mark, ifFrozen, cost }) => ({ ...facts, mark: mark.mark, why: mark.why, ifFrozen: ifFrozen ?? null, costGas: cost.gas ?? null, costWei: wei(cost), costSource: cost.source })),
      allAtOnce: costs.all === undefined ? null : { costGas: costs.all.gas ?? null, costWei: wei(costs.all), costSource: costs.all.source },
    }, [
      `${owner} as of L2 block ${positions.state.blockNumber}, L1 block ${snapshot.l1Block}`, `layer: ${layerText(snapshot)}`, ...steps.map((step) => `  ${step.what}: ${whenText(step, snapshot)}${step.command === undefined ? '' : `   (${step.command})`}`),
      `base fee ${formatUnits(snapshot.baseFeeWei, 'gwei')} gwei; a forced message of 200,000 zkGas costs ${etherText(pricePerMessage)} beside its gas`,
      ...(rows.length === 0 ? ['nothing of this account is here'] : rows.flatMap(({ what, mark, ifFrozen, cost }) => [
        `${what}: ${mark.mark.toUpperCase()}`, `    ${mark.why}`, ...(mark.mark === 'stranded' || mark.mark === 'wait' ? [] : [`    ${costText(cost)}`]), ...(ifFrozen === undefined ? [] : [`    ${ifFrozen}`]),
      ])),
      ...(costs.all === undefined ? [] : [`everything in one transaction: ${costText(costs.all)}; what its calls do not use is not paid`]),
    ]);
  } finally {
    await close();
  }
}

function rowsOf(snapshot: Snapshot, positions: Positions, finalBlock: bigint, costs: PlanCosts): readonly Row[] {
  const mark = holdingMark(snapshot, positions);
  const ifFrozen = snapshot.phase === 'frozen' ? {} : { ifFrozen: frozenOutlook(positions) };
  const isFrozen = snapshot.phase === 'frozen';
  const text = (asset: Asset): KitAsset => ({ ...asset, id: asset.id.toString() });
  const holdingCost = (asset: Asset, isUncredited: boolean): Cost => (isFrozen ? costs.holding(text(asset), isUncredited) : costs.leaving(asset.kind));
  return [
    ...(positions.etherWei === 0n ? [] : [{ what: `ETH ${etherText(positions.etherWei)}`, facts: { kind: 'eth', amount: positions.etherWei }, mark, ...ifFrozen, cost: holdingCost(ETHER, false) }]),
    ...positions.tokens.map(({ asset, amount, isUncredited }) => ({
      what: `${assetName(text(asset))}: ${amount}${isUncredited ? ' (a deposit that L2 could not credit; anyone may have it made good there)' : ''}`,
      facts: { ...assetFacts(asset), amount, isUncredited }, mark, ...ifFrozen, cost: holdingCost(asset, isUncredited),
    })),
    ...positions.native.map(({ l2Token, balance }) => ({
      what: `${balance ?? 'an unknown amount'} of the L2 token ${l2Token}`, facts: { kind: 'native', token: l2Token, amount: balance ?? null }, mark: NATIVE, cost: { gas: undefined, source: 'nothing leaves' },
    })),
    ...positions.withdrawals.map((withdrawal) => ({
      what: `withdrawal ${withdrawal.hash}`, facts: { withdrawal: withdrawal.hash, amount: withdrawal.withdrawal.amount, l2Block: withdrawal.l2Block }, mark: withdrawalMark(snapshot, finalBlock, withdrawal), cost: costs.claiming(withdrawal.withdrawal.assetKind),
    })),
    ...positions.deposits.map(({ waiting, asset, amount }) => ({
      what: `deposit ${waiting.index} of ${amount} ${assetName(text(asset))}`, facts: { ...assetFacts(asset), deposit: waiting.index, amount }, mark: depositMark(snapshot, waiting.isSkipped), cost: costs.refund(waiting.index),
    })),
  ];
}
