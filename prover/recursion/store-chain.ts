/**
 * Makes the stored production chain: three keccak-f segments, lifted, joined and finished, the keys of their nodes,
 * and a final proof of a list that nobody should trust.
 *
 *     node prover/recursion/store-chain.ts [--threads N] [--stored-keys]
 *
 * Minutes, 2 GiB. Writes production-keys.json, unless --stored-keys takes it as it is, and test/prover/recursion/chain/*.br.
 * Owns: which proofs are stored and their encoding. Does not own: keys (family.ts) or proving (prove-tree.ts).
 * Finished layers are kept in .keyfall/chain/ by key digest, so an interrupted run goes on where it was.
 * Invariant: what it writes is a function of the source: proofs have no randomness.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";
import { keccakCapacity, keccakChainTrace } from "../air/chips/keccak.ts";
import { keccakPermutation, stateLimbs } from "../air/chips/keccak-round.ts";
import type { State } from "../air/chips/keccak-round.ts";
import { WasmBackend } from "../backend/wasm-backend.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { prove } from "../prove/prove.ts";
import { setup } from "../prove/setup.ts";
import { joinNodeValues, stateDigest } from "../protocol/node-values.ts";
import { STORED_KEYS_FILE } from "../protocol/node-keys.ts";
import type { StoredKey, StoredKeys } from "../protocol/node-keys.ts";
import { encodeProofFile } from "../verify/proof-file.ts";
import { AllowList } from "./allow-list.ts";
import { Circuit } from "./circuit.ts";
import type { R1Program } from "./circuit.ts";
import { buildFamily, setupNode } from "./family.ts";
import type { Family } from "./family.ts";
import { KECCAK_INTERVAL, NODE_PROFILES, SEGMENT_LOG_HEIGHT, SEGMENT_PROFILE, segmentChips, segmentKey, storedFamily } from "./production.ts";
import { proveFinal, proveJoin, proveLift } from "./prove-tree.ts";
import type { Layer, ProvenLayer } from "./prove-tree.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WORK = join(ROOT, ".keyfall/chain");
const OUT = join(ROOT, "test/prover/recursion/chain");
const SEGMENTS = 3;

const logHeightOf = (key: VerifyingKey): number => key.chips[0]?.logHeight ?? 0;

const stored = (name: string, key: VerifyingKey): StoredKey => ({
  name, profile: key.profile.name, logHeight: logHeightOf(key), preprocessedRoot: key.preprocessedRoot ?? [], digest: key.digest,
});

/** What production-keys.json says about a family: every key of its list, and FINAL's. */
export const storedKeysOf = (family: Family): StoredKeys => ({
  allowRoot: family.allowList.root,
  keys: [
    stored("keccak-lift", family.lift), ...family.joins.map(({ left, right, key }) => stored(`keccak-join-${left}-${right}`, key)),
  ],
  final: stored("keccak-final", family.final),
});

/** The state the stored chain starts from. */
export const CHAIN_START: State = Array.from({ length: 25 }, (_, i) => BigInt(i));

/** The proof of segment `index` of the stored chain. */
export const proveSegment = async (backend: WasmBackend, index: number): Promise<Layer> => {
  const count = keccakCapacity(SEGMENT_LOG_HEIGHT);
  let start = CHAIN_START;
  for (let i = 0; i < index * count; i += 1) start = keccakPermutation(start);
  const trace = keccakChainTrace(SEGMENT_LOG_HEIGHT, start, count);
  const provingKey = await setup(backend, SEGMENT_PROFILE, segmentChips(), [trace.preprocessed]);
  const { publicValues, bytes } = await prove(backend, provingKey, [trace]);
  backend.release([]);
  return { key: provingKey.key, publics: publicValues, bytes };
};

const say = (text: string): void => { process.stderr.write(`${text}\n`); };

/** A layer from an earlier run of the same keys, or made now. */
const kept = async (name: string, key: VerifyingKey, make: () => Promise<ProvenLayer>): Promise<Layer> => {
  const path = join(WORK, `${name}-${createHash("sha256").update(key.digest.join()).digest("hex").slice(0, 16)}.json`);
  if (existsSync(path)) {
    const { publics, proof } = JSON.parse(readFileSync(path, "utf8")) as { publics: number[]; proof: string };
    return { key, publics, bytes: new Uint8Array(Buffer.from(proof, "base64")) };
  }
  const { times, ...layer } = await make();
  say(`${name}: 2^${logHeightOf(key)} rows, ${JSON.stringify(times)}`);
  writeFileSync(path, JSON.stringify({ publics: layer.publics, proof: Buffer.from(layer.bytes).toString("base64") }));
  return layer;
};

