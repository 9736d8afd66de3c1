// The prover fails closed: a trace that breaks a constraint, a bus or a shape yields no proof.
// Owns the refusals of prover/prove/; honest proofs are in backend/ and verify/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FIBONACCI, fibonacciTrace } from "../../../prover/air/chips/fibonacci.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { TEST_FAST } from "../../../prover/protocol/profile.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { ReferenceBackend } from "../../../prover/prove/reference-backend.ts";
import { setup } from "../../../prover/prove/setup.ts";
import type { ProvingKey } from "../../../prover/prove/setup.ts";

const backend = new ReferenceBackend();

async function shuffle(): Promise<{ provingKey: ProvingKey; traces: ChipTrace[] }> {
  const traces = shuffleTraces([{ key: 5, value: 7 }, { key: 3, value: 15 }], [3, 4, 4]);
  const chips = compileMachine(SHUFFLE_MACHINE).map((chip, i) => ({ chip, logHeight: [3, 4, 4][i] ?? 0 }));
  return { provingKey: await setup(backend, TEST_FAST, chips, traces.map(({ preprocessed }) => preprocessed)), traces };
}

test("each cell of a Fibonacci trace, changed, is refused as an unsatisfied constraint", async () => {
  const chips = compileMachine([FIBONACCI]).map((chip) => ({ chip, logHeight: 3 }));
  const honest = fibonacciTrace(3, 1, 1);
  const provingKey = await setup(backend, TEST_FAST, chips, [honest.preprocessed]);
  for (let cell = 0; cell < honest.main.values.length; cell++) {
    const values = honest.main.values.slice();
    values[cell] = ((values[cell] as number) + 1) % P;
    const changed = { ...honest, main: { ...honest.main, values } };
    await assert.rejects(prove(backend, provingKey, [changed]), { code: "UNSATISFIED_CONSTRAINT" }, `cell ${cell}`);
  }
});

test("a wrong public value is refused as an unsatisfied constraint", async () => {
  const chips = compileMachine([FIBONACCI]).map((chip) => ({ chip, logHeight: 3 }));
  const honest = fibonacciTrace(3, 1, 1);
  const provingKey = await setup(backend, TEST_FAST, chips, [honest.preprocessed]);
  const publics = honest.publics.map((value, i) => (i === 2 ? value + 1 : value));
  await assert.rejects(prove(backend, provingKey, [{ ...honest, publics }]), { code: "UNSATISFIED_CONSTRAINT" });
});

test("a tuple sent but never received is refused as an unbalanced bus", async () => {
  const { provingKey, traces } = await shuffle();
  const unsorted = traces[0] as ChipTrace;
  const values = unsorted.main.values.slice();
  values[1] = ((values[1] as number) + 1) % 16;
  const changed = [{ ...unsorted, main: { ...unsorted.main, values } }, ...traces.slice(1)];
  await assert.rejects(prove(backend, provingKey, changed), { code: "UNBALANCED_BUS" });
});

test("a wrong lookup multiplicity is refused as an unbalanced bus", async () => {
  const { provingKey, traces } = await shuffle();
  const table = traces[2] as ChipTrace;
  const values = table.main.values.map((count, row) => (row === 3 ? count + 1 : count));
  await assert.rejects(prove(backend, provingKey, [...traces.slice(0, 2), { ...table, main: { ...table.main, values } }]), { code: "UNBALANCED_BUS" });
});

test("traces of the wrong number, height or public count trip assertions before any work", async () => {
  const { provingKey, traces } = await shuffle();
  const [first, second, third] = traces as [ChipTrace, ChipTrace, ChipTrace];
  const wrong: ChipTrace[][] = [
    [first, second], [second, first, third], [first, { ...second, publics: [] }, third],
    [{ ...first, main: { ...first.main, height: 16, values: new Uint32Array(48) } }, second, third],
  ];
  for (const list of wrong) await assert.rejects(prove(backend, provingKey, list), assert.AssertionError);
});
