// `npm run bench:prover`: every aim of the prover with its figure, where the time goes, and other provers on the same statement.
// Owns: options and printing. Does not own: what is measured (sibling files).
// Options: --threads N (2), --keccak LOG (13), --poseidon2 LOG (13), --json; --recursion COUNT proves a whole tree over COUNT keccak
// segments instead of one LIFT and FINAL; --rivals N gives the other provers N permutations (1; 0 leaves them out: they are installed
// from npm into .keyfall/bench-provers on first use); --no-layers leaves LIFT and FINAL out (minutes, 2 GiB).
// Invariant: prints the load of the machine beside the figures, because a busy machine halves them.

import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { PRODUCTION_SEGMENT_WIDE } from "../protocol/profile.ts";
import { aimLine, atLeast, atMost } from "./aims.ts";
import type { Aim } from "./aims.ts";
import { kernelRates } from "./kernels.ts";
import type { Rate } from "./kernels.ts";
import { measureL1 } from "./l1.ts";
import type { L1Figures } from "./l1.ts";
import { commitRate, keccakInstance, measureProof, poseidon2Instance } from "./proofs.ts";
import type { ProofFigures } from "./proofs.ts";
import { aimedLayers, recursionTree } from "./recursion.ts";
import type { LayerFigures } from "./recursion.ts";
import { measureRivals } from "./rivals/rivals.ts";
import type { RivalResult } from "./rivals/rivals.ts";

const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "2" }, keccak: { type: "string", default: "13" }, poseidon2: { type: "string", default: "13" },
    recursion: { type: "string" }, rivals: { type: "string", default: "1" }, "no-layers": { type: "boolean", default: false }, json: { type: "boolean", default: false },
  },
});

function integerOption(name: "threads" | "keccak" | "poseidon2" | "recursion" | "rivals", least: number, most: number): number {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`--${name}: expected an integer in ${least}..${most}, got ${options[name]}`);
  }
  return value;
}

