// Laws of the expression DAG (sharing, order, folding, degrees) and of the rules that a chip definition must keep,
// each rule with a definition that breaks it.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_DEGREE, defineChip } from "../../../prover/air/chip.ts";
import type { Bus } from "../../../prover/air/chip.ts";
import { ExpressionPool, packLittleEndian, toFieldConstant } from "../../../prover/air/expression.ts";
import { compileChip, compileMachine } from "../../../prover/air/ir.ts";
import { P } from "../../../prover/field/koalabear.ts";

const BUS: Bus = { id: 0, name: "bus", width: 2 };

test("structurally equal expressions are one node and operands precede their users", () => {
  const pool = new ExpressionPool();
  const [a, b] = [pool.column("main", 0, false), pool.column("main", 1, false)];
  assert.equal(a.add(b), b.add(a));
  assert.equal(a.mul(b), b.mul(a));
  assert.notEqual(a.sub(b), b.sub(a));
  pool.nodes.forEach((node, id) => {
    if ("left" in node) assert(node.left < id && node.right < id);
  });
});

test("columns of different phases, rows and public inputs with one index never share a node", () => {
  const pool = new ExpressionPool();
  const leaves = [
    pool.column("preprocessed", 0, false), pool.column("main", 0, false), pool.column("permutation", 0, false),
    pool.column("preprocessed", 0, true), pool.column("main", 0, true), pool.column("permutation", 0, true),
    pool.publicInput(0), pool.alpha(), pool.betaPower(1), pool.sumShare(), pool.constant(0),
  ];
  assert.equal(new Set(leaves.map((leaf) => leaf.id)).size, leaves.length);
});

test("constants fold to canonical field elements and neutral elements vanish", () => {
  const pool = new ExpressionPool();
  const x = pool.column("main", 0, false);
  assert.equal(x.add(0), x);
  assert.equal(x.mul(1), x);
  assert.equal(x.sub(x).constantValue, 0);
  assert.equal(x.mul(0).constantValue, 0);
  fc.assert(fc.property(fc.integer({ min: -P, max: P }), fc.integer({ min: -P, max: P }), (a, b) => {
    assert.equal(pool.constant(a).mul(b).constantValue, Number(((BigInt(a) * BigInt(b)) % BigInt(P) + BigInt(P)) % BigInt(P)));
    assert.equal(pool.constant(a).sub(b).constantValue, toFieldConstant(a - b));
  }), { seed: 1 });
});

test("degrees add under multiplication, take the maximum under addition, and selectors count", () => {
  const pool = new ExpressionPool();
  const [x, y] = [pool.column("main", 0, false), pool.column("main", 1, true)];
  assert.equal(x.mul(y).mul(x).degree, 3);
  assert.equal(x.add(x.mul(y)).degree, 2);
  assert.equal(pool.publicInput(0).mul(pool.alpha()).degree, 0);
  assert.equal(packLittleEndian([x, y]).degree, 1);
});

test("a constraint of degree 4 is refused, and degree 3 on the first row too (its selector adds one)", () => {
  assert.throws(() => defineChip("four", (b) => {
    const x = b.main("x");
    b.assertZero("too high", x.mul(x).mul(x).mul(x));
  }), /degree 4 exceeds 3/);
  assert.throws(() => defineChip("boundary", (b) => {
    const x = b.main("x");
    b.assertZero("too high", x.mul(x).mul(x), "first");
  }), /degree 4 exceeds 3/);
  defineChip("three", (b) => {
    const x = b.main("x");
    b.assertZero("fine", x.mul(x).mul(x), "transition");
  });
});

test("the degree-4 trap of a selector in the running sum is avoided: every lookup constraint has degree at most 3", () => {
  const chip = defineChip("wide", (b) => {
    const [x, y, m] = [b.main("x"), b.main("y"), b.main("m")];
    b.send(BUS, "a", [x, y], m);
    b.receive(BUS, "b", [y, x], m);
    b.send(BUS, "c", [x.mul(y), x], m);
    b.send(BUS, "d", [x, y], m.mul(m));
    b.send(BUS, "e", [x, y], m);
  });
  const compiled = compileChip(chip, 2);
  const lookups = compiled.constraints.slice(compiled.ownConstraintCount);
  assert(lookups.length >= 3, "the wide tuple cannot be paired with a neighbour of degree 1 beyond the bound");
  assert(lookups.every((constraint) => constraint.scope === "every"), "cyclic: no selector");
  assert.equal(MAX_DEGREE, 3);
});

test("a tuple of the wrong length, a constant constraint, a foreign expression and two columns of one name are refused", () => {
  assert.throws(() => defineChip("arity", (b) => b.send(BUS, "one", [b.main("x")], 1)), /tuples of 2/);
  assert.throws(() => defineChip("constant", (b) => { b.main("x"); b.assertZero("never", 5); }), /is the constant 5/);
  assert.throws(() => defineChip("twice", (b) => { b.main("x"); b.main("x"); }), /two columns of one name/);
  const foreign = new ExpressionPool().column("main", 0, false);
  assert.throws(() => defineChip("foreign", (b) => b.assertZero("mixed", b.main("x").add(foreign))), /another chip/);
});

test("the digest ignores labels and unused expressions and notices any change of meaning", () => {
  const make = (label: string, factor: number, scope: "every" | "transition", busId: number, isReversed: boolean): string => {
    const bus: Bus = { id: busId, name: "bus", width: 1 };
    const chip = defineChip("c", (b) => {
      const [x, y] = [b.main("x"), b.main("y")];
      if (label === "unused") x.mul(y).mul(y);
      const [first, second] = isReversed ? [y, x] : [x, y];
      b.assertZero(label, first.mul(second).sub(first.mul(factor)), scope);
      b.send(bus, label, [x], y);
    });
    return Buffer.from(compileChip(chip, 1).digest).toString("hex");
  };
  const base = make("one", 2, "every", 0, false);
  assert.equal(make("two", 2, "every", 0, false), base);
  assert.equal(make("unused", 2, "every", 0, false), base);
  const changed = [
    make("one", 3, "every", 0, false), make("one", 2, "transition", 0, false), make("one", 2, "every", 1, false),
    make("one", 2, "every", 0, true),
  ];
  assert.equal(new Set([base, ...changed]).size, 5);
});

test("a machine shares the widest tuple of all its chips", () => {
  const narrow = defineChip("narrow", (b) => b.send({ id: 1, name: "n", width: 1 }, "x", [b.main("x")], 1));
  const wide = defineChip("wide", (b) => b.send(BUS, "xy", [b.main("x"), b.main("y")], 1));
  assert.deepEqual(compileMachine([narrow, wide]).map((chip) => chip.maxTupleWidth), [2, 2]);
});
