// The fold of a row on the EVM against Horner's rule: at every width around words and blocks, with elements at the edge, and with
// one element that is not canonical.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { EVM } from "@ethereumjs/evm";
import { hexToBytes } from "@ethereumjs/util";
import { Interface } from "ethers";
import { extAddFelt, extMul } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { wordsToBytes } from "../../../prover/hash/suite.ts";
import { HARNESS_ADDRESS, evmWithHarness, packExt } from "./harness.ts";

const HARNESS = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {StarkRows} from "./StarkRows.sol";
import {QuarticExtension as E} from "./QuarticExtension.sol";
contract Harness {
    function run(uint256 gamma, bytes memory row, uint256 value) external view returns (uint256 folded, bool isStray, uint256 gasUsed) {
        uint256 powers;
        assembly ("memory-safe") {
            powers := mload(0x40)
            mstore(0x40, add(powers, 2240))
        }
        uint256 power = 1;
        for (uint256 i = 0; i <= StarkRows.BLOCK; ++i) {
            assembly ("memory-safe") { mstore(add(powers, shl(5, i)), power) }
            power = E.mul(power, gamma);
        }
        uint256 table = StarkRows.tabulate(powers);
        uint256 width = row.length / 4;
        StarkRows.product(powers + 32 * StarkRows.firstBlock(width), powers + 2112);
        uint256 start;
        assembly ("memory-safe") { start := add(row, 32) }
        gasUsed = gasleft();
        (folded, isStray) = StarkRows.fold(start, width, value, table, powers + 2112);
        gasUsed -= gasleft();
    }
}`;
const ABI = new Interface(["function run(uint256 gamma, bytes row, uint256 value) view returns (uint256 folded, bool isStray, uint256 gasUsed)"]);
/** Gas of a word of eight elements, its share of a block's included. */
const MOST_GAS_OF_A_WORD = 440;

let evm: EVM;
before(async () => {
  evm = await evmWithHarness(HARNESS, ["StarkRows.sol", "QuarticExtension.sol"], 1_000);
});

const fold = async (gamma: Ext, row: readonly number[], value: Ext): Promise<{ folded: bigint; isStray: boolean; gas: number }> => {
  const data = ABI.encodeFunctionData("run", [packExt(gamma), wordsToBytes(row), packExt(value)]);
  const { execResult } = await evm.runCall({ to: HARNESS_ADDRESS, data: hexToBytes(data as `0x${string}`), gasLimit: 30_000_000n });
  assert.equal(execResult.exceptionError, undefined);
  const [folded, isStray, gas] = ABI.decodeFunctionResult("run", execResult.returnValue) as unknown as [bigint, boolean, bigint];
  return { folded, isStray, gas: Number(gas) };
};

test("the EVM folds rows as Horner's rule does, and reports an element that is not canonical wherever it stands", async (context) => {
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0) % P;
  };
  for (const width of [1, 2, 7, 8, 9, 15, 44, 63, 64, 65, 72, 127, 128, 129, 229]) {
    for (const element of [random, () => P - 1]) {
      const ext = (): Ext => [element(), element(), element(), element()];
      const [gamma, value, row] = [ext(), ext(), Array.from({ length: width }, element)];
      const { folded, isStray, gas } = await fold(gamma, row, value);
      assert.equal(folded, packExt(row.reduce((acc, next) => extAddFelt(extMul(acc, gamma), next), value)), `width ${width}`);
      assert.equal(isStray, false);
      if (width === 229) {
        context.diagnostic(`${width} elements: ${gas} gas`);
        assert(gas < MOST_GAS_OF_A_WORD * Math.ceil(width / 8), `${gas} gas`);
      }
      for (const at of new Set([0, Math.floor(width / 3), Math.floor(width / 2), width - 1])) {
        for (const stray of [P, 2 ** 31, 2 ** 32 - 1]) {
          assert.equal((await fold(gamma, row.map((next, i) => (i === at ? stray : next)), value)).isStray, true, `width ${width}: ${stray} at ${at}`);
        }
      }
    }
  }
});
