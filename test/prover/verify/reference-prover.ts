// A second prover, written from PROTOCOL.md alone with naive transforms, for tests: honest by default, and with a
// `Tampering` it lies at one named place and stays consistent everywhere else, as a malicious prover would.
// Owns: nothing the product uses. Shares with the product the field, Poseidon2, the transcript and the AIR evaluators.
import assert from "node:assert/strict";
import { evaluateNodes, foldConstraints, powersOf } from "../../../prover/air/evaluate.ts";
import type { RingOperations } from "../../../prover/air/evaluate.ts";
import { buildPermutation } from "../../../prover/air/permutation.ts";
import type { ChipTrace, Trace } from "../../../prover/air/trace.ts";
import {
  EXT_ONE, EXT_ZERO, extAdd, extFromFelt, extInv, extMul, extPow, extScale, extSub,
} from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { GENERATOR, inv, mul, pow, sub, twoAdicRoot } from "../../../prover/field/koalabear.ts";
import { wordsToBytes as bigEndian, digestWords as wordsOfDigest, suiteOf } from "../../../prover/hash/suite.ts";
import { hasLookup, largestLog, makeKey, widestTuple } from "../../../prover/protocol/key.ts";
import type { KeyShape, VerifyingKey } from "../../../prover/protocol/key.ts";
import { findNonce } from "../../../prover/transcript/grind.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import { Transcript } from "../../../prover/transcript/transcript.ts";
import { NaiveTree } from "./naive-tree.ts";

/** Where a dishonest prover may lie. Every hook receives the honest value. */
export type Tampering = {
  readonly publics?: (publics: readonly number[]) => readonly number[];
  /** A fresh transcript that absorbs something else than it is told. */
  readonly transcript?: Transcript;
  readonly nonce?: (site: Label, honest: number) => number;
  /** Root announced for a phase's tree or ("fold", index) while the openings stay those of the honest tree. */
  readonly root?: (tree: string, honest: readonly number[]) => readonly number[];
  /** Claims quotient values at zeta that make every chip's identity hold, whatever the traces are. */
  readonly forgesIdentity?: true;
  readonly sums?: (sums: readonly Ext[]) => Ext[];
  readonly permutation?: (chip: number, columns: Trace) => Trace;
  readonly quotient?: (chip: number, coefficients: readonly Ext[]) => readonly Ext[];
  readonly openingsHere?: (values: readonly Ext[]) => readonly Ext[];
  readonly openingsNext?: (values: readonly Ext[]) => readonly Ext[];
  /** Word committed for fold i, bit-reversed order. */
  readonly foldWord?: (fold: number, word: readonly Ext[]) => readonly Ext[];
  /** Word after fold i, before the next commitment. */
  readonly folded?: (fold: number, word: readonly Ext[]) => readonly Ext[];
  /** Codeword rolled in at a log size. */
  readonly rollIn?: (logSize: number, word: readonly Ext[]) => readonly Ext[];
  /** Row of a tree ("main", ..., "fold 0") as it is committed and shown, whatever its values mean. */
  readonly row?: (tree: string, row: readonly number[]) => readonly number[];
  readonly finalPolynomial?: (coefficients: readonly Ext[]) => readonly Ext[];
};

export type ProofParts = {
  readonly publics: readonly number[]; readonly bytes: Uint8Array; readonly words: readonly number[];
  /** The calldata of the two L1 parts (prover/solidity/README.md); meaningful under the keccak-256 suite. */
  readonly l1Parts: readonly [Uint8Array, Uint8Array];
};

const RING: RingOperations<Ext> = { constant: extFromFelt, add: extAdd, sub: extSub, mul: extMul };
const BASIS: readonly Ext[] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];

export const reverseBits = (index: number, bits: number): number => {
  let out = 0;
  for (let i = 0; i < bits; i += 1) out = 2 * out + (Math.floor(index / 2 ** i) % 2);
  return out;
};

