// What every screen reads through: the two quorums, the block each agreed on last, the rollup's contracts. Owns how often the chains
// are asked and that a screen's reads are made at one block.
// Invariant: a hook gives a Reading (or undefined while the first one is on its way); it never throws and never invents.

'use client';

import { useQuery } from '@tanstack/react-query';
import { createContext, use, useMemo, useState, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { Quorum } from '../chain/rpc/quorum.ts';
import type { Round } from '../chain/rpc/quorum.ts';
import type { Dissent } from '../chain/rpc/agreement.ts';
import { reasonOf, unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import type { Header } from '../chain/rpc/header.ts';
import { discoverSystem } from '../chain/system.ts';
import type { System } from '../chain/system.ts';
import type { Deployment } from '../chain/deployment.ts';

export type ChainName = 'l1' | 'l2';

interface Session {
  readonly deployment: Deployment;
  readonly l1: Quorum;
  readonly l2: Quorum;
  /** Set when a wallet was seen to send or sign other bytes than it was given; the whole page shows it. */
  readonly alarm: string | undefined;
  readonly raiseAlarm: (what: string) => void;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** How often the heads are asked for. */
const ROUND_MILLISECONDS = 3_000;

export function SessionProvider({ deployment, children }: { deployment: Deployment; children: ReactNode }) {
  const [alarm, raiseAlarm] = useState<string>();
  const quorums = useMemo(() => ({ l1: new Quorum(deployment.l1.chainId, deployment.l1.endpoints), l2: new Quorum(deployment.l2.chainId, deployment.l2.endpoints) }), [deployment]);
  const session = useMemo(() => ({ deployment, ...quorums, alarm, raiseAlarm }), [deployment, quorums, alarm]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('a screen is shown without a session');
  return session;
}

/** The latest round of a chain; undefined before the first has ended. */
export function useRound(chain: ChainName): Round | undefined {
  const { [chain]: quorum } = useSession();
  return useQuery({ queryKey: ['round', chain, quorum.endpoints.map(({ url }) => url)], queryFn: async () => quorum.round(), refetchInterval: ROUND_MILLISECONDS, structuralSharing: false }).data;
}

export function useDissents(chain: ChainName): readonly Dissent[] {
  const { [chain]: quorum } = useSession();
  return useSyncExternalStore(quorum.subscribe, quorum.dissents, quorum.dissents);
}

/** The rollup's contracts; they never change, so they are asked for once and then kept. */
export function useSystem(): Reading<System> | undefined {
  const { deployment, l1, l2 } = useSession();
  const head = useRound('l1')?.head;
  const found = useQuery({
    queryKey: ['system', deployment.rollup, l1.endpoints.map(({ url }) => url)],
    queryFn: async () => (head?.known === true ? discoverSystem(deployment.rollup, l1, l2, head.at) : unknown('no agreed L1 block')),
    enabled: head?.known === true,
    staleTime: (query) => (query.state.data?.known === true ? Number.POSITIVE_INFINITY : 0),
    refetchInterval: (query) => (query.state.data?.known === true ? false : ROUND_MILLISECONDS),
  }).data;
  return found ?? (head?.known === false ? head : undefined);
}

export interface ReadContext {
  readonly system: System;
  /** The agreed head of the chain that is read. */
  readonly at: Header;
  readonly deployment: Deployment;
  readonly l1: Quorum;
  readonly l2: Quorum;
}

/**
 * A read that is made again at every new head of the chain.
 * @param name with everything that the read depends on beside the block
 */
export function useReading<T>(chain: ChainName, name: readonly (string | number | boolean | undefined)[], read: (context: ReadContext) => Promise<Reading<T>>, isWanted = true): Reading<T> | undefined {
  const { deployment, l1, l2 } = useSession();
  const head = useRound(chain)?.head;
  const system = useSystem();
  const isReady = head?.known === true && system?.known === true && isWanted;
  const { data } = useQuery({
    queryKey: ['reading', deployment.rollup, chain, ...name, head?.known === true ? head.value.hash : 'no head'],
    queryFn: async (): Promise<Reading<T>> => {
      if (head?.known !== true || system?.known !== true) return unknown('no agreed block');
      try {
        return await read({ system: system.value, at: head.value, deployment, l1, l2 });
      } catch (error) {
        return unknown(reasonOf(error));
      }
    },
    enabled: isReady,
    placeholderData: (previous: Reading<T> | undefined, query) => (query?.queryKey.slice(0, -1).join() === ['reading', deployment.rollup, chain, ...name].join() ? previous : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    structuralSharing: false,
  });
  if (head?.known === false) return head;
  if (system?.known === false) return system;
  return data;
}
