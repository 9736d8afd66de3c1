// What a method may return: values that JSON can carry without loss, so no bigint, no bytes, no undefined.
//
// Owns: the type only. Invariant: JSON.stringify of such a value never throws except for memory.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject { readonly [member: string]: JsonValue }
