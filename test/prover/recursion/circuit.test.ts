// The circuit builder and the R1 chip: random wire programs satisfy the chip, the wiring rules are enforced, and no
// wired cell of a witness can change.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mutateRows } from "../../../prover/air/mutate.ts";
import { reportChip } from "../../../prover/air/report.ts";
import { extAdd, extMul, extScale } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P, inv, pow, twoAdicRoot } from "../../../prover/field/koalabear.ts";
import { compress, hashFixedLength } from "../../../prover/hash/poseidon2.ts";
import { Transcript } from "../../../prover/transcript/transcript.ts";
import { Circuit } from "../../../prover/recursion/circuit.ts";
import type { R1Program, Wire } from "../../../prover/recursion/circuit.ts";
import { canonicalBits, foldValues, horner, inverseRootTable, powerByBits, selectByBits } from "../../../prover/recursion/gadgets.ts";
import { PORTS, columnOf } from "../../../prover/air/chips/r1.ts";
import { TranscriptCircuit, climbPath, hashRow } from "../../../prover/recursion/sponge-circuit.ts";
import { reverseBits } from "../verify/reference-prover.ts";
import { R1_CHIPS, checkProgram } from "./r1-check.ts";

const felt = fc.nat(P - 1);
const ext = fc.tuple(felt, felt, felt, felt) as fc.Arbitrary<Ext>;

type Step = { readonly op: "add" | "sub" | "mul" | "mulAdd" | "scale" | "repack" | "divide" | "hint"; readonly i: number; readonly j: number; readonly k: number; readonly value: Ext };
const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom("add", "sub", "mul", "mulAdd", "scale", "repack", "divide", "hint"), i: fc.nat(1000), j: fc.nat(1000), k: fc.nat(1000), value: ext,
});

/** Runs the steps on wires; each result joins the pool the next steps choose from. */
const runSteps = (circuit: Circuit, steps: readonly Step[]): Wire[] => {
  const pool: Wire[] = [circuit.constant(7), circuit.publicInput(0), circuit.publicInput(3)];
  for (const { op, i, j, k, value } of steps) {
    const pick = (n: number): Wire => pool[n % pool.length] as Wire;
    const [a, b, c] = [pick(i), pick(j), pick(k)];
    switch (op) {
      case "add": pool.push(circuit.add(a, b)); break;
      case "sub": pool.push(circuit.sub(a, b)); break;
      case "mul": pool.push(circuit.mul(a, b)); break;
      case "mulAdd": pool.push(circuit.mulAdd(a, b, c)); break;
      case "scale": pool.push(circuit.scale(a, value[0])); break;
      case "repack": pool.push(circuit.pack(circuit.unpack(a).toReversed())); break;
      case "divide": if (b.value.some((x) => x !== 0)) pool.push(circuit.divide(a, b)); break;
      case "hint": pool.push(circuit.hintExt(value).wire); break;
    }
  }
  return pool;
};

test("random wire programs satisfy every constraint and the wire bus", () => {
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.array(felt, { minLength: 4, maxLength: 4 }), (steps, publics) => {
    const circuit = new Circuit(publics);
    runSteps(circuit, steps);
    assert.deepEqual(checkProgram(circuit.finish()), []);
  }), { seed: 5, numRuns: 15 });
});

test("lanes compute what extension arithmetic computes", () => {
  fc.assert(fc.property(ext, ext, ext, felt, (a, b, c, s) => {
    const circuit = new Circuit([]);
    const [x, y, z] = [circuit.hintExt(a).wire, circuit.hintExt(b).wire, circuit.hintExt(c).wire];
    assert.deepEqual(circuit.mulAdd(x, y, z).value, extAdd(extMul(a, b), c));
    assert.deepEqual(circuit.lane({ product: s, left: 2, addend: 3, constant: 4 }, x, y, z).value,
      extAdd(extAdd(extAdd(extScale(extMul(a, b), s), extScale(a, 2)), extScale(c, 3)), [4, 0, 0, 0]));
  }), { seed: 6, numRuns: 20 });
});

test("a second write of a wire, a read of a foreign wire and an unwired operand are refused", () => {
  const circuit = new Circuit([]);
  const wire = circuit.constant(3);
  assert.throws(() => circuit.writeAgain(wire), /expected one writer, got a second/);
  assert.throws(() => circuit.add(wire, { id: 9999, value: [0, 0, 0, 0] }), /expected a wire of this circuit/);
  assert.throws(() => circuit.lane({ product: 1 }, wire), /both factors wired/);
  assert.throws(() => circuit.lane({ addend: 1 }, wire), /addend must be wired/);
  assert.throws(() => new Circuit(Array.from({ length: 65 }, () => 0)), /R1 has 64 public values/);
});

