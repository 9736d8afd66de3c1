// `npm run bench:prover`: kernel rates, commitment rate, whole proofs and where their time goes.
// Owns: options and printing. Does not own: what is measured (kernels.ts, proofs.ts).
// Options: --threads N (2), --keccak LOG (13), --poseidon2 LOG (13), --json, and --recursion COUNT for a tree
// over COUNT keccak segments of the production recursion: LIFTs, JOINs, FINAL (minutes, 2 GiB).
// Invariant: prints the load of the machine beside the figures, because a busy machine halves them.

import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { PRODUCTION_SEGMENT_WIDE } from "../protocol/profile.ts";
import { kernelRates } from "./kernels.ts";
import type { Rate } from "./kernels.ts";
import { commitRate, keccakInstance, measureProof, poseidon2Instance } from "./proofs.ts";
import type { ProofFigures } from "./proofs.ts";
import { recursionTree } from "./recursion.ts";
import type { LayerFigures } from "./recursion.ts";

const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "2" }, keccak: { type: "string", default: "13" },
    poseidon2: { type: "string", default: "13" }, recursion: { type: "string" }, json: { type: "boolean", default: false },
  },
});

function integerOption(name: "threads" | "keccak" | "poseidon2" | "recursion", least: number, most: number): number {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`--${name}: expected an integer in ${least}..${most}, got ${options[name]}`);
  }
  return value;
}

function rateLine({ name, value, unit, aim }: Rate): string {
  const verdict = aim === undefined ? "" : value >= aim ? `  (aim ${aim}: met)` : `  (aim ${aim}: MISSED)`;
  return `  ${name.padEnd(34)} ${value.toFixed(2).padStart(9)} ${unit}${verdict}`;
}

function proofLines(figures: ProofFigures): string[] {
  const seconds = figures.proveMs / 1000;
  const cells = figures.rows * figures.columns;
  const staged = Object.values(figures.times).reduce((sum, ms) => sum + ms, 0);
  const stages = { ...figures.times, "everything else": figures.proveMs - staged };
  return [
    `${figures.name}: ${figures.rows} rows x ${figures.columns} columns, ${figures.profile}, key ${figures.keyDigest}`,
    `  ${(figures.work.count / seconds).toFixed(1)} ${figures.work.unit}/s (${figures.work.count} in ${seconds.toFixed(2)} s), ${(cells / seconds / 1e6).toFixed(2)} M trace cells/s`,
    `  processor time ${(figures.processorMs / 1000).toFixed(2)} s, trace generation ${(figures.traceMs / 1000).toFixed(2)} s (not in the rate), verified in ${(figures.verifyMs / 1000).toFixed(2)} s`,
    `  proof ${(figures.proofBytes / 1024).toFixed(0)} KiB, kernel memory peak ${(figures.peakBytes / 2 ** 20).toFixed(0)} MiB`,
    ...Object.entries(stages).toSorted(([, a], [, b]) => b - a).map(([name, ms]) =>
      `    ${name.padEnd(18)} ${(ms / 1000).toFixed(3).padStart(8)} s ${((100 * ms) / figures.proveMs).toFixed(1).padStart(5)} %`),
  ];
}

function layerLine(figures: LayerFigures): string {
  const { name, profile, logHeight, permutations, witnessMs, proveMs, aimSeconds, processorMs, verifyMs, proofBytes, peakBytes } = figures;
  const isMet = aimSeconds !== undefined && proveMs <= 1000 * aimSeconds;
  const aim = aimSeconds === undefined ? "" : ` (aim ${aimSeconds} s on two idle cores: ${isMet ? "met" : "MISSED"})`;
  const stages = Object.entries(figures.times).toSorted(([, a], [, b]) => b - a).slice(0, 5).map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(1)}`).join(", ");
  const hashed = permutations === undefined ? "" : `, ${permutations} permutations`;
  return `  ${name.padEnd(14)} ${profile.padEnd(19)} 2^${logHeight} rows${hashed}: witness ${(witnessMs / 1000).toFixed(1)} s, proof ${(proveMs / 1000).toFixed(1)} s${aim} (${(processorMs / 1000).toFixed(1)} s of processor),` +
    ` verified in ${(verifyMs / 1000).toFixed(2)} s, ${(proofBytes / 1024).toFixed(0)} KiB, kernel memory ${(peakBytes / 2 ** 20).toFixed(0)} MiB; ${stages}`;
}

const threads = integerOption("threads", 1, 64);
const [keccakLog, poseidon2Log] = [integerOption("keccak", 6, 16), integerOption("poseidon2", 4, 17)];
const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg()[0] ?? Number.NaN, threads };
const kernels = await kernelRates();
const committed: Rate[] = [];
for (const threadCount of new Set([1, threads])) {
  const rate = { name: `committed cells, ${threadCount} threads`, unit: "M cells/s", value: (await commitRate(threadCount, 14, 256)) / 1e6 };
  committed.push(threadCount === 2 ? { ...rate, aim: 4 } : rate);
}
const proofs = [
  await measureProof(keccakInstance(keccakLog), threads), await measureProof(keccakInstance(keccakLog, PRODUCTION_SEGMENT_WIDE), threads),
  await measureProof(poseidon2Instance(poseidon2Log), threads),
];
const layers: LayerFigures[] = [];
if (options.recursion !== undefined) {
  for await (const figures of recursionTree(integerOption("recursion", 2, 64), threads)) layers.push(figures);
}
if (options.json) {
  console.log(JSON.stringify({ machine, kernels, committed, proofs, layers }, null, 2));
} else {
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(2)} before the run, ${threads} threads`);
  console.log("kernels, one core, best of four");
  for (const rate of [...kernels, ...committed]) console.log(rateLine(rate));
  for (const figures of proofs) for (const line of proofLines(figures)) console.log(line);
  if (layers.length > 0) console.log("recursion, production profiles");
  for (const figures of layers) console.log(layerLine(figures));
}
