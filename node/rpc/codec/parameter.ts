// Positional parameters: a description for the docs and a strict decoder in one value.
//
// Owns: the Parameter type, the scalar decoders and the decoding of a whole argument list.
// Does not own: compound objects (callRequest.ts, logFilter.ts, overrides.ts, blockId.ts).
// Invariant: a decoder either returns a value of its type or throws InvalidParams naming what was expected and
// what came; the offending text is shortened, so that a hostile argument cannot blow up the answer or the log.

import { invalidParams } from '../errors.ts';
import { parseData, parseQuantity } from './hex.ts';

/** One positional parameter of a method. */
export interface Parameter<T> {
  /** Name in the docs and in error messages. */
  readonly name: string;
  /** What it accepts, for the docs. */
  readonly accepts: string;
  readonly required: boolean;
  /** `value` is never undefined or null. `path` is where it stands, for messages. */
  decode(value: unknown, path: string): T;
  /** Called in place of decode when the argument is absent or null; throws if it is required. */
  absent(path: string): T;
}

export type DecodedParameters<P extends readonly Parameter<unknown>[]> = {
  -readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

/** Shows at most 60 characters of a refused value. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? value.slice(0, 57) + '...' : value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : typeof value;
}

/** A required parameter. */
export function required<T>(name: string, accepts: string, decode: (value: unknown, path: string) => T): Parameter<T> {
  return {
    name, accepts, required: true, decode,
    absent: (path) => { throw invalidParams(`missing value for required ${path}`); },
  };
}

/** The same parameter, allowed to be absent or null. */
export function optional<T, D>(parameter: Parameter<T>, fallback: D): Parameter<T | D> {
  return { name: parameter.name, accepts: parameter.accepts, required: false, decode: parameter.decode, absent: () => fallback };
}

/** Decodes an argument list; too many arguments are an error, as in geth. */
export function decodeParameters(parameters: readonly Parameter<unknown>[], values: readonly unknown[]): unknown[] {
  if (values.length > parameters.length) {
    throw invalidParams(`too many arguments, want at most ${parameters.length}`);
  }
  const decoded = new Array<unknown>(parameters.length);
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index]!;
    const value = values[index];
    const path = `argument ${index} (${parameter.name})`;
    decoded[index] = value === undefined || value === null ? parameter.absent(path) : parameter.decode(value, path);
  }
  return decoded;
}

/** 0x-prefixed bytes of any length. */
export function decodeData(value: unknown, path: string): Uint8Array {
  const bytes = typeof value === 'string' ? parseData(value) : undefined;
  if (bytes === undefined) throw invalidParams(`invalid ${path}: expected 0x-prefixed hexadecimal bytes, got ${shown(value)}`);
  return bytes;
}

/** 0x-prefixed bytes of exactly `size` bytes. */
export function decodeFixed(value: unknown, size: number, what: string, path: string): Uint8Array {
  const bytes = typeof value === 'string' && value.length === 2 + size * 2 ? parseData(value) : undefined;
  if (bytes === undefined) throw invalidParams(`invalid ${path}: expected ${what} (0x and ${size * 2} hexadecimal digits), got ${shown(value)}`);
  return bytes;
}

export function decodeAddress(value: unknown, path: string): Uint8Array {
  return decodeFixed(value, 20, 'an address', path);
}

export function decodeHash(value: unknown, path: string): Uint8Array {
  return decodeFixed(value, 32, 'a 32-byte hash', path);
}

/** A canonical quantity of at most `bits` bits. */
export function decodeQuantity(value: unknown, path: string, bits = 256): bigint {
  const parsed = typeof value === 'string' ? parseQuantity(value, bits) : undefined;
  if (parsed === undefined) {
    throw invalidParams(`invalid ${path}: expected a 0x-prefixed quantity without leading zeros of at most ${bits} bits, got ${shown(value)}`);
  }
  return parsed;
}

/** A storage slot: a quantity or up to 32 bytes of data, as geth accepts both. */
export function decodeSlot(value: unknown, path: string): Uint8Array {
  if (typeof value === 'string' && value.length <= 66 && /^0x[0-9a-f]+$/i.test(value)) {
    const slot = parseData('0x' + value.slice(2).padStart(64, '0'));
    if (slot !== undefined) return slot;
  }
  throw invalidParams(`invalid ${path}: expected a storage slot of at most 32 bytes, got ${shown(value)}`);
}

export function decodeBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw invalidParams(`invalid ${path}: expected true or false, got ${shown(value)}`);
  return value;
}

export function decodeArray(value: unknown, path: string, maximum: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidParams(`invalid ${path}: expected an array, got ${shown(value)}`);
  if (value.length > maximum) throw invalidParams(`invalid ${path}: expected at most ${maximum} elements, got ${value.length}`);
  return value;
}

/** A plain JSON object. Its keys are the client's: read only by own, known names. */
export function decodeObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidParams(`invalid ${path}: expected an object, got ${shown(value)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** The decoded own member `key`, or undefined when absent or null. */
export function member<T>(
  object: Readonly<Record<string, unknown>>, key: string, path: string, decode: (value: unknown, path: string) => T,
): T | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return value === undefined || value === null ? undefined : decode(value, `${path}.${key}`);
}

/** Refuses members outside `known`: where ignoring one would change the meaning of the answer. */
export function onlyMembers(object: Readonly<Record<string, unknown>>, known: readonly string[], path: string): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) throw invalidParams(`invalid ${path}: unknown member ${shown(key)}, expected some of ${known.join(', ')}`);
  }
}

export const addressParameter = required('address', 'address', decodeAddress);
export const hashParameter = (name: string): Parameter<Uint8Array> => required(name, 'hash', decodeHash);
export const dataParameter = (name: string): Parameter<Uint8Array> => required(name, 'data', decodeData);
export const indexParameter = (name: string): Parameter<bigint> =>
  required(name, 'quantity', (value, path) => decodeQuantity(value, path, 64));
