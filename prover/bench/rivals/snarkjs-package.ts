// snarkjs as this bench sees it: the types of what is used, and its witness file.
// Owns: the import, which brings no types. Does not own: keys (groth16-key.ts), circuits, measuring (snarkjs.ts).
// Invariant: nothing else of the package is called.

import { encodeFile, FIELD_BYTES } from "./circom-file.ts";
import type { Curve } from "./groth16-key.ts";
import { GROUP_ORDER } from "./keccak-r1cs.ts";

type Snarkjs = {
  /** A curve with threads is kept for the whole process, whose end waits for `terminate`. */
  readonly curves: { getCurveFromName(name: string, options: { readonly singleThread: boolean }): Promise<Curve & { terminate(): Promise<void> }> };
  readonly zKey: { exportVerificationKey(file: string): Promise<object> };
  readonly groth16: {
    prove(key: string, witness: string): Promise<{ readonly proof: object; readonly publicSignals: readonly string[] }>;
    verify(key: object, publics: readonly string[], proof: object): Promise<boolean>;
  };
};

/** Not a literal where it is imported: the package brings no types. */
const PACKAGE: string = "snarkjs";

export async function loadSnarkjs(): Promise<Snarkjs> {
  return (await import(PACKAGE)) as Snarkjs;
}

/** The values of all wires as a `.wtns`. */
export const witnessFile = (witness: readonly bigint[]): Uint8Array => encodeFile("wtns", 2, [
  (w) => {
    w.u32(FIELD_BYTES);
    w.field(GROUP_ORDER);
    w.u32(witness.length);
  },
  (w) => { for (const value of witness) w.field(value % GROUP_ORDER); },
]);
