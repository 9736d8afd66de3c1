// Judges an R1 program with its witness exactly: every constraint on every row and the wire bus with the public terms.
// This is the recursion's verdict on a proof, as the tests use it.
import { checkMachine } from "../../../prover/air/check.ts";
import type { BusTuple, Violation } from "../../../prover/air/check.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { R1Program } from "../../../prover/recursion/circuit.ts";
import { R1, R1_PUBLIC_TERMS } from "../../../prover/air/chips/r1.ts";

export const R1_CHIPS = compileMachine([R1]);

/** The tuples the verifier sends for the program's public values. */
export const publicTuples = (publics: readonly number[]): BusTuple[] =>
  R1_PUBLIC_TERMS.map(({ bus, multiplicity, tuple }) => ({
    bus, multiplicity, tuple: tuple.map((entry) => (entry.kind === "constant" ? entry.value : (publics[entry.publicIndex] ?? 0))),
  }));

export const checkProgram = (program: R1Program): Violation[] =>
  checkMachine(R1_CHIPS, [{ preprocessed: program.preprocessed, main: program.main, publics: program.publics }], publicTuples(program.publics));
