// What was recomputed here, shown: a mark beside every number, and lists of checks with what each compared. Owns the words. A check that holds
// against what one RPC alone says of L1 is not called verified.
// Invariant: *verified* stands only where a hash was computed in this browser and equals one that a quorum gave for L1.

'use client';

import { useQuery } from '@tanstack/react-query';
import { reasonOf, unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import type { Check } from '../chain/recompute/batch.ts';
import type { BlockRef } from '../chain/reading.ts';
import { useRound, useSession, useSystem } from './session.tsx';
import type { ReadContext } from './session.tsx';
import { Badge } from './ui.tsx';
import type { Tone } from './ui.tsx';

export type MarkState = 'verified' | 'unverified' | 'false' | 'unknown';

const MARKS: Readonly<Record<MarkState, readonly [Tone, string]>> = { verified: ['good', 'verified'], unverified: ['warn', 'unverified'], false: ['bad', 'does not hold'], unknown: ['quiet', 'unknown'] };

export function Mark({ state, why }: { state: MarkState; why?: string | undefined }) {
  const [tone, words] = MARKS[state];
  return <span title={why}><Badge tone={tone}>{words}</Badge></span>;
}

/** With one operator for L1 nothing that rests on it is more than that operator's word. */
export function useMark(): (state: Check['state']) => MarkState {
  const { l1 } = useSession();
  return (state) => (state === 'verified' && l1.trust === 'unverified' ? 'unverified' : state);
}

export function CheckList({ checks }: { checks: readonly Check[] }) {
  const markOf = useMark();
  const { l1 } = useSession();
  return (
    <>
      <ul className="items">{checks.map(({ name, state, detail }) => <li key={name}><Mark state={markOf(state)} /><div><strong>{name}</strong> <span className="wrap">{detail}</span></div></li>)}</ul>
      {l1.trust === 'unverified' ? <p className="quiet">Everything that holds here holds against what one RPC says of L1. Name a second operator in Settings to have it verified.</p> : null}
    </>
  );
}

export interface ProofContext extends ReadContext { readonly l1At: BlockRef }

/** Computed once for what its name says, not at every block: for what does not change any more. Unknown is tried again. */
export function useProof<T>(name: readonly (string | undefined)[], compute: (context: ProofContext) => Promise<Reading<T>>, isWanted = true): Reading<T> | undefined {
  const { deployment, l1, l2 } = useSession();
  const [l1Head, l2Head] = [useRound('l1')?.head, useRound('l2')?.head];
  const system = useSystem();
  const isReady = l1Head?.known === true && system?.known === true && isWanted;
  const { data } = useQuery({
    queryKey: ['proof', deployment.rollup, ...name],
    queryFn: async (): Promise<Reading<T>> => {
      if (l1Head?.known !== true || system?.known !== true) return unknown('no agreed block');
      try {
        return await compute({ system: system.value, at: l2Head?.known === true ? l2Head.value : l1Head.value, l1At: l1Head.value, deployment, l1, l2 });
      } catch (error) {
        return unknown(reasonOf(error));
      }
    },
    enabled: isReady, staleTime: Number.POSITIVE_INFINITY, structuralSharing: false,
    refetchInterval: (query) => (query.state.data?.known === false ? RETRY_MILLISECONDS : false),
  });
  if (l1Head?.known === false) return l1Head;
  if (system?.known === false) return system;
  return data;
}

const RETRY_MILLISECONDS = 8_000;
