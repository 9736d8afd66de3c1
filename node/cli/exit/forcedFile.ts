// One forced exit under way, on disk: what was asked, and how far it is. Owns the shape and which one is gone on with.
// Invariant: written whole before the step it allows: the signed L1 transaction is stored before it is sent, so that a run that is
// killed anywhere can be resumed and never forces twice.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from '../failure.ts';
import { writeFileAtomically } from '../home.ts';
import type { Home } from '../home.ts';

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const schema = z.object({
  version: z.literal(1),
  l1ChainId: z.string(),
  rollup: hex,
  asked: z.string(),
  step: z.enum(['signed', 'queued', 'executed', 'claimed']),
  /** The signed L1 transaction that enqueues the message, and its hash: the exit's name. */
  l1Transaction: hex,
  l1Hash: hex,
  /** From `queued` on. */
  index: z.string().optional(),
  l2Hash: hex.optional(),
  /** From `executed` on. */
  l2Block: z.number().int().optional(),
  withdrawal: z.object({ nonce: z.string(), assetKind: z.number().int(), token: hex, id: z.string(), amount: z.string(), from: hex, recipient: hex }).optional(),
  withdrawalHash: hex.optional(),
  /** From `claimed` on. */
  claimHash: hex.optional(),
  outcome: z.enum(['paid', 'credited', 'earlier']).optional(),
});

export type ForcedExit = z.infer<typeof schema>;

const directoryOf = (home: Home): string => join(home.directory, 'exits');

export function saveForcedExit(home: Home, file: ForcedExit): void {
  writeFileAtomically(join(directoryOf(home), `${file.l1Hash}.json`), `${JSON.stringify(schema.parse(file), null, 2)}\n`, 0o600);
}

function stored(home: Home): ForcedExit[] {
  if (!existsSync(directoryOf(home))) return [];
  return readdirSync(directoryOf(home)).filter((name) => name.endsWith('.json')).map((name) => {
    const parsed = schema.safeParse(JSON.parse(readFileSync(join(directoryOf(home), name), 'utf8')));
    if (!parsed.success) throw new CommandFailure('failed', `${name} in ${directoryOf(home)} is no forced exit: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
}

/** The forced exit to go on with. @param given hash of its L1 transaction, or true for the only unfinished one */
export function findForcedExit(home: Home, given: string | true): ForcedExit {
  const all = stored(home);
  const found = given === true ? all.filter(({ step }) => step !== 'claimed') : all.filter(({ l1Hash }) => l1Hash === given);
  const [only] = found;
  if (only === undefined) throw new CommandFailure('usage', given === true ? 'no unfinished forced exit is stored' : `no forced exit ${given} is stored in ${directoryOf(home)}`);
  if (found.length > 1) throw new CommandFailure('usage', `several forced exits are unfinished; name one:\n${found.map(({ l1Hash, asked, step }) => `  ${l1Hash}  ${asked} (${step})`).join('\n')}`);
  return only;
}
