// One encoding for small records with bigints and bytes: JSON in which every such value carries a tag.
//
// Owns: the encoding. Does not own: what the records mean or where they lie. Invariant: decode(encode(v)) = v for bigint,
// bytes, strings, booleans, numbers, null, lists and objects (fields that are undefined are left out).

/** Bytes of a record. */
export function encodeTagged(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(tag(value)));
}

function tag(value: unknown): unknown {
  if (typeof value === 'bigint') return { n: value.toString() };
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(tag);
  if (typeof value === 'object' && value !== null) return { o: Object.fromEntries(Object.entries(value).map(([key, field]) => [key, tag(field)])) };
  return value;
}

/** The value that encodeTagged wrote. @throws Error on anything else; the caller names the record in its own fault. */
export function decodeTagged(bytes: Uint8Array): unknown {
  return untag(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
}

function untag(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untag);
  if (typeof value !== 'object' || value === null) return value;
  if ('n' in value) return BigInt(String(value.n));
  if ('b' in value) return Uint8Array.from(Buffer.from(String(value.b), 'hex'));
  if ('o' in value && typeof value.o === 'object' && value.o !== null) return Object.fromEntries(Object.entries(value.o).map(([key, field]) => [key, untag(field)]));
  throw new TypeError('expected a tagged value, got an object without a tag');
}
