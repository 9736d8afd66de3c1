// Which deployment a data directory belongs to, as JSON: read once at start, written once.
//
// Owns: the bytes of the identity record. Does not own: what is done on a mismatch (node/start.ts).

import { z } from 'zod';
import { StoreFault } from './keyValue.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`)).transform((text) => text as `0x${string}`);
const integer = z.string().regex(/^\d+$/).transform(BigInt);
const schema = z.strictObject({
  rollup: hex(20), inbox: hex(20), lifecycle: hex(20), clock: hex(20), l1ChainId: integer, l2ChainId: integer, genesisHash: hex(32), chainProfile: z.string(), timeScale: integer,
  start: z.strictObject({ number: integer, hash: hex(32) }),
});
export type StoredIdentity = z.infer<typeof schema>;

export function encodeIdentity(identity: StoredIdentity): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(identity, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)));
}

/** @throws StoreFault 'corrupt' */
export function decodeIdentity(raw: Uint8Array): StoredIdentity {
  const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(raw)));
  if (!parsed.success) throw new StoreFault('corrupt', `identity record: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
  return parsed.data;
}
