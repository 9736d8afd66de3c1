// The ladder of the chain, drawn: L2 head, committed, proven, final, each with its lag. Owns the drawing and its table for readers
// who cannot see it. The head is the sequencer's word; the other three are L1's.
// Invariant: a rung that cannot be read is drawn as unknown, never at zero.

'use client';

import { answeredHead } from '../chain/ladder.ts';
import type { Reading } from '../chain/reading.ts';
import { finalHead } from '../chain/rollup.ts';
import { group } from './format.ts';
import { useReading, useRound } from './session.tsx';
import { ReadAt } from './value.tsx';

interface Rung { readonly name: string; readonly about: string; readonly block: bigint | undefined; readonly why: string | undefined }

function rungOf(name: string, about: string, reading: Reading<bigint> | undefined): Rung {
  return { name, about, block: reading?.known === true ? reading.value : undefined, why: reading?.known === false ? reading.why : undefined };
}

export function Ladder() {
  const head = useRound('l2')?.head;
  const l1 = useReading('l1', ['ladder'], async ({ system, at, deployment }) => answeredHead(system, at, deployment.deployBlock));
  const final = useReading('l1', ['finalHead'], async ({ system, at }) => finalHead(system.rollup, at));
  const part = (name: 'committed' | 'proven'): Reading<bigint> | undefined => (l1?.known === true ? { ...l1, value: l1.value[name] } : l1);
  const rungs = [
    rungOf('Included', 'the sequencer\'s word', head?.known === true ? { ...head, value: head.value.number } : head),
    rungOf('Committed', 'its data is on L1', part('committed')),
    rungOf('Proven', 'a lane answered', part('proven')),
    rungOf('Final', 'withdrawals can be paid', final?.known === true ? { ...final, value: final.value.lastNumber } : final),
  ];
  const top = rungs[0]?.block ?? rungs[1]?.block;
  return (
    <>
      <ol className="ladder" aria-label="Blocks of L2 by how far they have come">
        {rungs.map(({ name, about, block, why }) => {
          const lag = block === undefined || top === undefined ? undefined : top - block;
          return (
            <li key={name} data-known={block !== undefined}>
              <span className="ladder-name">{name}<span className="hint">{about}</span></span>
              <Bar lag={lag} />
              <span className="ladder-number mono">{block === undefined ? <span className="unknown" title={why}>{why === undefined ? 'reading…' : 'unknown'}</span> : <>block {group(block)}</>}</span>
              <span className="ladder-lag">{lag === undefined ? '' : lag <= 0n ? 'at the head' : `${group(lag)} behind`}</span>
            </li>
          );
        })}
      </ol>
      <ReadAt reading={final} chain="L1" />
    </>
  );
}

/** Longer behind = shorter bar, by the logarithm, so that one block and a thousand are both visible. */
function Bar({ lag }: { lag: bigint | undefined }) {
  const share = lag === undefined ? 0 : lag <= 0n ? 1 : Math.max(0.08, 1 - Math.log10(1 + Number(lag)) / 4.5);
  return <svg className="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" className="bar-ground" /><rect width={share * 100} height="6" className="bar-fill" /></svg>;
}
