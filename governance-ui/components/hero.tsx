// The hero number: how long you can still leave before a change of the rules could reach you. Owns its wording for each standing.
// Invariant: no false hope: a passed moment says that it passed, an unknown part makes the whole unknown.

'use client';

import { codeSize } from '../chain/system.ts';
import { mapReading } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import type { Standing } from '../chain/standing.ts';
import { KEY_SENTENCE } from '../content.ts';
import { RouteLink } from './router.tsx';
import { useReading } from './session.tsx';
import { HexText } from './ui.tsx';
import { ReadAt } from './value.tsx';

export function useStanding(): Reading<Standing> | undefined {
  return useReading('l1', ['standing'], async ({ system, at, l1 }) => {
    const size = await codeSize(l1, system.upgradeAuthority, at);
    return mapReading(size, (bytes): Standing => {
      if (bytes !== 0) throw new Error('the contract at the upgrade authority\'s address is not one this page can read');
      return { kind: 'key', authority: system.upgradeAuthority };
    });
  });
}

export function Hero() {
  const standing = useStanding();
  if (standing === undefined) return <section className="hero" data-tone="quiet" aria-busy="true"><p className="hero-number">reading…</p></section>;
  if (!standing.known) return <section className="hero" data-tone="warn"><p className="hero-number">unknown</p><p className="hero-text">{standing.why}. As long as this cannot be read, plan as if there were no time.</p></section>;
  return <HeroText standing={standing} value={standing.value} />;
}

function HeroText({ standing, value }: { standing: Reading<Standing>; value: Standing }) {
  return (
    <section className="hero" data-tone="bad">
      <p className="hero-number">No time is guaranteed</p>
      <p className="hero-text">No contract stands at the upgrade authority's address <HexText value={value.authority} />, so nothing delays it. {KEY_SENTENCE} <RouteLink to={['withdrawals']}>How to leave</RouteLink></p>
      <ReadAt reading={standing} chain="L1" />
    </section>
  );
}
