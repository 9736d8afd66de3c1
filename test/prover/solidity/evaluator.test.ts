// The Solidity evaluator against the reference interpreter: the same random rows give the same folded constraints, on
// the EVM, for every chip of the system; gas and program sizes are printed and bounded.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { EVM } from "@ethereumjs/evm";
import { hexToBytes } from "@ethereumjs/util";
import { Interface } from "ethers";
import { evaluateNodes, foldConstraints, powersOf } from "../../../prover/air/evaluate.ts";
import type { LeafValues, RingOperations, SelectorValues } from "../../../prover/air/evaluate.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { CompiledChip } from "../../../prover/air/ir.ts";
import { MACHINES } from "../../../prover/air/machines.ts";
import { extAdd, extFromFelt, extMul, extSub } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { R1 } from "../../../prover/air/chips/r1.ts";
import { solidityProgram } from "../../../prover/solidity/constraint-program.ts";
import type { LeafNode } from "../../../prover/solidity/constraint-program.ts";
import { HARNESS_ADDRESS, evmWithHarness, packExt } from "./harness.ts";

const RING: RingOperations<Ext> = { constant: extFromFelt, add: extAdd, sub: extSub, mul: extMul };
/** A caller that hands everything over as calldata. */
const HARNESS = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {ConstraintMachine} from "ConstraintMachine.sol";
contract Harness {
    function run(bytes memory program, uint256[] memory givenValues, uint256 slotCount, uint256[4] memory weights) external view returns (uint256 folded, uint256 gasUsed) {
        uint256[] memory slots = new uint256[](slotCount);
        for (uint256 i = 0; i < givenValues.length; ++i) slots[i] = givenValues[i];
        uint256 start = gasleft();
        folded = ConstraintMachine.fold(program, slots, givenValues.length, weights);
        gasUsed = start - gasleft();
    }
}`;
const ABI = new Interface(["function run(bytes program, uint256[] givenValues, uint256 slotCount, uint256[4] weights) view returns (uint256 folded, uint256 gasUsed)"]);
/** R1's constraints must leave room in the 7.5 M gas of a whole verification. */
const GAS_LIMIT = 870_000n;

let evm: EVM;
before(async () => {
  evm = await evmWithHarness(HARNESS, ["ConstraintMachine.sol"], 10_000);
});

const call = async (program: Uint8Array, given: readonly Ext[], slotCount: number, weights: readonly Ext[]): Promise<{ folded: bigint; gas: bigint } | { reverted: string }> => {
  const data = ABI.encodeFunctionData("run", [program, given.map(packExt), slotCount, weights.map(packExt)]);
  const { execResult } = await evm.runCall({ to: HARNESS_ADDRESS, data: hexToBytes(data as `0x${string}`), gasLimit: 200_000_000n });
  if (execResult.exceptionError !== undefined) return { reverted: Buffer.from(execResult.returnValue).toString("hex") };
  const [folded, gas] = ABI.decodeFunctionResult("run", execResult.returnValue) as unknown as [bigint, bigint];
  return { folded, gas };
};

const randomExts = (seed: number): (() => Ext) => {
  let state = seed >>> 0;
  const felt = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0 % P;
  };
  return () => [felt() % P, felt() % P, felt() % P, felt() % P];
};

const valueOf = (leaf: LeafNode, values: LeafValues<Ext>): Ext => {
  const at = (list: readonly Ext[], index: number): Ext => {
    const value = list[index];
    assert(value !== undefined);
    return value;
  };
  switch (leaf.op) {
    case "alpha": return values.alpha;
    case "sumShare": return values.sumShare;
    case "betaPower": return at(values.betaPowers, leaf.power);
    case "public": return at(values.publics, leaf.index);
    case "column": return at(values[leaf.isNext ? `${leaf.phase}Next` as const : leaf.phase], leaf.index);
  }
};

const randomRow = (chip: CompiledChip, next: () => Ext): LeafValues<Ext> => {
  const list = (count: number): Ext[] => Array.from({ length: count }, next);
  return {
    preprocessed: list(chip.preprocessedWidth), preprocessedNext: list(chip.preprocessedWidth), main: list(chip.mainWidth), mainNext: list(chip.mainWidth),
    permutation: list(chip.permutationWidth), permutationNext: list(chip.permutationWidth), publics: list(chip.publicCount),
    alpha: next(), betaPowers: powersOf(RING, next(), chip.maxTupleWidth), sumShare: next(),
  };
};

const chips = [...MACHINES.filter(({ name }) => name !== "keccak-chain").flatMap(({ chips: definitions }) => compileMachine(definitions)), ...compileMachine([R1])];

for (const chip of chips) {
  test(`the EVM folds random rows of ${chip.name} to the interpreter's value`, async (context) => {
    const list: LeafNode[] = [];
    for (const node of chip.nodes) if (node.op !== "constant" && !("left" in node)) list.push(node);
    const program = solidityProgram(chip, list.length, (leaf) => list.indexOf(leaf));
    const next = randomExts(77);
    for (let trial = 0; trial < 2; trial += 1) {
      const row = randomRow(chip, next);
      const selectors: SelectorValues<Ext> = { first: next(), last: next(), transition: next() };
      const challenge = next();
      const expected = foldConstraints(chip, RING, evaluateNodes(chip, RING, row), selectors, challenge);
      const given = [...list.map((leaf) => valueOf(leaf, row)), ...program.constants.map(extFromFelt)];
      const result = await call(program.code, given, program.slotCount, [challenge, selectors.first, selectors.last, selectors.transition]);
      assert("folded" in result, "the call reverted");
      assert.equal(result.folded, packExt(expected), `trial ${trial}`);
      assert(result.gas < GAS_LIMIT, `${result.gas} gas`);
      if (trial === 0) context.diagnostic(`${chip.name}: ${program.code.length} bytes, ${result.gas} gas`);
    }
  });
}