const sample = (): R1Program => {
  const circuit = new Circuit([11, 22, 33, 44]);
  const steps: Step[] = Array.from({ length: 24 }, (_, n) => ({
    op: (["mul", "add", "hint", "repack", "divide", "mulAdd", "sub", "scale"] as const)[n % 8] as Step["op"], i: n, j: 3 * n + 1, k: n + 2, value: [n, n * n, 5, 1],
  }));
  runSteps(circuit, steps);
  const acc = circuit.hintExt([4, 3, 2, 1]).wire;
  const gamma = circuit.hintExt([1, 2, 3, 4]).wire;
  const row = hashRow(circuit, { felts: Array.from({ length: 19 }, (_, i) => i + 1), accumulator: { acc, gamma }, wanted: new Set([2]), startsPath: true });
  assert(row.acc !== undefined);
  climbPath(circuit, { siblings: [[1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1]], bits: canonicalBits(circuit, circuit.publicInput(1)).slice(0, 2), writesAcc: false });
  return circuit.finish();
};

test("every fan-out off by one and every changed wire id of a program unbalances the bus", () => {
  const program = sample();
  assert.deepEqual(checkProgram(program), []);
  const { preprocessed } = program;
  let tried = 0;
  for (let row = 0; row < preprocessed.height; row += 1) {
    for (let port = 0; port < PORTS.length; port += 1) {
      const position = row * preprocessed.width + 2 * port;
      const [id = 0, multiplicity = 0] = preprocessed.values.subarray(position, position + 2);
      if (multiplicity === 0 || (row + port) % 9 !== 0) continue;
      for (const [offset, value] of [[0, id + 1], [1, (multiplicity + 1) % P]] as const) {
        const before = preprocessed.values[position + offset] ?? 0;
        preprocessed.values[position + offset] = value;
        assert(checkProgram(program).length > 0, `row ${row}, port ${PORTS[port]}, ${offset === 0 ? "id" : "multiplicity"}`);
        preprocessed.values[position + offset] = before;
        tried += 1;
      }
    }
  }
  assert(tried > 30, `only ${tried} tried`);
});

/** Main columns a port of a row carries. */
const columnsOfPort = (port: string): number[] => {
  const quad = (group: string, offset = 0): number[] => [0, 1, 2, 3].map((i) => columnOf(group) + offset + i);
  if (port.startsWith("in")) return quad("in", 4 * Number(port.slice(2)));
  if (port.startsWith("felt")) return [columnOf("pack") + Number(port.slice(4))];
  if (port === "bit") return [columnOf("bit")];
  return port.startsWith("out") ? [] : quad(port);
};

test("no cell behind a used port, no S-box and no power of gamma can change", () => {
  const program = sample();
  const [chip] = R1_CHIPS;
  assert(chip !== undefined);
  const trace = { preprocessed: program.preprocessed, main: program.main, publics: program.publics };
  const rows = Array.from({ length: program.main.height }, (_, row) => row);
  const { tried, survivors } = mutateRows(chip, trace, rows, [(value) => (value + 1) % P]);
  assert(tried === 229 * rows.length);
  const always = new Set(["gamma2", "gamma4", "gamma8", "high", "low", "r0", "r1"].flatMap((group) => [0, 1, 2, 3].map((i) => columnOf(group) + i)));
  for (let i = 0; i < 148; i += 1) always.add(columnOf("boxes") + i);
  for (const { row, column } of survivors) {
    const index = chip.columnNames.main.indexOf(column);
    assert(!always.has(index), `${column} of row ${row} survived`);
    const used = PORTS.filter((_, port) => program.preprocessed.values[row * program.preprocessed.width + 2 * port + 1] !== 0);
    assert(!used.some((port) => columnsOfPort(port).includes(index)), `${column} of row ${row} is wired and survived`);
  }
});

test("the transcript circuit samples what the transcript samples, at every alignment", () => {
  fc.assert(fc.property(fc.array(fc.array(felt, { maxLength: 11 }), { minLength: 1, maxLength: 4 }), fc.nat(9), (records, extra) => {
    const circuit = new Circuit([]);
    const wires = new TranscriptCircuit(circuit, "KF-TEST");
    const plain = new Transcript("KF-TEST");
    for (const record of records) {
      wires.absorbFelts("publicValues", circuit.hintFelts(record));
      plain.absorbFelts("publicValues", record);
      assert.deepEqual(wires.sampleExt().value, plain.sampleExt());
      for (let i = 0; i < extra; i += 1) assert.equal(wires.sampleFelt().value[0], plain.sampleFelt());
      const bits = wires.sampleBits(10);
      assert.equal(bits.reduce((total, bit, i) => total + bit.value[0] * 2 ** i, 0), plain.sampleBits(10));
    }
    assert.deepEqual(checkProgram(circuit.finish()), []);
  }), { seed: 7, numRuns: 12 });
});