/** Coefficients of the interpolant of `values` over the subgroup of that size, in natural order. Naive. */
const interpolate = (values: readonly Ext[]): Ext[] => {
  const size = values.length;
  const inverseRoot = inv(twoAdicRoot(Math.log2(size)));
  const scale = inv(size);
  return values.map((_, k) => {
    let total: Ext = EXT_ZERO;
    const step = pow(inverseRoot, k);
    let power = 1;
    for (const value of values) {
      total = extAdd(total, extScale(value, power));
      power = mul(power, step);
    }
    return extScale(total, scale);
  });
};

const evaluateAt = (coefficients: readonly Ext[], point: Ext): Ext =>
  coefficients.reduceRight((acc, c) => extAdd(extMul(acc, point), c), EXT_ZERO);
const evaluateAtBase = (coefficients: readonly Ext[], point: number): Ext =>
  coefficients.reduceRight((acc, c) => extAdd(extScale(acc, point), c), EXT_ZERO);

/** Values on the coset shift * <w> of 2^logSize points, bit-reversed. */
const codeword = (coefficients: readonly Ext[], logSize: number, shift: number): Ext[] =>
  Array.from({ length: 2 ** logSize }, (_, j) =>
    evaluateAtBase(coefficients, mul(shift, pow(twoAdicRoot(logSize), reverseBits(j, logSize)))));

/** Columns of a trace as extension-valued coefficient lists. */
const columnsOf = (trace: Trace): Ext[][] =>
  Array.from({ length: trace.width }, (_, c) =>
    interpolate(Array.from({ length: trace.height }, (_r, r) => extFromFelt(trace.values[r * trace.width + c] ?? 0))));

type ChipColumns = { preprocessed: Ext[][]; main: Ext[][]; permutation: Ext[][]; quotient: Ext[][] };
const PHASES = ["preprocessed", "main", "permutation", "quotient"] as const;

const commitPhase = (shape: KeyShape, columns: readonly ChipColumns[], phase: (typeof PHASES)[number], retell?: Tampering["row"]): NaiveTree | undefined => {
  const matrices = columns.flatMap((chip, index) => {
    const logSize = (shape.chips[index]?.logHeight ?? 0) + shape.profile.logBlowup;
    const words = chip[phase].map((coefficients) => codeword(coefficients, logSize, GENERATOR));
    if (words.length === 0) return [];
    const rows = Array.from({ length: 2 ** logSize }, (_, j) => {
      const row = words.map((word) => word[j]?.[0] ?? 0);
      return retell?.(phase, row) ?? row;
    });
    return [{ chip: index, logSize, rows }];
  });
  return matrices.length === 0 ? undefined : new NaiveTree(matrices, suiteOf(shape.profile.hash));
};

/** The key of a shape whose preprocessed columns are those of the traces. */
export const referenceKey = (shape: KeyShape, traces: readonly ChipTrace[]): VerifyingKey => {
  const columns = traces.map((trace): ChipColumns => ({ preprocessed: columnsOf(trace.preprocessed), main: [], permutation: [], quotient: [] }));
  return makeKey(shape, commitPhase(shape, columns, "preprocessed")?.root);
};

/** Coefficients of the two quotient chunks as 8 base columns. */
const quotientColumns = (q: readonly Ext[], height: number): Ext[][] =>
  [q.slice(0, height), q.slice(height)].flatMap((chunk) =>
    [0, 1, 2, 3].map((k) => chunk.map((coefficient) => extFromFelt(coefficient[k] ?? 0))));

const extColumn = (columns: readonly Ext[][], k: number, point: number): Ext =>
  BASIS.reduce((acc, weight, i) => extAdd(acc, extMul(weight, evaluateAtBase(columns[4 * k + i] ?? [], point))), EXT_ZERO);

type Opening = { chip: number; phase: string; column: number; value: Ext };
type ForgeContext = { alpha: Ext; beta: Ext; challenge: Ext; zeta: Ext; sumOf: readonly Ext[] };

