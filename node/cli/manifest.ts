// `.keyfall/devnet.json`: what a running devnet tells every other program. Owns its shape, checked on reading as on writing.
// It holds private keys on purpose: they are the publicly known keys of anvil's default mnemonic and worth nothing.
// Invariant: it exists only while the devnet it describes is ready, and it is complete.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CommandFailure } from './failure.ts';
import type { Home } from './home.ts';

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const key = z.object({ address, privateKey: z.string().regex(/^0x[0-9a-f]{64}$/) });

const manifestSchema = z.object({
  profile: z.string(),
  /** Protocol durations are divided by this. */
  timeScale: z.number().int().positive(),
  l1: z.object({ rpc: z.url(), chainId: z.number().int() }),
  l2: z.object({ rpc: z.url(), ws: z.url(), chainId: z.number().int() }),
  /** L1 block of the deployment: nothing of this rollup is older. */
  deployBlock: z.number().int(),
  /** L1 contracts by their Solidity names. */
  contracts: z.record(z.string(), address),
  predeploys: z.record(z.string(), address),
  accounts: z.array(key).min(10),
  roles: z.record(z.string(), key),
  services: z.record(z.string(), z.url()),
  pids: z.record(z.string(), z.number().int()),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** @throws CommandFailure (unreachable) when no devnet is ready in this home, (failed) when the file is not one */
export function readManifest(home: Home): Manifest {
  let text: string;
  try {
    text = readFileSync(home.manifestPath, 'utf8');
  } catch (cause) {
    throw new CommandFailure('unreachable', `no devnet is running here: ${home.manifestPath} does not exist. Start one with 'npm run up', or name endpoints with --l1, --l2 and --rollup.`, { cause });
  }
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new CommandFailure('failed', `${home.manifestPath} is not a devnet manifest: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The manifest's text. @throws ZodError if a fact is missing: a bug of the caller */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifestSchema.parse(manifest), null, 2)}\n`;
}
