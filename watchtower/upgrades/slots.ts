// Where a contract keeps a variable, from the storage layout that the contracts' build writes and CI compares. Owns reading that file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Unverifiable } from '../verdict.ts';

const LAYOUT = join(import.meta.dirname, '..', '..', 'contracts', 'generated', 'layout.json');

/** Slot of a variable that starts a slot of its own. @throws Unverifiable */
export function slotOf(contract: string, variable: string): bigint {
  const lines = (JSON.parse(readFileSync(LAYOUT, 'utf8')) as Readonly<Record<string, readonly string[]>>)[contract] ?? [];
  const slot = lines.map((line) => /^(\d+)\+0 (\w+):/.exec(line)).find((match) => match?.[2] === variable)?.[1];
  if (slot === undefined) throw new Unverifiable(`the storage layout names no ${contract}.${variable}`);
  return BigInt(slot);
}
