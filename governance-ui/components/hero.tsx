// The hero number: how long you can still leave before a change of the rules could reach you. Owns its wording for each standing.
// Invariant: no false hope: a passed moment says that it passed, an unknown part makes the whole unknown.

'use client';

import type { Reading } from '../chain/reading.ts';
import type { Standing } from '../chain/standing.ts';
import { KEY_SENTENCE } from '../content.ts';
import { CalendarLink } from './calendar.tsx';
import { durationText, headlineMoment } from './format.ts';
import { RouteLink } from './router.tsx';
import { Spans } from './spans.tsx';
import { useCaveats, useStanding } from './standing.ts';
import { Timeline } from './timeline.tsx';
import { HexText } from './ui.tsx';
import { ReadAt } from './value.tsx';

export function Hero() {
  const standing = useStanding();
  if (standing === undefined) return <section className="hero" data-tone="quiet" aria-busy="true"><p className="hero-number">reading…</p></section>;
  if (!standing.known) return <section className="hero" data-tone="warn"><p className="hero-number">unknown</p><p className="hero-text">{standing.why}. As long as this cannot be read, plan as if there were no time.</p></section>;
  return <HeroText standing={standing} value={standing.value} />;
}

function HeroText({ standing, value }: { standing: Reading<Standing>; value: Standing }) {
  const caveats = useCaveats();
  if (value.kind === 'key') {
    return (
      <section className="hero" data-tone="bad">
        <p className="hero-number">No time is guaranteed</p>
        <p className="hero-text">No contract stands at the upgrade authority's address <HexText value={value.authority} />, so nothing delays it. {KEY_SENTENCE} <RouteLink to={['exit']}>How to leave</RouteLink></p>
        <ReadAt reading={standing} chain="L1" />
      </section>
    );
  }
  if (value.kind === 'quiet') {
    return (
      <section className="hero" data-tone={caveats?.known === true && caveats.value.length === 0 ? 'good' : 'warn'}>
        <p className="hero-number">{durationText(value.netWindowSeconds)}</p>
        <p className="hero-text">No upgrade is scheduled. If one were scheduled now, this is how long you could wait before you would have to begin to leave, even if the operator censored you: its delay less the slowest way out.</p>
        <Spans label="The delay of an upgrade of the core, and what leaving takes of it" rows={[
          { key: 'delay', name: 'Delay', parts: [{ seconds: value.upgradeDelaySeconds, tone: 'soft' }], words: durationText(value.upgradeDelaySeconds) },
          { key: 'wait', name: 'You could wait', parts: [{ seconds: value.netWindowSeconds, tone: 'accent' }], words: durationText(value.netWindowSeconds) },
          { key: 'leave', name: 'Slowest way out', parts: [{ seconds: value.netWindowSeconds, tone: 'none' }, { seconds: value.worstExitSeconds, tone: 'bad' }], words: durationText(value.worstExitSeconds) },
        ]} />
        <Caveats caveats={caveats} />
        <ReadAt reading={standing} chain="L1" />
      </section>
    );
  }
  const isPast = value.secondsLeft <= 0n;
  return (
    <section className="hero" data-tone={isPast ? 'bad' : 'warn'} aria-live="polite">
      <p className="hero-number">{isPast ? 'Too late to be sure' : durationText(value.secondsLeft)}</p>
      <p className="hero-text">
        {isPast
          ? <>Upgrade <RouteLink to={['upgrades', value.upgradeId]}>{value.upgradeId.slice(0, 10)}</RouteLink> can be carried out from {headlineMoment(value.executableAt)} on, and the slowest way out takes longer than is left. The normal way may still be fast enough: it is no longer guaranteed. </>
          : <>Upgrade <RouteLink to={['upgrades', value.upgradeId]}>{value.upgradeId.slice(0, 10)}</RouteLink> can be carried out from {headlineMoment(value.executableAt)} on. To be out before it even if the operator censors you, start by <strong>{headlineMoment(value.lastSafeMoment)}</strong>{standing.known ? <> (<CalendarLink moment={{ uid: `leave-${value.upgradeId}`, title: 'Keyfall: last safe moment to leave', about: `Upgrade ${value.upgradeId} can be carried out after it.`, at: value.lastSafeMoment }} now={standing.at.timestamp} />)</> : null}. </>}
        <RouteLink to={['exit']}>Plan your exit</RouteLink>
      </p>
      {standing.known ? <Timeline label="Until the upgrade" now={standing.at.timestamp} moments={[{ name: 'Your last safe moment', at: value.lastSafeMoment, tone: 'warn' }, { name: 'It can be carried out', at: value.executableAt, tone: 'bad' }]} /> : null}
      <Caveats caveats={caveats} />
      <ReadAt reading={standing} chain="L1" />
    </section>
  );
}

/** Whom the delay does not bind. What cannot be told is said too. */
function Caveats({ caveats }: { caveats: Reading<readonly string[]> | undefined }) {
  if (caveats === undefined) return <p className="pending">reading whom the delay binds…</p>;
  if (!caveats.known) return <p className="hero-text"><span className="unknown">Unknown</span> is whether the delay binds everyone: {caveats.why}</p>;
  return <>{caveats.value.map((one) => <p key={one} className="hero-text"><strong>But:</strong> {one}</p>)}</>;
}
