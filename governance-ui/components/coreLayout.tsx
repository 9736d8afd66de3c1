// The check of a new core's storage as screens show it, and the compiler output that it needs. Owns the chosen builds (kept while the page is open,
// for every upgrade alike), the field that takes them and the line that says the verdict.
// Invariant: as long as the builds of both codes are not at hand the line says *unknown* and why.

'use client';

import { useState, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { coreLayout, readBuilds } from '../chain/coreLayout.ts';
import type { Build } from '../chain/coreLayout.ts';
import { mapReading, reasonOf } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { contentOf, decodedUpgrade } from '../chain/upgradeWords.ts';
import type { Upgrade } from '../chain/upgradeWords.ts';
import type { LayoutVerdict } from '@keyfall/protocol/coreBuild.ts';
import { useReading } from './session.tsx';
import { Badge } from './ui.tsx';
import type { Tone } from './ui.tsx';

interface Chosen { readonly round: number; readonly builds: readonly Build[]; readonly said: string }

const NOTHING: Chosen = { round: 0, builds: [], said: '' };
let chosen = NOTHING;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

const useChosen = (): Chosen => useSyncExternalStore(subscribe, () => chosen, () => NOTHING);

/** What was chosen replaces what was before: one bad file among them, and none counts. */
async function choose(files: readonly File[]): Promise<void> {
  const round = chosen.round + 1;
  const builds: Build[] = [];
  let said = '';
  try {
    for (const file of files) {
      said = file.name;
      builds.push(...readBuilds(await file.text()));
    }
    said = `${builds.length} contracts read from ${files.map(({ name }) => name).join(', ')}`;
    chosen = { round, builds, said };
  } catch (error) {
    chosen = { round, builds: [], said: `${said}: ${reasonOf(error)}` };
  }
  for (const listener of listeners) listener();
}

export const isCore = (upgrade: Upgrade): boolean => decodedUpgrade(upgrade)?.name === 'Core';

export function useCoreLayout(upgrade: Upgrade): Reading<LayoutVerdict> | undefined {
  const { round, builds } = useChosen();
  return useReading('l1', ['core layout', contentOf(upgrade), round], async ({ system, at }) => coreLayout(system, at, upgrade, builds), isCore(upgrade));
}

const VERDICTS: Readonly<Record<LayoutVerdict['verdict'], readonly [Tone, string, string]>> = {
  compatible: ['good', 'kept', 'the storage that is there keeps its meaning'], incompatible: ['bad', 'changed', 'the storage that is there changes its meaning'], unknown: ['warn', 'unknown', 'whether the storage that is there keeps its meaning'],
};

/** One item of a list of checks, with the field for the files. */
export function CoreLayoutItem({ upgrade, children }: { upgrade: Upgrade; children?: ReactNode }) {
  const verdict = useCoreLayout(upgrade);
  const { said } = useChosen();
  const [isReading, setReading] = useState(false);
  const words = verdict === undefined ? undefined : verdict.known ? verdict.value : { verdict: 'unknown' as const, changes: [], reason: verdict.why };
  const [tone, badge, what] = words === undefined ? ['quiet', 'reading…', 'whether the storage that is there keeps its meaning'] as const : VERDICTS[words.verdict];
  const take = (files: FileList | null): void => {
    setReading(true);
    void choose([...(files ?? [])]).finally(() => setReading(false));
  };
  return (
    <li><Badge tone={tone}>{badge}</Badge><div className="stack">
      <span className="wrap">{what}{words === undefined ? null : <span className="hint">{words.reason}</span>}</span>
      {words === undefined || words.changes.length === 0 ? null : <ul>{words.changes.map((change) => <li key={change} className="wrap">{change}</li>)}</ul>}
      <div className="field" aria-busy={isReading}>
        <label>Compiler output of both codes<input type="file" multiple accept=".json,application/json" onChange={(event) => take(event.target.files)} /></label>
        <p className="field-about wrap" aria-live="polite">{said === '' ? 'build-info/*.output.json of your own builds, read here and sent nowhere. Files from others are their word.' : said}</p>
      </div>
      {children}
    </div></li>
  );
}

/** For lists in which a failed check asks for typed words. */
export function layoutFault(reading: ReturnType<typeof useCoreLayout>): string | undefined {
  const found = reading === undefined ? undefined : mapReading(reading, ({ verdict }) => verdict);
  return found?.known === true && found.value === 'incompatible' ? 'Under the new code the storage that is there changes its meaning' : undefined;
}
