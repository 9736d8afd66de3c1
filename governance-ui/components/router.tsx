// Routes in the URL's hash, so that the same files work from any folder and from a disk. Owns reading the hash and links to routes;
// which screen a route shows is screens/App.tsx.
// Invariant: what stands in a hash is text from outside: segments are decoded here and checked by the screen that uses them.

'use client';

import { useSyncExternalStore } from 'react';
import type { AnchorHTMLAttributes } from 'react';
import { routeTo } from './route.ts';

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

const readHash = (): string => window.location.hash;

/** Segments of the route: `#/batch/3` is ['batch', '3']. */
export function useRoute(): readonly string[] {
  const hash = useSyncExternalStore(subscribe, readHash, () => '');
  return hash.replace(/^#\/?/, '').split('/').filter((part) => part !== '').map(decodeSegment);
}

function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A broken escape is shown as it stands; no route has such a name.
    return part;
  }
}

export function RouteLink({ to, ...rest }: { to: readonly string[] } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  return <a href={routeTo(...to)} {...rest} />;
}
