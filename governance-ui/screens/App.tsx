// The one page: which screen a route shows, and what happens when no rollup is configured. Owns the table of routes.
// Invariant: every route has a screen; an unknown one says so and leads home; one that cannot be drawn takes no other with it.

'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import type { ComponentType } from 'react';
import { Boundary } from '../components/boundary.tsx';
import { GuardProvider } from '../components/guard.tsx';
import { RouteLink, useRoute } from '../components/router.tsx';
import { SessionProvider } from '../components/session.tsx';
import { Shell } from '../components/shell.tsx';
import { Notice, PageHead } from '../components/ui.tsx';
import { WalletProvider } from '../components/wallet.tsx';
import { loadDeployment } from '../env.ts';
import { Approve } from './Approve.tsx';
import { Council } from './Council.tsx';
import { Deposit } from './Deposit.tsx';
import { Escape } from './Escape.tsx';
import { Exit } from './Exit.tsx';
import { Explorer } from './Explorer.tsx';
import { Force } from './Force.tsx';
import { Health } from './Health.tsx';
import { Home } from './Home.tsx';
import { Propose } from './Propose.tsx';
import { Settings } from './Settings.tsx';
import { Stage } from './Stage.tsx';
import { Upgrades } from './Upgrades.tsx';
import { Vote } from './Vote.tsx';
import { Withdrawals } from './Withdrawals.tsx';

export interface ScreenProps { readonly route: readonly string[] }

const SCREENS: Readonly<Record<string, ComponentType<ScreenProps>>> = { '': Home, approve: Approve, council: Council, deposit: Deposit, escape: Escape, exit: Exit, explorer: Explorer, force: Force, health: Health, propose: Propose, stage: Stage, upgrade: Upgrades, upgrades: Upgrades, vote: Vote, withdrawals: Withdrawals };

const never = (): (() => void) => () => undefined;

export function App() {
  // The export is made without a browser: nothing of the page exists before it runs in one.
  const isBrowser = useSyncExternalStore(never, () => true, () => false);
  return isBrowser ? <Configured /> : <div className="boot"><p>Keyfall needs JavaScript: everything on it is read and checked in your browser.</p></div>;
}

function Configured() {
  const [loaded, setLoaded] = useState(loadDeployment);
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, networkMode: 'always' } } }));
  const reload = (): void => setLoaded(loadDeployment());
  if (!loaded.ok) return <main className="main alone"><Settings route={[]} why={loaded.why} onChanged={reload} /></main>;
  return (
    <QueryClientProvider client={queries}>
      <WalletProvider deployment={loaded.deployment}>
        <SessionProvider deployment={loaded.deployment}><GuardProvider><Shell><Screen onChanged={reload} /></Shell></GuardProvider></SessionProvider>
      </WalletProvider>
    </QueryClientProvider>
  );
}

function Screen({ onChanged }: { onChanged: () => void }) {
  const route = useRoute();
  const name = route[0] ?? '';
  if (name === 'settings') return <Settings route={route} onChanged={onChanged} />;
  const Found = Object.hasOwn(SCREENS, name) ? SCREENS[name] : undefined;
  if (Found === undefined) return <><PageHead title="No such page" /><Notice tone="warn" title={`Nothing is at #/${route.join('/')}`}><RouteLink to={[]}>Go home</RouteLink></Notice></>;
  return <Boundary key={name}><Found route={route.slice(1)} /></Boundary>;
}