/** Replaces the first quotient column's claimed value of each chip so that its identity at zeta holds. */
const forgeQuotient = (key: VerifyingKey, traces: readonly ChipTrace[], here: readonly Opening[], next: readonly Opening[], context: ForgeContext): Opening[] => {
  const forged = here.map((entry) => ({ ...entry }));
  key.chips.forEach(({ chip, logHeight }, i) => {
    const valuesOf = (list: readonly Opening[], phase: string, width: number): Ext[] =>
      Array.from({ length: width }, (_, column) => list.find((o) => o.chip === i && o.phase === phase && o.column === column)?.value ?? EXT_ZERO);
    const join = (columns: readonly Ext[]): Ext[] => Array.from({ length: columns.length / 4 }, (_, k) =>
      BASIS.reduce((acc, weight, b) => extAdd(acc, extMul(weight, columns[4 * k + b] ?? EXT_ZERO)), EXT_ZERO));
    const zetaToHeight = extPow(context.zeta, 2 ** logHeight);
    const vanishing = extSub(zetaToHeight, EXT_ONE);
    const last = extFromFelt(inv(twoAdicRoot(logHeight)));
    const nodes = evaluateNodes(chip, RING, {
      preprocessed: valuesOf(here, "preprocessed", chip.preprocessedWidth), preprocessedNext: valuesOf(next, "preprocessed", chip.preprocessedWidth),
      main: valuesOf(here, "main", chip.mainWidth), mainNext: valuesOf(next, "main", chip.mainWidth),
      permutation: join(valuesOf(here, "permutation", 4 * chip.permutationWidth)), permutationNext: join(valuesOf(next, "permutation", 4 * chip.permutationWidth)),
      publics: (traces[i]?.publics ?? []).map(extFromFelt), alpha: context.alpha,
      betaPowers: powersOf(RING, context.beta, widestTuple(key)), sumShare: extScale(context.sumOf[i] ?? EXT_ZERO, inv(2 ** logHeight)),
    });
    const selectors = {
      first: extMul(vanishing, extInv(extSub(context.zeta, EXT_ONE))), last: extMul(vanishing, extInv(extSub(context.zeta, last))),
      transition: extSub(context.zeta, last),
    };
    const folded = foldConstraints(chip, RING, nodes, selectors, context.challenge);
    const [low = EXT_ZERO, high = EXT_ZERO] = join(valuesOf(here, "quotient", 8));
    const missing = extSub(extMul(folded, extInv(vanishing)), extAdd(low, extMul(zetaToHeight, high)));
    const target = forged.find((o) => o.chip === i && o.phase === "quotient" && o.column === 0);
    assert(target !== undefined);
    target.value = extAdd(target.value, missing);
  });
  return forged;
};

