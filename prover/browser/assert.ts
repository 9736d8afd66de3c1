// Node's assert/strict as far as prover code uses it outside tests, for pages. serve.ts puts it in its place.
// Owns: throwing. Does not own: messages beyond the caller's. Invariant: what Node's would let pass passes here, and nothing else.

class AssertionError extends Error {}

const fail = (message: string | Error | undefined, fallback: string): never => {
  throw message instanceof Error ? message : new AssertionError(message ?? fallback);
};

const isDeepEqual = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) && left.length === right.length &&
    left.every(([name, value]) => Object.hasOwn(b, name) && isDeepEqual(value, (b as Record<string, unknown>)[name]));
};

const ok = (value: unknown, message?: string | Error): void => { if (!value) fail(message, "expected a true value"); };

export default Object.assign(ok, {
  ok,
  equal: (a: unknown, b: unknown, message?: string | Error): void => { if (!Object.is(a, b)) fail(message, `expected ${String(b)}, got ${String(a)}`); },
  notEqual: (a: unknown, b: unknown, message?: string | Error): void => { if (Object.is(a, b)) fail(message, `expected anything but ${String(b)}`); },
  deepEqual: (a: unknown, b: unknown, message?: string | Error): void => { if (!isDeepEqual(a, b)) fail(message, "expected deeply equal values"); },
  fail: (message?: string | Error): never => fail(message, "failed"),
});
