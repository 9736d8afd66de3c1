// What was signed here although the page spoke against it, or could not read it: the words were typed, and that is kept in this browser.
// Owns keeping the record; its form is overrideFile.ts, it is shown by overrideLog.tsx. Nobody else gets to see it.
// Invariants: an entry is made before the wallet is asked, so that nothing is signed by typed words without one; where the browser keeps
// nothing, that is said, never hidden.

'use client';

import { useState, useSyncExternalStore } from 'react';
import { overridesText, parseOverrides, withOverride } from './overrideFile.ts';
import type { Override } from './overrideFile.ts';

const KEY = 'keyfall.overrides.1';
const NONE: readonly Override[] = [];

const listeners = new Set<() => void>();
let held: { readonly text: string | null; readonly list: readonly Override[] } = { text: null, list: NONE };

function read(): readonly Override[] | undefined {
  let text: string | null;
  try {
    text = window.localStorage.getItem(KEY);
  } catch {
    // The browser keeps nothing for this page.
    return undefined;
  }
  if (text === null) return NONE;
  if (held.text === text) return held.list;
  const list = parseOverrides(text);
  if (list === undefined) return undefined;
  held = { text, list };
  return list;
}

/** @returns whether it was kept */
function recordOverride(entry: Omit<Override, 'time'>): boolean {
  const entries = read();
  try {
    // What cannot be read is set aside, not overwritten.
    if (entries === undefined) window.localStorage.setItem(`${KEY}.unreadable`, window.localStorage.getItem(KEY) ?? '');
    window.localStorage.setItem(KEY, overridesText(withOverride(entries ?? NONE, { time: new Date().toISOString(), ...entry })));
  } catch {
    // Full, or forbidden: the caller says so.
    return false;
  }
  for (const listener of listeners) listener();
  return true;
}

export function forgetOverrides(): void {
  window.localStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/** Oldest first; undefined when this browser keeps none or what it kept cannot be read. */
export function useOverrides(): readonly Override[] | undefined {
  return useSyncExternalStore(subscribe, read, () => NONE);
}

/** Writing entries down, and whether the last one could not be. */
export function useRecording(): { readonly isUnrecorded: boolean; readonly record: (entry: Omit<Override, 'time'>) => void } {
  const [isUnrecorded, setUnrecorded] = useState(false);
  return { isUnrecorded, record: (entry) => setUnrecorded(!recordOverride(entry)) };
}
