// A withdrawal under way, on disk, so that a killed or interrupted `keyfall withdraw` goes on where it stopped.
// Owns the file's shape and its place. Steps only move forward: signed -> sent -> claimed. The signed L2 transaction is stored
// before it is sent, so no interruption can make a second one.
// Invariant: the file names its chain; it is never used against another one.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from './failure.ts';
import { writeFileAtomically } from './home.ts';
import type { Home } from './home.ts';

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);

const schema = z.object({
  version: z.literal(1),
  l1ChainId: z.string(),
  l2ChainId: z.string(),
  rollup: hex,
  /** What was asked for, in words. */
  asked: z.string(),
  step: z.enum(['signed', 'sent', 'claimed']),
  /** The signed L2 transaction, raw, and its hash: the withdrawal's name. */
  l2Transaction: hex,
  l2Hash: hex,
  /** From step `sent` on. */
  l2Block: z.number().int().optional(),
  withdrawal: z.object({
    nonce: z.string(), assetKind: z.number().int(), token: hex, id: z.string(), amount: z.string(), from: hex, recipient: hex,
  }).optional(),
  withdrawalHash: hex.optional(),
  /** From step `claimed` on. */
  l1Hash: hex.optional(),
  /** `earlier`: someone, or a run that was killed, had claimed it before this one looked. */
  outcome: z.enum(['paid', 'credited', 'earlier']).optional(),
});

export type WithdrawalFile = z.infer<typeof schema>;

function pathOf(home: Home, l2Hash: string): string {
  return join(home.withdrawalsDirectory, `${l2Hash}.json`);
}

/** Writes it, whole or not at all. */
export function saveWithdrawal(home: Home, file: WithdrawalFile): void {
  writeFileAtomically(pathOf(home, file.l2Hash), `${JSON.stringify(schema.parse(file), null, 2)}\n`);
}

/** Every stored withdrawal. @throws CommandFailure (failed) for a file that is none */
export function storedWithdrawals(home: Home): WithdrawalFile[] {
  if (!existsSync(home.withdrawalsDirectory)) return [];
  const names = readdirSync(home.withdrawalsDirectory).filter((name) => name.endsWith('.json'));
  return names.map((name) => {
    const parsed = schema.safeParse(JSON.parse(readFileSync(join(home.withdrawalsDirectory, name), 'utf8')));
    if (!parsed.success) throw new CommandFailure('failed', `${name} in ${home.withdrawalsDirectory} is no stored withdrawal: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
}

/**
 * The withdrawal to go on with.
 * @param given hash of its L2 transaction, or true for the only unfinished one
 * @throws CommandFailure (usage) when there is none, or several to choose from
 */
export function findWithdrawal(home: Home, given: string | true): WithdrawalFile {
  const all = storedWithdrawals(home);
  if (given !== true) {
    const found = all.find(({ l2Hash }) => l2Hash === given);
    if (found === undefined) throw new CommandFailure('usage', `no withdrawal ${given} is stored in ${home.withdrawalsDirectory}`);
    return found;
  }
  const unfinished = all.filter(({ step }) => step !== 'claimed');
  const [only] = unfinished;
  if (only === undefined) throw new CommandFailure('usage', 'no unfinished withdrawal is stored');
  if (unfinished.length > 1) throw new CommandFailure('usage', `several withdrawals are unfinished; name one:\n${unfinished.map(({ l2Hash, asked, step }) => `  ${l2Hash}  ${asked} (${step})`).join('\n')}`);
  return only;
}
