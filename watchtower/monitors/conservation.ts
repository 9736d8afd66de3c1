// E31: the Vault holds what it owes, asset by asset: recorded escrow = deposited - paid - refunded, and what is held covers it; and the L2 side, from the
// state that this watchtower executed: no more was minted there than was deposited here, no more paid here than was burned there.

import { ASSET_KINDS, type AssetKind, type Hex } from '@keyfall/protocol';
import type { Monitor, View } from '../monitor.ts';
import { hashOf } from '../verdict.ts';
import { Unverifiable, type Verdict } from '../verdict.ts';
import { holds, verdict } from './verdicts.ts';

interface Asset { readonly kind: number; readonly token: string; readonly id: bigint }
interface Ledger { readonly deposited: bigint; readonly paid: bigint; readonly refunded: bigint }

const ETH: Asset = { kind: 0, token: `0x${'00'.repeat(20)}`, id: 0n };
const KINDS = ['ETH', 'ERC-20', 'ERC-721', 'ERC-1155'];
const AT_ONCE = 16;

export const conservation: Monitor = {
  id: 'E31-conservation', group: 'E', about: 'per asset, escrow held covers what is recorded, and the books add up', severity: 'critical', needs: ['Vault'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const verdicts: Verdict[] = [];
    const assets = assetsOf(view);
    for (let start = 0; start < assets.length; start += AT_ONCE) verdicts.push(...(await Promise.all(assets.slice(start, start + AT_ONCE).map(async (asset) => booksOf(view, asset)))).flat());
    return verdicts;
  },
};

/** Anybody may deposit a token whose `balanceOf` fails: it is unknown by itself, and blinds nobody to the other assets. */
async function booksOf(view: View, asset: Asset): Promise<readonly Verdict[]> {
  const name = `${KINDS[asset.kind] ?? 'asset'}${asset.kind === 0 ? '' : ` ${asset.token}`}${asset.kind > 1 ? ` #${asset.id}` : ''}`;
  try {
    const [ledger, recorded, held] = await Promise.all([view.read<Ledger>('Vault', 'ledger', [asset]), view.read<bigint>('Vault', 'recordedEscrow', [asset]), view.read<bigint>('Vault', 'heldEscrow', [asset])]);
    const computed = ledger.deposited - ledger.paid - ledger.refunded;
    return [holds(view, computed === recorded && held >= recorded, {
      subject: name, sentence: `${name}: ${held} held for ${recorded} recorded (deposited ${ledger.deposited}, paid ${ledger.paid}, refunded ${ledger.refunded})`, expected: `recorded ${computed}, held at least that`, got: `recorded ${recorded}, held ${held}`,
    }), ...await layerTwo(view, asset, name, ledger)];
  } catch (cause) {
    if (!(cause instanceof Unverifiable)) throw cause;
    return [verdict(view, 'unverifiable', { subject: name, sentence: `${name}: ${cause.message}`, expected: 'books that add up', got: 'no answer' })];
  }
}

/** Nothing is said of L2 while re-execution is off, behind what is final, or the chain is frozen, where exits are paid without a burn. */
async function layerTwo(view: View, asset: Asset, name: string, ledger: Ledger): Promise<readonly ReturnType<typeof holds>[]> {
  const replay = view.reexecuted();
  if (replay === undefined || replay.state.phase === 'frozen' || !view.contracts.has('Rollup')) return [];
  const [final] = await view.read<readonly [bigint]>('Rollup', 'finalHead');
  const subject = `${name} on L2`;
  if (replay.state.executed.batch < Number(final)) return [verdict(view, 'unverifiable', { subject, sentence: `batch ${replay.state.executed.batch} of ${final} was executed again so far`, expected: `batch ${final}`, got: `batch ${replay.state.executed.batch}` })];
  const kind = (Object.keys(ASSET_KINDS) as AssetKind[]).find((key) => ASSET_KINDS[key] === asset.kind) ?? 'eth';
  const burned = await replay.burnedOf({ kind, token: asset.token as Hex, id: asset.id });
  const minted = kind === 'eth' && replay.state.l1Block <= Number(view.header.number) ? BigInt(replay.state.mintedWei) : undefined;
  return [holds(view, ledger.paid <= burned && (minted === undefined || minted <= ledger.deposited), {
    subject, sentence: `${name}: ${ledger.paid} paid on L1 of ${burned} burned on L2${minted === undefined ? '' : `; ${minted} minted on L2 of ${ledger.deposited} deposited on L1`}`,
    expected: `at most ${burned} paid${minted === undefined ? '' : `, at most ${ledger.deposited} minted`}`, got: `${ledger.paid} paid${minted === undefined ? '' : `, ${minted} minted`}`,
  })];
}

interface Seen { readonly assets: Map<string, Asset>; readonly next: number }

/** ETH, and every asset that was ever deposited. What was read once is not read again: deposits only grow. */
function assetsOf(view: View): readonly Asset[] {
  const { assets, next } = (view.memory.get('assets') as Seen | undefined) ?? { assets: new Map<string, Asset>(), next: 0 };
  let last = next;
  for (const { args, blockNumber } of view.eventsFrom('Vault', 'Deposited', next)) {
    const { kind, token, id } = args['asset'] as { readonly kind: number | string; readonly token: string; readonly id: string };
    const asset: Asset = { kind: Number(kind), token, id: BigInt(id) };
    assets.set(hashOf(asset), asset);
    // Read from this block on again: the page may have ended within it.
    last = blockNumber;
  }
  view.memory.set('assets', { assets, next: last } satisfies Seen);
  return [ETH, ...assets.values()];
}
