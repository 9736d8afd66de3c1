// E31: the Vault holds what it owes, asset by asset: recorded escrow = deposited - paid - refunded, and what is held covers it.

import type { Monitor, View } from '../monitor.ts';
import { hashOf } from '../verdict.ts';
import { holds } from './verdicts.ts';

interface Asset { readonly kind: number; readonly token: string; readonly id: bigint }
interface Ledger { readonly deposited: bigint; readonly paid: bigint; readonly refunded: bigint }

const ETH: Asset = { kind: 0, token: `0x${'00'.repeat(20)}`, id: 0n };
const KINDS = ['ETH', 'ERC-20', 'ERC-721', 'ERC-1155'];

export const conservation: Monitor = {
  id: 'E31-conservation', group: 'E', about: 'per asset, escrow held covers what is recorded, and the books add up', severity: 'critical', needs: ['Vault'], staleAfterSeconds: 900,
  evaluate: async (view) => Promise.all(assetsOf(view).map(async (asset) => {
    const [ledger, recorded, held] = await Promise.all([view.read<Ledger>('Vault', 'ledger', [asset]), view.read<bigint>('Vault', 'recordedEscrow', [asset]), view.read<bigint>('Vault', 'heldEscrow', [asset])]);
    const computed = ledger.deposited - ledger.paid - ledger.refunded;
    const name = `${KINDS[asset.kind] ?? 'asset'}${asset.kind === 0 ? '' : ` ${asset.token}`}${asset.kind > 1 ? ` #${asset.id}` : ''}`;
    return holds(view, computed === recorded && held >= recorded, {
      subject: name, sentence: `${name}: ${held} held for ${recorded} recorded (deposited ${ledger.deposited}, paid ${ledger.paid}, refunded ${ledger.refunded})`, expected: `recorded ${computed}, held at least that`, got: `recorded ${recorded}, held ${held}`,
    });
  })),
};

/** ETH, and every asset that was ever deposited. */
function assetsOf(view: View): readonly Asset[] {
  const seen = new Map<string, Asset>();
  for (const { args } of view.events('Vault', 'Deposited')) {
    const { kind, token, id } = args['asset'] as { readonly kind: number | string; readonly token: string; readonly id: string };
    const asset: Asset = { kind: Number(kind), token, id: BigInt(id) };
    seen.set(hashOf(asset), asset);
  }
  return [ETH, ...seen.values()];
}