const say = (line: string): void => { if (!options.json) console.log(line); };
const rateLine = ({ name, value, unit }: Rate): string => `  ${name.padEnd(34)} ${value.toFixed(2).padStart(9)} ${unit}`;

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
  const { name, profile, logHeight, permutations, witnessMs, proveMs, processorMs, verifyMs, proofBytes, peakBytes, times } = figures;
  const stages = Object.entries(times).toSorted(([, a], [, b]) => b - a).slice(0, 5).map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(1)}`).join(", ");
  const hashed = permutations === undefined ? "" : `, ${permutations} permutations`;
  return `  ${name.padEnd(14)} ${profile.padEnd(19)} 2^${logHeight} rows${hashed}: witness ${(witnessMs / 1000).toFixed(1)} s, proof ${(proveMs / 1000).toFixed(1)} s (${(processorMs / 1000).toFixed(1)} s of processor),` +
    ` verified in ${(verifyMs / 1000).toFixed(2)} s, ${(proofBytes / 1024).toFixed(0)} KiB, kernel memory ${(peakBytes / 2 ** 20).toFixed(0)} MiB; ${stages}`;
}

function l1Lines({ keyDigest, gas, calldataBytes, floor7623, floor7976, gas7976 }: L1Figures): string[] {
  const total = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0);
  return [
    `L1: the stored FINAL under key ${keyDigest}, anvil (osaka), two transactions`,
    ...gas.map((used, part) => `  part ${part}: ${calldataBytes[part]} bytes of calldata, ${used} gas; EIP-7623 floor ${floor7623[part]}, EIP-7976 floor ${floor7976[part]}`),
    `  in all ${total(gas)} gas and ${total(calldataBytes)} bytes; under EIP-7976 it would be ${total(gas7976)} gas`,
  ];
}

/** Ours is a whole proof of the segment machine; theirs whatever their note says. The second ratio does not depend on what else runs. */
function rivalLine({ work, proveMs: oursMs, processorMs: oursProcessorMs }: ProofFigures, result: RivalResult): string {
  if (!("figures" in result)) return `  ${result.name}: unknown: ${result.reason} (others measured ${result.quoted} permutations/s on two idle cores)`;
  const { permutations, proveMs, processorMs, setupMs, verifyMs, proofBytes, peakBytes, note } = result.figures;
  const ratio = (theirMs: number, ourMs: number): string => ((theirMs / permutations) / (ourMs / work.count)).toFixed(0);
  return `  ${result.name}: ${((1000 * permutations) / proveMs).toFixed(3)} permutations/s (${permutations} in ${(proveMs / 1000).toFixed(1)} s, ${(processorMs / 1000).toFixed(1)} s of processor): ` +
    `ours is ${ratio(proveMs, oursMs)} times as fast by the clock, ${ratio(processorMs, oursProcessorMs)} times by processor time; set-up ${(setupMs / 1000).toFixed(1)} s, ` +
    `verified in ${(verifyMs / 1000).toFixed(2)} s, ${proofBytes} bytes, ${(peakBytes / 2 ** 20).toFixed(0)} MiB; ${note}`;
}

function aimsOf(kernels: readonly Rate[], committed: readonly Rate[], layers: readonly LayerFigures[], verifyMs: readonly number[], l1: L1Figures): Aim[] {
  const rate = (name: string): number | undefined => kernels.find((entry) => entry.name === name)?.value;
  const layer = (name: RegExp): LayerFigures | undefined => layers.find((entry) => name.test(entry.name));
  const [lift, final] = [layer(/^lift/), layer(/^final/)];
  return [
    atLeast("Poseidon2-16, one core", "M permutations/s", 0.7, rate("Poseidon2-16")),
    atLeast("transform of 2^16 rows, one core", "M elements/s", 40, rate("transform of 2^16 rows")),
    atLeast("transform of 2^18 rows, one core", "M elements/s", 40, rate("transform of 2^18 rows")),
    atLeast("committed cells, 2 threads", "M cells/s", 4, committed.find(({ name }) => name.endsWith("2 threads"))?.value),
    atMost("R1 of 2^16 rows (a LIFT), commitment of its program in", "s", 20, lift === undefined ? undefined : lift.proveMs / 1000),
    atMost("R1 of 2^16 rows, kernel memory", "GiB", 2, lift === undefined ? undefined : lift.peakBytes / 2 ** 30),
    atMost("FINAL", "s", 5, final === undefined ? undefined : final.proveMs / 1000),
    atMost("TypeScript verification, slowest layer", "s", 1, Math.max(...verifyMs) / 1000),
    atMost("L1 verification, both transactions", "gas", 7_500_000, l1.gas.reduce((sum, value) => sum + value, 0)),
    atMost("L1 calldata, both transactions", "KB", 180, l1.calldataBytes.reduce((sum, value) => sum + value, 0) / 1000),
  ];
}

const threads = integerOption("threads", 1, 64);
const [keccakLog, poseidon2Log] = [integerOption("keccak", 6, 16), integerOption("poseidon2", 4, 17)];
const rivalPermutations = integerOption("rivals", 0, 64);
const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg()[0] ?? Number.NaN, threads };
say(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(2)} before the run, ${threads} threads`);
const kernels = await kernelRates();
const committed: Rate[] = [];
for (const threadCount of new Set([1, 2, threads])) {
  committed.push({ name: `committed cells, ${threadCount} threads`, unit: "M cells/s", value: (await commitRate(threadCount, 14, 256)) / 1e6 });
}
say("kernels, one core, best of four");
for (const rate of [...kernels, ...committed]) say(rateLine(rate));
const proofs: ProofFigures[] = [];
for (const instance of [keccakInstance(keccakLog), keccakInstance(keccakLog, PRODUCTION_SEGMENT_WIDE), poseidon2Instance(poseidon2Log)]) {
  const figures = await measureProof(instance, threads);
  proofs.push(figures);
  for (const line of proofLines(figures)) say(line);
}
const layers: LayerFigures[] = [];
if (!options["no-layers"]) {
  say("recursion, production profiles");
  for await (const figures of options.recursion === undefined ? aimedLayers(threads) : recursionTree(integerOption("recursion", 2, 64), threads)) {
    layers.push(figures);
    say(layerLine(figures));
  }
}
const l1 = await measureL1();
for (const line of l1Lines(l1)) say(line);
const [segment] = proofs;
const rivals: RivalResult[] = [];
if (rivalPermutations > 0 && segment !== undefined) {
  const ours = segment.work.count / (segment.proveMs / 1000);
  say(`other provers on a chain of keccak-f, ${threads} threads; ours ${ours.toFixed(1)} permutations/s at 100 bits, a segment's proof before recursion, no zero knowledge`);
  for await (const result of measureRivals(rivalPermutations, threads)) {
    rivals.push(result);
    say(rivalLine(segment, result));
  }
}
const aims = aimsOf(kernels, committed, layers, [...proofs, ...layers].map(({ verifyMs }) => verifyMs), l1);
say("aims, for two idle cores");
for (const aim of aims) say(aimLine(aim));
if (options.json) console.log(JSON.stringify({ machine, kernels, committed, proofs, layers, l1, rivals, aims }, null, 2));
