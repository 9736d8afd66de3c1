/** A transition that the protocol refuses, with the guard that refused it: the model's counterpart of a revert with a custom error. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'Refused';
    this.code = code;
  }
}

/** Throws {@link Refused} unless `condition`. */
export function demand(condition: boolean, code: string, detail: string): asserts condition {
  if (!condition) throw new Refused(code, detail);
}