/** A proof for the traces under the key; bytes as in PROTOCOL.md section 6. */
export const referenceProof = (key: VerifyingKey, traces: readonly ChipTrace[], tampering: Tampering = {}): ProofParts => {
  const { profile } = key;
  const { grindingBits } = profile;
  const shownWords = profile.hash === "keccak256" ? 7 : 8;
  const words: number[] = [];
  const honestPublics = traces.flatMap((trace) => [...trace.publics]);
  const publics = tampering.publics?.(honestPublics) ?? honestPublics;
  const transcript = tampering.transcript ?? new Transcript("KF-STARK-1", profile.hash);
  const grind = (label: Label, bits: number): void => {
    if (bits === 0) return;
    const honest = findNonce(transcript, label, bits);
    const nonce = tampering.nonce?.(label, honest) ?? honest;
    transcript.checkGrind(label, nonce, bits);
    words.push(nonce);
  };
  const columns = traces.map((trace): ChipColumns => ({
    preprocessed: columnsOf(trace.preprocessed), main: columnsOf(trace.main), permutation: [], quotient: [],
  }));
  transcript.absorbDigest("shapeDigest", key.shapeDigest);
  if (key.preprocessedRoot !== undefined) transcript.absorbDigest("preprocessedRoot", key.preprocessedRoot);
  transcript.absorbFelts("publicValues", publics);
  const roots: number[] = [];
  const trees = [commitPhase(key, columns, "preprocessed"), commitPhase(key, columns, "main", tampering.row)];
  const announce = (tree: string, honest: readonly number[]): readonly number[] => tampering.root?.(tree, honest) ?? honest;
  const mainRoot = announce("main", trees[1]?.root ?? []);
  transcript.absorbDigest("mainRoot", mainRoot);
  roots.push(...mainRoot.slice(0, shownWords));
  let [alpha, beta]: [Ext, Ext] = [EXT_ZERO, EXT_ZERO];
  let sums: Ext[] = [];
  const sumOf: Ext[] = traces.map(() => EXT_ZERO);
  if (hasLookup(key)) {
    grind("lookupNonce", grindingBits.lookup);
    alpha = transcript.sampleExt();
    beta = transcript.sampleExt();
    key.chips.forEach(({ chip }, i) => {
      const trace = traces[i];
      assert(trace !== undefined);
      const built = buildPermutation(chip, trace, alpha, beta);
      const permutation = tampering.permutation?.(i, built.columns) ?? built.columns;
      const chipColumns = columns[i];
      assert(chipColumns !== undefined);
      chipColumns.permutation = columnsOf(permutation);
      if (chip.permutationWidth > 0) sums.push(built.sum);
    });
    sums = tampering.sums?.(sums) ?? sums;
    let taken = 0;
    key.chips.forEach(({ chip }, i) => {
      if (chip.permutationWidth > 0) {
        sumOf[i] = sums[taken] ?? EXT_ZERO;
        taken += 1;
      }
    });
    const tree = commitPhase(key, columns, "permutation", tampering.row);
    trees.push(tree);
    const permutationRoot = announce("permutation", tree?.root ?? []);
    transcript.absorbDigest("permutationRoot", permutationRoot);
    transcript.absorbExts("lookupSums", sums);
    roots.push(...permutationRoot.slice(0, shownWords));
  } else {
    trees.push(undefined);
  }
  const challenge = transcript.sampleExt();
  key.chips.forEach(({ chip, logHeight }, i) => {
    const chipColumns = columns[i];
    const trace = traces[i];
    assert(chipColumns !== undefined && trace !== undefined);
    const height = 2 ** logHeight;
    const size = 2 * height;
    const root = twoAdicRoot(logHeight + 1);
    const last = inv(twoAdicRoot(logHeight));
    const values = Array.from({ length: size }, (_, j) => {
      const x = mul(GENERATOR, pow(root, j));
      const next = mul(x, twoAdicRoot(logHeight));
      const at = (list: readonly Ext[][], point: number): Ext[] => list.map((c) => evaluateAtBase(c, point));
      const atExt = (point: number): Ext[] => Array.from({ length: chip.permutationWidth }, (_c, k) => extColumn(chipColumns.permutation, k, point));
      const vanishing = sub(pow(x, height), 1);
      const nodes = evaluateNodes(chip, RING, {
        preprocessed: at(chipColumns.preprocessed, x), preprocessedNext: at(chipColumns.preprocessed, next),
        main: at(chipColumns.main, x), mainNext: at(chipColumns.main, next),
        permutation: atExt(x), permutationNext: atExt(next),
        publics: trace.publics.map(extFromFelt), alpha, betaPowers: powersOf(RING, beta, widestTuple(key)),
        sumShare: extScale(sumOf[i] ?? EXT_ZERO, inv(height)),
      });
      const minus = (a: number, b: number): number => extSub(extFromFelt(a), extFromFelt(b))[0];
      const selectors = {
        first: extFromFelt(mul(vanishing, inv(minus(x, 1)))), last: extFromFelt(mul(vanishing, inv(minus(x, last)))),
        transition: extFromFelt(minus(x, last)),
      };
      return extScale(foldConstraints(chip, RING, nodes, selectors, challenge), inv(vanishing));
    });
    const unshift = inv(GENERATOR);
    const honest = interpolate(values).map((c, k) => extScale(c, pow(unshift, k)));
    chipColumns.quotient = quotientColumns(tampering.quotient?.(i, honest) ?? honest, height);
  });
  const quotientTree = commitPhase(key, columns, "quotient", tampering.row);
  trees.push(quotientTree);
  const quotientRoot = announce("quotient", quotientTree?.root ?? []);
  transcript.absorbDigest("quotientRoot", quotientRoot);
  roots.push(...quotientRoot.slice(0, shownWords));
  const lookupWords = words.splice(0);
  words.push(...roots, ...lookupWords, ...sums.flat());
  const zeta = transcript.sampleExt();
  const nextIndices = (i: number, phase: (typeof PHASES)[number]): number[] => {
    const list = key.chips[i]?.chip.nextColumns;
    if (list === undefined || phase === "quotient") return [];
    return phase === "permutation" ? list.permutation.flatMap((e) => [0, 1, 2, 3].map((k) => 4 * e + k)) : [...list[phase]];
  };
  const zetaNext = (i: number): Ext => extScale(zeta, twoAdicRoot(key.chips[i]?.logHeight ?? 0));
  const opened: { here: Opening[]; next: Opening[] } = { here: [], next: [] };
  for (const phase of PHASES) {
    columns.forEach((chip, i) => {
      chip[phase].forEach((c, column) => opened.here.push({ chip: i, phase, column, value: evaluateAt(c, zeta) }));
      nextIndices(i, phase).forEach((column) =>
        opened.next.push({ chip: i, phase, column, value: evaluateAt(chip[phase][column] ?? [], zetaNext(i)) }));
    });
  }
  const retell = (list: Opening[], change: ((values: readonly Ext[]) => readonly Ext[]) | undefined): Opening[] => {
    const values = change?.(list.map((entry) => entry.value));
    return values === undefined ? list : list.map((entry, i) => ({ ...entry, value: values[i] ?? EXT_ZERO }));
  };
  const next = retell(opened.next, tampering.openingsNext);
  const told = retell(opened.here, tampering.openingsHere);
  const here = tampering.forgesIdentity === true ? forgeQuotient(key, traces, told, next, { alpha, beta, challenge, zeta, sumOf }) : told;
  transcript.absorbExts("openingsHere", here.map((entry) => entry.value));
  transcript.absorbExts("openingsNext", next.map((entry) => entry.value));
  words.push(...here.flatMap((entry) => [...entry.value]), ...next.flatMap((entry) => [...entry.value]));
  grind("batchNonce", grindingBits.batch);
  const gamma = transcript.sampleExt();
  const byGamma = (list: readonly Opening[]): Ext => list.reduce((acc, { value }) => extAdd(extMul(acc, gamma), value), EXT_ZERO);
  const summary = [...zeta, ...byGamma(here), ...byGamma(next), ...(transcript.chainValue.length === 0 ? [] : wordsOfDigest(transcript.chainValue))];
  const tailStart = words.length;
  const codewordOf = (logSize: number): Ext[] | undefined => {
    const isHere = (entry: { chip: number }): boolean => (key.chips[entry.chip]?.logHeight ?? 0) + profile.logBlowup === logSize;
    const [mine, mineNext] = [here.filter(isHere), next.filter(isHere)];
    if (mine.length === 0) return undefined;
    const logHeight = logSize - profile.logBlowup;
    const word = Array.from({ length: 2 ** logSize }, (_, j): Ext => {
      const x = mul(GENERATOR, pow(twoAdicRoot(logSize), reverseBits(j, logSize)));
      const numerator = (list: typeof mine): Ext =>
        list.reduce((acc, entry) => {
          const phase = PHASES.find((name) => name === entry.phase) ?? "main";
          const at = evaluateAtBase(columns[entry.chip]?.[phase][entry.column] ?? [], x);
          return extAdd(extMul(acc, gamma), extSub(at, entry.value));
        }, EXT_ZERO);
      const quotient = extMul(numerator(mine), extInv(extSub(extFromFelt(x), zeta)));
      const first = extMul(extPow(gamma, mineNext.length), quotient);
      if (mineNext.length === 0) return first;
      const nextPoint = extScale(zeta, twoAdicRoot(logHeight));
      return extAdd(first, extMul(numerator(mineNext), extInv(extSub(extFromFelt(x), nextPoint))));
    });
    return [...(tampering.rollIn?.(logSize, word) ?? word)];
  };
  let logSize = largestLog(key);
  let word = codewordOf(logSize) ?? [];
  const foldTrees: NaiveTree[] = [];
  key.foldSchedule.forEach((step, i) => {
    word = [...(tampering.foldWord?.(i, word) ?? word)];
    const arity = 2 ** step;
    const committed = word;
    const rows = Array.from({ length: word.length / arity }, (_, r) => committed.slice(r * arity, (r + 1) * arity));
    const tree = new NaiveTree([{ chip: 0, logSize: logSize - step, rows: rows.map((row) => {
      const flat = row.flatMap((v) => [...v]);
      return tampering.row?.(`fold ${i}`, flat) ?? flat;
    }) }], suiteOf(profile.hash));
    foldTrees.push(tree);
    const foldRoot = announce(`fold ${i}`, tree.root);
    transcript.absorbDigest("foldRoot", foldRoot);
    words.push(...foldRoot.slice(0, shownWords));
    grind("foldNonce", grindingBits.fold);
    const foldChallenge = transcript.sampleExt();
    const size = logSize;
    const folded = rows.map((row, r) => lagrange(row.map((value, k) => ({ at: pow(twoAdicRoot(size), reverseBits(r * arity + k, size)), value })), foldChallenge));
    logSize -= step;
    const entering = codewordOf(logSize);
    const weight = extPow(foldChallenge, arity);
    word = folded.map((value, r) => (entering === undefined ? value : extAdd(value, extMul(weight, entering[r] ?? EXT_ZERO))));
    word = [...(tampering.folded?.(i, word) ?? word)];
  });
  const natural = word.map((_, k) => word[reverseBits(k, logSize)] ?? EXT_ZERO);
  const honestFinal = interpolate(natural).slice(0, 2 ** key.logFinalLength);
  const finalPolynomial = tampering.finalPolynomial?.(honestFinal) ?? honestFinal;
  transcript.absorbExts("finalPolynomial", finalPolynomial);
  words.push(...finalPolynomial.flatMap((c) => [...c]));
  grind("queryNonce", grindingBits.query);
  const positions = Array.from({ length: profile.queryCount }, () => transcript.sampleBits(largestLog(key)));
  const sorted = positions.toSorted((a, b) => a - b);
  const half = Math.ceil(sorted.length / 2);
  const groups = profile.hash === "keccak256" ? [sorted.slice(0, half), sorted.slice(half)] : positions.map((position) => [position]);
  const headerEnd = words.length;
  const ends: number[] = [];
  for (const group of groups) {
    group.forEach((index, i) => {
      for (const tree of trees) {
        if (tree === undefined) continue;
        const leaves = group.map((position) => Math.floor(position / 2 ** (largestLog(key) - tree.tallest)));
        words.push(...tree.rows(leaves[i] ?? 0), ...tree.path(leaves, i, shownWords));
      }
      let folded = 0;
      key.foldSchedule.forEach((step, layer) => {
        const arity = 2 ** step;
        const tree = foldTrees[layer];
        assert(tree !== undefined);
        const slot = Math.floor(index / 2 ** folded) % arity;
        folded += step;
        const leaves = group.map((position) => Math.floor(position / 2 ** folded));
        const flat = tree.rows(leaves[i] ?? 0);
        words.push(...flat.slice(0, 4 * slot), ...flat.slice(4 * slot + 4), ...tree.path(leaves, i, shownWords));
      });
    });
    ends.push(words.length);
  }
  const rootWords = shownWords * (hasLookup(key) ? 3 : 2);
  const l1Parts = [
    bigEndian([...publics, ...words.slice(0, ends[0])]),
    bigEndian([...words.slice(0, rootWords), ...summary, ...words.slice(tailStart, headerEnd), ...words.slice(ends[0])]),
  ] as const;
  return { publics, words, bytes: wordsToBytes(words), l1Parts };
};

/** Value at `point` of the polynomial through the given points, by Lagrange's formula. */
const lagrange = (points: readonly { at: number; value: Ext }[], point: Ext): Ext =>
  points.reduce((total, { at, value }) => {
    let weight: Ext = EXT_ONE;
    for (const other of points) {
      if (other.at === at) continue;
      const over = inv(extSub(extFromFelt(at), extFromFelt(other.at))[0]);
      weight = extScale(extMul(weight, extSub(point, extFromFelt(other.at))), over);
    }
    return extAdd(total, extMul(weight, value));
  }, EXT_ZERO);

export const wordsToBytes = (words: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((value, i) => view.setUint32(4 * i, value, true));
  return bytes;
};