test("row hashes and paths give the reference's digests, and the accumulator is Horner's sum, for every row length", () => {
  for (let length = 1; length <= 26; length += 1) {
    const felts = Array.from({ length }, (_, i) => (i * 7919 + 13) % P);
    const [start, gamma]: [Ext, Ext] = [[9, 8, 7, 6], [3, 1, 4, 1]];
    const expectedAcc = felts.reduce<Ext>((acc, value) => extAdd(extMul(acc, gamma), [value, 0, 0, 0]), start);
    for (const startsPath of [false, true]) {
      const circuit = new Circuit([]);
      const accumulator = { acc: circuit.hintExt(start).wire, gamma: circuit.hintExt(gamma).wire };
      const row = hashRow(circuit, { felts, accumulator, wanted: new Set([length - 1]), startsPath });
      assert.equal(row.felts.get(length - 1)?.value[0], felts[length - 1]);
      let acc = row.acc;
      if (startsPath) {
        const siblings = [[1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8, 9]];
        const path = climbPath(circuit, { siblings, bits: circuit.hintFelts([1, 0]), writesAcc: row.acc === undefined });
        const expected = compress(compress(siblings[0] as number[], hashFixedLength(felts)), siblings[1] as number[]);
        assert.deepEqual(path.root.flatMap((wire) => [...wire.value]), expected);
        acc ??= path.acc;
      } else {
        assert.deepEqual(row.digest?.flatMap((wire) => [...wire.value]), hashFixedLength(felts));
      }
      assert.deepEqual(acc?.value, expectedAcc, `length ${length}`);
      assert.deepEqual(checkProgram(circuit.finish()), [], `length ${length}, path ${startsPath}`);
    }
  }
});

test("a wrong bit decomposition, p itself as bits and a non-boolean bit are refused", () => {
  const program = (value: number, bits: readonly number[]): R1Program => {
    const circuit = new Circuit([value]);
    const original = circuit.hintFelts.bind(circuit);
    circuit.hintFelts = (values) => original(values.length === 31 ? bits : values);
    canonicalBits(circuit, circuit.publicInput(0));
    return circuit.finish();
  };
  const bitsOf = (value: number): number[] => Array.from({ length: 31 }, (_, i) => Math.floor(value / 2 ** i) % 2);
  for (const value of [0, 1, 2 ** 24, P - 1, 127 * 2 ** 24]) assert.deepEqual(checkProgram(program(value, bitsOf(value))), []);
  assert(checkProgram(program(5, bitsOf(6))).length > 0);
  assert(checkProgram(program(0, bitsOf(P))).length > 0, "0 as the bits of p");
  assert(checkProgram(program(1, bitsOf(P + 1))).length > 0, "1 as the bits of p + 1");
  assert(checkProgram(program(2, [2, ...bitsOf(0).slice(1)])).length > 0, "a bit of value 2");
});

test("selection, powers and folding agree with direct computation", () => {
  fc.assert(fc.property(fc.array(ext, { minLength: 8, maxLength: 8 }), fc.nat(7), ext, fc.nat(15), (values, index, challenge, rowIndex) => {
    const circuit = new Circuit([]);
    const bits = circuit.hintFelts([index % 2, Math.floor(index / 2) % 2, Math.floor(index / 4)]);
    const wires = values.map((value) => circuit.hintExt(value).wire);
    assert.deepEqual(selectByBits(circuit, wires, bits).value, values[index]);
    const rowBits = circuit.hintFelts([0, 1, 2, 3].map((i) => Math.floor(rowIndex / 2 ** i) % 2));
    const inverseY = powerByBits(circuit, circuit.constant(1), rowBits.map((_, j) => inv(twoAdicRoot(4 + j))), rowBits);
    assert.equal(inverseY.value[0], inv(pow(twoAdicRoot(7), reverseBits(8 * rowIndex, 7))));
    const polynomial = values;
    const at = (point: number): Ext => polynomial.reduceRight<Ext>((acc, c) => extAdd(extScale(acc, point), c), [0, 0, 0, 0]);
    const row = Array.from({ length: 8 }, (_, i) => circuit.hintExt(at(pow(twoAdicRoot(7), reverseBits(8 * rowIndex + i, 7)))).wire);
    const point = circuit.hintExt(challenge).wire;
    const expected = horner(circuit, wires.toReversed(), point).value;
    assert.deepEqual(foldValues(circuit, row, inverseY, point, inverseRootTable(3, twoAdicRoot)).value, expected);
  }), { seed: 8, numRuns: 10 });
});

test("R1's widths and counts are as pinned", () => {
  assert.deepEqual(R1_CHIPS.map(reportChip).map(({ preprocessed, main, permutation, nextOpened, constraints, interactions, degree }) =>
    [preprocessed, main, permutation, nextOpened, constraints, interactions, degree]), [[64, 229, 44, 29, 208, 22, 3]]);
});
