// The L1 verifier on anvil against the TypeScript verifier: same verdict on honest and hostile proofs, and the two
// transactions in every order, for a machine without buses and one with everything a single chip can have.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { hexlify, isCallException, keccak256 } from "ethers";
import { P } from "../../../prover/field/koalabear.ts";
import { wordsToBytes } from "../../../prover/hash/suite.ts";
import { TEST_FAST, TEST_KECCAK } from "../../../prover/protocol/profile.ts";
import { readBuilt, readSources, sourcesDigest } from "../../../prover/solidity/build.ts";
import { CHECKS, deletableSources } from "../../../prover/solidity/checks.ts";
import { MAX_CODE_BYTES, UnsupportedKey, keyCode, proofParts } from "../../../prover/solidity/key-data.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { fibonacciInstance, shuffleInstance } from "../verify/machines.ts";
import type { Instance } from "../verify/machines.ts";
import { referenceProof } from "../verify/reference-prover.ts";
import { proofNumber } from "./attacks.ts";
import { REPEATED_RULE } from "./repeats.ts";
import { Chain, L1, TRANSACTION_GAS } from "./l1.ts";
import { FIBONACCI, MACHINES, lies } from "./l1-machines.ts";

/** What the contract calls each rejection. */
const NAMES: Readonly<Record<string, string>> = {
  PROOF_LENGTH: "PartLength", PROOF_NOT_CANONICAL: "NotCanonical", LOOKUP_GRIND: "LookupGrind", BATCH_GRIND: "BatchGrind",
  FOLD_GRIND: "FoldGrind", QUERY_GRIND: "QueryGrind", CONSTRAINTS: "Constraints", LOOKUP_SUM: "LookupSum",
  PREPROCESSED_OPENING: "TreeOpening", MAIN_OPENING: "TreeOpening", PERMUTATION_OPENING: "TreeOpening",
  QUOTIENT_OPENING: "TreeOpening", FOLD_OPENING: "FoldOpening", FINAL_POLYNOMIAL: "FinalPolynomial",
};
const fibonacci = referenceProof(FIBONACCI.key, FIBONACCI.traces);
const statementOf = (publics: readonly number[]): string => keccak256(wordsToBytes(publics));

let chain: Chain;
let verifiers: Map<string, L1>;
before(async () => {
  chain = await Chain.start();
  verifiers = new Map();
  for (const { label, instance } of MACHINES) verifiers.set(label, await L1.deploy(chain, instance.key));
});
after(() => chain.stop());

const l1Of = (label: string): L1 => {
  const found = verifiers.get(label);
  assert(found !== undefined);
  return found;
};

/** Both verdicts, which must agree; a lie told consistently is stopped by the same check. */
const compare = async (label: string, { key }: Instance, name: string, publics: readonly number[], bytes: Uint8Array, isSameCheck: boolean): Promise<string | undefined> => {
  const verdict = verifyProof(key, publics, bytes);
  const error = await l1Of(label).verdict(publics, bytes);
  assert.equal(error === undefined, verdict.ok, `${label}: ${name}: L1 says ${error}, TypeScript ${verdict.ok ? "accepts" : verdict.code}`);
  if (isSameCheck && !verdict.ok) assert.equal(error, NAMES[verdict.code], `${label}: ${name}`);
  return error;
};

test("the generated contracts are those of the sources and fit an account", () => {
  const built = readBuilt();
  assert.equal(built.sources, sourcesDigest(), "node prover/solidity/build.ts writes the file anew");
  for (const { codeBytes } of Object.values(built.contracts)) assert(codeBytes <= MAX_CODE_BYTES);
});

