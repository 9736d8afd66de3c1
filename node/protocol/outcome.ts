/**
 * What decoding untrusted bytes returns. A decoder never throws on bytes: it answers `ok` with the value, or names the rule that
 * was broken, what was expected and what came.
 */
export interface Malformed {
  readonly ok: false;
  readonly code: string;
  readonly expected: string;
  readonly got: string;
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | Malformed;

export function malformed(code: string, expected: string, got: string | number | bigint): Malformed {
  return { ok: false, code, expected, got: String(got) };
}
