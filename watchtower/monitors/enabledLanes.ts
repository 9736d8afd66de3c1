// The lanes that may answer now, as monitors of lanes and proofs read them. Owns the shape only.

import type { Hex } from 'viem';
import type { View } from '../monitor.ts';

export interface EnabledLane { readonly lane: Hex; readonly kind: number; readonly specId: number }

/** ILanes: 1 zk, 2 attesters. */
const ZK = 1;
export const LANE_KINDS: Readonly<Record<string, string>> = { [String(ZK)]: 'zk', 2: 'attester' };

export async function enabledLanes(view: View): Promise<readonly EnabledLane[]> {
  const [lanes] = await view.read<readonly [readonly EnabledLane[], boolean]>('Lanes', 'enabledLanes');
  return lanes.map(({ lane, kind, specId }) => ({ lane, kind: Number(kind), specId: Number(specId) }));
}

export const isZk = ({ kind }: EnabledLane): boolean => kind === ZK;
