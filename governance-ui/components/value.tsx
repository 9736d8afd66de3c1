// A reading on the page: the value, its block and how far it is vouched for, or the word *unknown* with the reason.
// Owns that every number carries its block (in the title, and in `data-block` for tests) and that a failure never looks like a value.

'use client';

import type { ReactNode } from 'react';
import type { Reading, Trust } from '../chain/reading.ts';
import { durationText, group, headlineMoment, utcText } from './format.ts';

const TRUST_WORDS: Readonly<Record<Trust, string>> = { agreed: 'agreed by a quorum of RPC operators', unverified: 'one RPC\'s word, unverified', proven: 'proven against an agreed block' };

export function Value<T>({ reading, children }: { reading: Reading<T> | undefined; children: (value: T) => ReactNode }) {
  if (reading === undefined) return <span className="pending" title="being read">reading…</span>;
  if (!reading.known) return <span className="unknown" title={reading.why}>unknown<span className="unknown-why"> ({reading.why})</span></span>;
  return <span className="value" data-block={reading.at.number.toString()} data-trust={reading.trust} title={`block ${group(reading.at.number)}; ${TRUST_WORDS[reading.trust]}`}>{children(reading.value)}</span>;
}

/** The same for what fills a block of the page: rows, tables, drawings. */
export function BlockValue<T>({ reading, children }: { reading: Reading<T> | undefined; children: (value: T) => ReactNode }) {
  if (reading?.known !== true) return <p><Value reading={reading}>{() => null}</Value></p>;
  return <div className="stack" data-block={reading.at.number.toString()} data-trust={reading.trust}>{children(reading.value)}</div>;
}

export function NumberValue({ reading }: { reading: Reading<bigint | number> | undefined }) {
  return <Value reading={reading}>{(value) => group(value)}</Value>;
}

/** Absolute, relative and UTC. @param now wall seconds it is compared with: the chain's */
export function Moment({ at, now, isHeadline = false }: { at: bigint; now: bigint; isHeadline?: boolean }) {
  const distance = at - now;
  const relative = distance >= 0n ? `in ${durationText(distance)}` : `${durationText(-distance)} ago`;
  const date = new Date(Number(at) * 1000);
  // A time that no date can show is a liar's, and no reason to show no page.
  return <time dateTime={Number.isNaN(date.getTime()) ? undefined : date.toISOString()} title={utcText(at)}>{isHeadline ? headlineMoment(at) : utcText(at)} <span className="relative">({relative})</span></time>;
}

/** The line under a panel that says at which block its numbers hold. */
export function ReadAt({ reading, chain }: { reading: Reading<unknown> | undefined; chain: 'L1' | 'L2' }) {
  if (reading?.known !== true) return null;
  return <p className="read-at">Read at {chain} block {group(reading.at.number)}, {TRUST_WORDS[reading.trust]}.</p>;
}