test("a program cut inside a run and an unknown opcode revert with their errors", async () => {
  const weights = Array.from({ length: 4 }, (): Ext => [1, 0, 0, 0]);
  const short = await call(Uint8Array.from([5, 0, 2, 0, 0]), [[1, 0, 0, 0]], 1, weights);
  const unknown = await call(Uint8Array.from([10, 0, 1, 0, 0]), [[1, 0, 0, 0]], 1, weights);
  assert("reverted" in short && "reverted" in unknown);
  const errors = new Interface(["error BadProgramLength(uint256 length)", "error BadOpcode(uint256 opcode, uint256 position)"]);
  assert.equal(errors.parseError(`0x${short.reverted}`)?.name, "BadProgramLength");
  assert.equal(errors.parseError(`0x${unknown.reverted}`)?.name, "BadOpcode");
});

test("lane arithmetic holds at the edges 0, 1 and p - 1, products also at the largest lazy lanes", async () => {
  const edges = [0, 1, P - 1];
  // slot 2 = a * b; 3..10 = slot 2 - b (and filler); 11 = (slot 3 + slot 1 + slot 0 + slot 4) * slot 3; folded.
  const code = Uint8Array.from([
    1, 0, 1, 0, 0, 0, 1, 3, 0, 1, 0, 2, 0, 1, ...Array.from({ length: 28 }, () => 0), 9, 0, 1, 1, 0, 3, 0, 1, 0, 0, 0, 4, 1, 0, 1, 0, 11, 0, 3, 5, 0, 1, 0, 12,
  ]);
  const challenge: Ext = [0, 0, 0, 0];
  for (const x of edges) {
    for (const y of edges) {
      const [a, b]: [Ext, Ext] = [[x, y, x, y], [y, y, x, x]];
      const result = await call(code, [a, b], 13, [challenge, challenge, challenge, challenge]);
      assert("folded" in result);
      const difference = extSub(extMul(a, b), b);
      assert.equal(result.folded, packExt(extMul(extAdd(extAdd(difference, b), a), difference)), `${x}, ${y}`);
    }
  }
  // Factors with every lane just below 2^62: the lanes are that number mod p.
  const edge = (1n << 62n) - 1n;
  const word = edge | (edge << 64n) | (edge << 128n) | (edge << 192n);
  const lane = Number(edge % BigInt(P));
  const value: Ext = [lane, lane, lane, lane];
  const data = ABI.encodeFunctionData("run", [Uint8Array.from([1, 0, 1, 0, 0, 0, 0, 5, 0, 1, 0, 1]), [word], 2, [0, 0, 0, 0]]);
  const { execResult } = await evm.runCall({ to: HARNESS_ADDRESS, data: hexToBytes(data as `0x${string}`), gasLimit: 200_000_000n });
  assert.equal(ABI.decodeFunctionResult("run", execResult.returnValue)[0], packExt(extMul(value, value)));
});
