// The frame of the page: navigation, what the data rests on, the wallet, banners. Owns the landmarks, the skip link and where the
// focus goes when the route changes.
// Invariant: what the data rests on is always on the screen, at every width.

'use client';

import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { NAVIGATION } from '../content.ts';
import { Banners } from './banners.tsx';
import { durationText, group } from './format.ts';
import { RouteLink, useRoute } from './router.tsx';
import { useRound, useSession } from './session.tsx';
import { Badge } from './ui.tsx';
import { WalletButton } from './wallet.tsx';

export function Shell({ children }: { children: ReactNode }) {
  const route = useRoute();
  const { alarm } = useSession();
  const menu = useRef<HTMLDetailsElement>(null);
  const path = route.join('/');
  const isFirst = useRef(true);
  useEffect(() => {
    if (menu.current !== null) menu.current.open = false;
    if (!isFirst.current) document.querySelector<HTMLElement>('#page-title')?.focus();
    isFirst.current = false;
    window.scrollTo({ top: 0 });
  }, [path]);
  return (
    <div className="shell" data-alarm={alarm !== undefined}>
      <a className="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>('#page-title')?.focus();
      }}>Skip to the page</a>
      <header className="topbar">
        <RouteLink to={[]} className="brand" aria-label="Keyfall, home"><Mark />Keyfall</RouteLink>
        <TrustLine />
        <WalletButton />
      </header>
      <details className="menu" ref={menu}><summary>Menu</summary><Navigation current={route[0] ?? ''} /></details>
      <div className="sidebar"><Navigation current={route[0] ?? ''} /></div>
      <main id="main" className="main"><Banners />{children}</main>
    </div>
  );
}

function Mark() {
  return <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" className="mark"><circle cx="8" cy="7" r="4.2" /><path d="M8 11.5V21m0-3.6h4.2M8 14.4h3" /><path d="M16 4v6m0 3v3m0 3v2" className="mark-fall" /></svg>;
}

function Navigation({ current }: { current: string }) {
  return (
    <nav aria-label="Pages">
      {NAVIGATION.map(({ name, entries }) => (
        <div key={name} className="nav-group">
          <p className="nav-title">{name}</p>
          <ul>{entries.map((entry) => <li key={entry.name}><RouteLink to={entry.route} aria-current={(entry.route[0] ?? '') === current ? 'page' : undefined} title={entry.about}>{entry.name}</RouteLink></li>)}</ul>
        </div>
      ))}
    </nav>
  );
}

/** "Data agreed by 3 of 3 RPC operators, L1 block 1 234, finalized 6 s behind". */
function TrustLine() {
  const { l1 } = useSession();
  const round = useRound('l1');
  if (round === undefined) return <div className="trust"><Badge tone="quiet">asking the endpoints…</Badge></div>;
  const { head, finalized, endpoints } = round;
  if (!head.known) return <div className="trust"><Badge tone="bad">L1 unknown</Badge></div>;
  const agreeing = new Set(endpoints.filter(({ state }) => state === 'agrees').map(({ operator }) => operator)).size;
  const isLying = endpoints.some(({ state }) => state === 'dissents');
  const words = l1.operatorCount === 1 ? 'unverified: one RPC' : `${agreeing} of ${l1.operatorCount} RPCs agree`;
  const lag = finalized.known ? `, finalized ${durationText(head.value.timestamp - finalized.value.timestamp)} behind` : ', finalized block unknown';
  return (
    <div className="trust">
      <RouteLink to={['settings']} className="trust-link"><Badge tone={isLying ? 'bad' : l1.operatorCount === 1 ? 'warn' : agreeing === l1.operatorCount ? 'good' : 'warn'}>{words}</Badge></RouteLink>
      <span className="trust-block">L1 block <span className="mono">{group(head.value.number)}</span>{lag}</span>
    </div>
  );
}