test("every way the sources have to refuse stands in the list of checks, and each check of the list in the sources, once", () => {
  const [sources, rewritten] = [readSources(), deletableSources(readSources())];
  // The refusal inside requireCanonical stands for its calls, which are checks of their own.
  const inner = ["if (stray != 0) revert NotCanonical(stray);", "function requireCanonical("];
  for (const [file, { content }] of Object.entries(sources)) {
    const code = content.replaceAll(/\/\/.*$/gm, (comment) => " ".repeat(comment.length));
    const texts = [...CHECKS.filter((check) => check.file === file).map(({ text }) => text), ...inner];
    const covered = texts.flatMap((text) => (code.includes(text) ? [{ from: code.indexOf(text), to: code.indexOf(text) + text.length }] : []));
    for (const { 0: word, index } of code.matchAll(/\b(?:revert|require|requireCanonical|assert|invalid)\b|return \(?false/g)) {
      assert(covered.some(({ from, to }) => from <= index && index < to), `${file}: ${word} at ${index}: ${code.slice(index, index + 60)}`);
    }
    assert.notEqual(rewritten[file]?.content, content);
  }
  assert.equal(CHECKS.filter(({ redundant }) => redundant !== undefined).length, 5);
  assert.equal(new Set(CHECKS.map(({ name }) => name)).size, CHECKS.length);
  for (const index of CHECKS.keys()) assert(Object.values(rewritten).some(({ content }) => content.includes(`Deletions.hold(${index})`)), `check ${index}`);
});

test("the rule that the mutation suite deletes by its text stands in the TypeScript verifier, once", () => {
  const source = readFileSync(new URL("../../../prover/verify/queries.ts", import.meta.url), "utf8");
  assert.equal(source.split(REPEATED_RULE).length, 2);
});

test("keys that L1 does not serve are refused by name", () => {
  const [poseidon, threeChips] = [fibonacciInstance(TEST_FAST, 4), shuffleInstance(TEST_KECCAK, [4, 4, 4])];
  const unground = fibonacciInstance({ ...TEST_KECCAK, grindingBits: { lookup: 1, batch: 0, fold: 1, query: 1 } }, 4);
  for (const { key } of [poseidon, threeChips, unground]) assert.throws(() => keyCode(key), UnsupportedKey);
  const lottery = MACHINES.at(-1)?.instance.key;
  const [term] = lottery?.publicTerms ?? [];
  assert(lottery !== undefined && term !== undefined);
  // Cut off at its bytes, each would be another statement on L1.
  const long = { ...term, tuple: Array.from({ length: 300 }, () => ({ kind: "constant", value: 1 } as const)) };
  for (const wide of [{ ...term, bus: { ...term.bus, id: 65_535 } }, long]) assert.throws(() => keyCode({ ...lottery, publicTerms: [wide] }), UnsupportedKey);
});

for (const { label, instance } of MACHINES) {
  test(`${label}: L1 and TypeScript accept the honest proof and stop each lie by the same check`, async () => {
    const { publics, bytes } = referenceProof(instance.key, instance.traces);
    assert.equal(await compare(label, instance, "honest", publics, bytes, true), undefined);
    assert.deepEqual(proofParts(instance.key, publics, bytes), referenceProof(instance.key, instance.traces).l1Parts);
    const seen = new Set<string | undefined>();
    for (const { name, tampering } of lies()) {
      const lie = referenceProof(instance.key, instance.traces, tampering);
      seen.add(await compare(label, instance, name, lie.publics, lie.bytes, true));
    }
    const expected = ["BatchGrind", "Constraints", "FinalPolynomial", "FoldGrind", "FoldOpening", "QueryGrind", "TreeOpening"];
    for (const error of [...expected, ...(label === "lottery" ? ["LookupGrind"] : [])]) assert(seen.has(error), `no lie ends with ${error}`);
    const [trace] = instance.traces;
    assert(trace !== undefined);
    const publicLie = referenceProof(instance.key, [{ ...trace, publics: trace.publics.map((v, i) => (i === 0 ? v + 1 : v)) }]);
    const error = await compare(label, instance, "public value", publicLie.publics, publicLie.bytes, true);
    assert.equal(error, label === "lottery" ? "LookupSum" : "Constraints");
  });

  test(`${label}: a changed, aliased or moved word is refused by both`, async () => {
    const { publics, bytes } = referenceProof(instance.key, instance.traces);
    const change = (position: number, to: (word: number) => number): Uint8Array => {
      const changed = bytes.slice();
      const view = new DataView(changed.buffer);
      view.setUint32(4 * position, to(view.getUint32(4 * position, true)) >>> 0, true);
      return changed;
    };
    // The full suite has four hundred variations (variations.ts).
    const stride = Math.ceil(bytes.length / 4 / 25);
    for (let position = 0; position < bytes.length / 4; position += stride) {
      assert.notEqual(await compare(label, instance, `word ${position}, one bit`, publics, change(position, (word) => word ^ (1 << (position % 32))), false), undefined);
      assert.notEqual(await compare(label, instance, `word ${position}, plus p`, publics, change(position, (word) => (word + P) % 2 ** 32), false), undefined);
    }
  });
}

test("long, short, empty and aliased parts are refused by name, and so is a third part", async () => {
  const l1 = l1Of("fibonacci");
  const parts = proofParts(FIBONACCI.key, fibonacci.publics, fibonacci.bytes);
  for (const part of [0, 1] as const) {
    const data = parts[part];
    for (const extra of [1, 4, 32]) {
      assert.equal(await l1.check(part, Uint8Array.from([...data, ...new Uint8Array(extra)])), "PartLength");
      assert.equal(await l1.check(part, data.slice(0, -extra)), "PartLength");
    }
    assert.equal(await l1.check(part, new Uint8Array(0)), "PartLength");
    // Part 0 begins with a public value; in part 1 zeta and the folded openings follow two roots of 28 bytes.
    for (const at of part === 0 ? [0] : [56, 68, 72, 100]) {
      const alias = data.slice();
      const view = new DataView(alias.buffer);
      view.setUint32(at, view.getUint32(at) + P);
      assert.equal(await l1.check(part, alias), "NotCanonical", `part ${part}, byte ${at}`);
    }
  }
  // Each part read as the other begins with words that are no elements, or fails later: which check sees it first is chance.
  assert.notEqual(await l1.check(0, parts[1]), undefined);
  assert.notEqual(await l1.check(1, parts[0]), undefined);
  assert.equal(await l1.check(2, parts[0]), "UnknownPart");
});

test("a verifier whose key account comes to hold another key, or nothing, accepts nothing until the account is as it was", async () => {
  const l1 = await L1.deploy(chain, FIBONACCI.key);
  const holder = String(await l1.verifier.getFunction("keyHolder").staticCall());
  const lottery = MACHINES.at(-1)?.instance;
  assert(lottery !== undefined);
  const own = proofParts(FIBONACCI.key, fibonacci.publics, fibonacci.bytes);
  const { publics, bytes } = referenceProof(lottery.key, lottery.traces);
  const other = proofParts(lottery.key, publics, bytes);
  assert.equal(await l1.verifier.getFunction("keyCodeHash").staticCall(), keccak256(keyCode(FIBONACCI.key)));
  for (const code of [hexlify(keyCode(lottery.key)), "0x", "0x00"]) {
    await chain.anvil.rpc("anvil_setCode", holder, code);
    for (const data of [own, other]) assert.deepEqual([await l1.check(0, data[0]), await l1.check(1, data[1])], ["KeyChanged", "KeyChanged"]);
  }
  await chain.anvil.rpc("anvil_setCode", holder, hexlify(keyCode(FIBONACCI.key)));
  assert.deepEqual([await l1.check(0, own[0]), await l1.check(1, own[1])], [undefined, undefined]);
});

test("calldata with slack in its encoding is the same part; clipped, dirty or overlapping encodings are refused", async () => {
  const { parts } = l1Of("fibonacci");
  const [data] = proofParts(FIBONACCI.key, fibonacci.publics, fibonacci.bytes);
  const honest = parts.interface.encodeFunctionData("submit", [statementOf(fibonacci.publics), 0, data]);
  const to = await parts.getAddress();
  const isTaken = async (calldata: string): Promise<boolean> => {
    try {
      await chain.provider.call({ to, data: calldata, gasLimit: TRANSACTION_GAS });
      return true;
    } catch (error) {
      assert(isCallException(error), String(error));
      return false;
    }
  };
  // Words: statement, part, offset of the data, its length, the data.
  const word = (value: bigint): string => value.toString(16).padStart(64, "0");
  const withWord = (at: number, value: bigint): string => honest.slice(0, 10 + 64 * at) + word(value) + honest.slice(74 + 64 * at);
  const length = BigInt(data.length);
  const same = [honest, honest + word(7n), withWord(2, 128n).slice(0, 202) + word(9n) + honest.slice(202)];
  const refused = [
    withWord(1, 256n), withWord(1, 2n ** 255n), withWord(2, 0n), withWord(2, 32n), withWord(2, 64n), withWord(2, 128n), withWord(2, 2n ** 64n), withWord(2, 2n ** 256n - 1n),
    withWord(3, length + 1n), withWord(3, length - 1n), withWord(3, length + 64n), withWord(3, 0n), withWord(3, 2n ** 255n), honest.slice(0, -128), honest.slice(0, 202), honest.slice(0, 10),
  ];
  for (const calldata of same) assert.equal(await isTaken(calldata), true, calldata.slice(0, 300));
  for (const calldata of refused) assert.equal(await isTaken(calldata), false, calldata.slice(0, 300));
});

test("two transactions in either order accept a statement; one part twice, foreign halves and foreign statements do not", async () => {
  const { publics, bytes } = fibonacci;
  const statement = statementOf(publics);
  const [first, second] = proofParts(FIBONACCI.key, publics, bytes);
  for (const order of [[0, 1], [1, 0]]) {
    const l1 = await L1.deploy(chain, FIBONACCI.key);
    const [a = 0, b = 0] = order;
    const data = [first, second] as const;
    assert.equal((await l1.submit(statement, a, data[a] ?? first)).complete, false);
    assert.equal((await l1.submit(statement, a, data[a] ?? first)).complete, false);
    assert.equal(await l1.isAccepted(statement), false);
    const other = proofParts(FIBONACCI.key, publics, proofNumber(FIBONACCI, 1).bytes);
    assert.equal((await l1.submit(statement, b, other[b === 0 ? 0 : 1])).complete, false);
    assert.equal(await l1.isAccepted(statement), false, "halves of different proofs");
    // Part 0 names its statement. Part 1 does not, and counts for nothing under another one: no part 0 joins it there.
    const foreign = statementOf([1, 2, 3]);
    assert.equal(await l1.wouldSubmit(foreign, 0, first), "OtherStatement");
    assert.equal((await l1.submit(foreign, 1, second)).complete, false);
    assert.equal((await l1.submit(statement, b, data[b] ?? first)).complete, true);
    assert.equal(await l1.isAccepted(statement), true);
    assert.equal((await l1.submit(foreign, 1, second)).complete, false);
    assert.equal(await l1.isAccepted(foreign), false);
  }
});