const save = (file: string, machine: string, { key, publics, bytes }: Layer): void => {
  const text = encodeProofFile({ machine, profile: key.profile.name, logHeights: [logHeightOf(key)], publics, proof: bytes });
  const packed = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } });
  writeFileSync(join(OUT, file), packed);
  say(`${file}: ${bytes.length} bytes of proof, ${packed.length} stored`);
};

/**
 * A node that no honest segment stands behind: a program that constrains nothing, in a list of its own. FINAL over it is a valid proof
 * under FINAL's own key, which the recursion cannot refuse (PROTOCOL.md section 8): whoever reads FINAL must know the list.
 */
export const proveForeignNode = async (backend: WasmBackend, family: Family): Promise<{ node: Layer; allowList: AllowList }> => {
  const logHeight = logHeightOf((family.joins[0] as Family["joins"][number]).key);
  const program = (allowRoot: readonly number[]): R1Program => {
    const digest = (seed: number): number[] => Array.from({ length: 8 }, (_, i) => seed + i);
    const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
    return new Circuit(joinNodeValues({
      allowRoot, programId: zeros(8), challenges: zeros(8), commitment: digest(1), start: stateDigest(stateLimbs(CHAIN_START)), end: digest(9),
      busSum: zeros(4), count: [2 ** 30], segments: [1],
    })).finish(logHeight);
  };
  const { key } = await setupNode(backend, family.lift.profile, program(Array.from({ length: 8 }, () => 0)).preprocessed);
  backend.release([]);
  const allowList = new AllowList([key]);
  const own = program(allowList.root);
  const { publicValues, bytes } = await prove(backend, await setupNode(backend, family.lift.profile, own.preprocessed), [own]);
  backend.release([]);
  return { node: { key, publics: publicValues, bytes }, allowList };
};

const main = async (threadCount: number, usesStoredKeys: boolean): Promise<void> => {
  mkdirSync(WORK, { recursive: true });
  mkdirSync(OUT, { recursive: true });
  const backend = await WasmBackend.create({ threadCount, maxLogSize: 19 });
  if (!usesStoredKeys) {
    const built = await buildFamily(backend, { key: segmentKey(), interval: KECCAK_INTERVAL }, NODE_PROFILES);
    writeFileSync(STORED_KEYS_FILE, `${JSON.stringify(storedKeysOf(built))}\n`);
    say("keys built");
  }
  const family = storedFamily();
  const lifts: Layer[] = [];
  for (let i = 0; i < SEGMENTS; i += 1) {
    lifts.push(await kept(`lift-${i}`, family.lift, async () => proveLift(backend, family, await proveSegment(backend, i))));
  }
  const [first, ...rest] = lifts as [Layer, ...Layer[]];
  let node = first;
  let name = "";
  for (const [i, lift] of rest.entries()) {
    const [left, right] = [logHeightOf(node.key), logHeightOf(lift.key)];
    const join = family.joins.find((entry) => entry.left === left && entry.right === right);
    if (join === undefined) throw new Error(`no JOIN for 2^${left} and 2^${right} rows`);
    const own = node;
    node = await kept(`join-${i + 1}`, join.key, () => proveJoin(backend, family, own, lift));
    name = `keccak-join-${left}-${right}`;
  }
  save("lift.json.br", "keccak-lift", first);
  save("join.json.br", name, node);
  const last = node;
  save("final.json.br", "keccak-final", await kept("final", family.final, () => proveFinal(backend, family, last)));
  save("foreign.json.br", "keccak-final", await kept("foreign-final", family.final, async () => {
    const { node: foreign, allowList } = await proveForeignNode(backend, family);
    return proveFinal(backend, { ...family, allowList }, foreign);
  }));
  await backend.stop();
};

if (import.meta.main) {
  const { values } = parseArgs({ options: { threads: { type: "string", default: "2" }, "stored-keys": { type: "boolean", default: false } } });
  await main(Number(values.threads), values["stored-keys"]);
}
