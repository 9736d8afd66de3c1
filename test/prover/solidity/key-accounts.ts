// A key account with another constraint program, for tests: the rest as the generator made it.
// Owns: reading the struct's fields from its Solidity source. Does not own: what a key account means (key-data.ts).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AbiCoder } from "ethers";

const SOURCE = readFileSync(new URL("../../../prover/solidity/StarkKey.sol", import.meta.url), "utf8");

/** The fields of `struct StarkKey` in order, as an ABI type. */
const keyType = (): string => {
  const body = /struct StarkKey \{([\s\S]*?)\n\}/.exec(SOURCE)?.[1];
  assert(body !== undefined);
  const fields = [...body.replaceAll(/\/\/\/.*\n/g, "\n").matchAll(/(\S+) (\w+);/g)].map(([, type = "", name = ""]) => `${type} ${name}`);
  return `tuple(${fields.join(", ")})`;
};

/** The account's code with `program` in place of its own. */
export const withProgram = (code: Uint8Array, program: Uint8Array): Uint8Array => {
  const [type, coder] = [keyType(), AbiCoder.defaultAbiCoder()];
  const fields = coder.decode([type], code.subarray(1))[0] as { toObject: () => Record<string, unknown> };
  const encoded = coder.encode([type], [{ ...fields.toObject(), program }]);
  return Uint8Array.from([0, ...Buffer.from(encoded.slice(2), "hex")]);
};
