/**
 * Keccak-f[1600] over 24 rows: bits of theta's output and of the column parities, 30-bit limbs of the state.
 *
 * Statement of the chain chip: applying keccak-f `count` times to the public start state gives the public end state.
 * Owns: the round constraints and the chain. Does not own: padding or absorption of messages (a sponge sits on a bus).
 * Source: FIPS 202; the parity trick (c' with sum of a' - c' in {0, 2, 4}) is that of Plonky3's keccak-air (2633
 * columns). Leaner here: no preimage (rows chain), no limbs between chi and iota: chi feeds the next row's limbs, only
 * the 7 bit positions that round constants touch are kept as columns, and 54 limbs of 30 bits run across lanes. Eleven
 * one-hot columns count rounds (mod 3 and mod 8), so the chip needs no preprocessed tree: a path less in every query.
 * Invariant: a row whose limbs are a state has the state after one round in the next row's limbs; no other next row
 * satisfies the constraints. Every row is real: after the exported state the chain just goes on, so no padding exists.
 */
import assert from "node:assert/strict";
import { defineChip } from "../chip.ts";
import type { ChipBuilder } from "../chip.ts";
import type { Expression } from "../expression.ts";
import { packLittleEndian, sum } from "../expression.ts";
import { emptyTrace } from "../trace.ts";
import type { ChipTrace } from "../trace.ts";
import { LIMB_BITS, LIMB_COUNT, RC_BITS, ROUNDS, ROUND_CONSTANTS, STATE_BITS, keccakRound, rotationSource, stateLimbs } from "./keccak-round.ts";
import type { State } from "./keccak-round.ts";

const at = <T>(list: readonly T[], index: number): T => {
  const value = list[index];
  assert(value !== undefined, `no element ${index} of ${list.length}`);
  return value;
};

const xor = (a: Expression, b: Expression): Expression => a.add(b).sub(a.mul(b).mul(2));
const xor3 = (a: Expression, b: Expression, c: Expression): Expression => xor(xor(a, b), c);
/** a xor (not b and c): chi on one bit. */
const chi = (a: Expression, b: Expression, c: Expression): Expression => xor(a, b.not().mul(c));

/** Lane index of (x, y); bit index inside a bit matrix. */
const laneOf = (x: number, y: number): number => (x % 5) + 5 * (y % 5);
const bitOf = (lane: number, z: number): number => 64 * lane + ((z + 64) % 64);

/** The bits a limb packs, least significant first. */
const bitsOfLimb = (limb: number): { readonly lane: number; readonly z: number }[] =>
  Array.from({ length: Math.min(LIMB_BITS, STATE_BITS - LIMB_BITS * limb) }, (_, i) => {
    const bit = LIMB_BITS * limb + i;
    return { lane: Math.floor(bit / 64), z: bit % 64 };
  });

type RoundColumns = {
  /** The state's bits, lane-major, packed into limbs. */
  readonly limbs: Expression[];
  /** theta's output bits. */
  readonly theta: Expression[];
  /** Column parities before (c) and after (cAfter) theta. */
  readonly parity: Expression[];
  readonly parityAfter: Expression[];
  /** chi of lane 0 at the positions of round-constant bits. */
  readonly touched: Expression[];
};

const declareRound = (b: ChipBuilder): RoundColumns => ({
  limbs: b.mainArray("limb", LIMB_COUNT),
  theta: b.mainArray("theta", STATE_BITS),
  parity: b.mainArray("parity", 320),
  parityAfter: b.mainArray("parityAfter", 320),
  touched: b.mainArray("touched", RC_BITS.length),
});

/** theta: limbs = theta-output xor (c xor c'), and c' are the parities of theta's output. */
const constrainTheta = (b: ChipBuilder, { limbs, theta, parity, parityAfter }: RoundColumns): void => {
  theta.forEach((bit, i) => b.assertBoolean(`theta[${i}] is boolean`, bit));
  parity.forEach((bit, i) => b.assertBoolean(`parity[${i}] is boolean`, bit));
  for (let x = 0; x < 5; x += 1) {
    for (let z = 0; z < 64; z += 1) {
      const own = at(parity, bitOf(x, z));
      const effect = xor3(own, at(parity, bitOf((x + 4) % 5, z)), at(parity, bitOf((x + 1) % 5, z - 1)));
      b.assertEqual(`parityAfter[${x},${z}]`, at(parityAfter, bitOf(x, z)), effect);
      const column = sum([0, 1, 2, 3, 4].map((y) => at(theta, bitOf(laneOf(x, y), z))));
      const excess = column.sub(at(parityAfter, bitOf(x, z)));
      b.assertZero(`column (${x},${z}) has parity parityAfter`, excess.mul(excess.sub(2)).mul(excess.sub(4)));
    }
  }
  limbs.forEach((limb, i) => {
    const bits = bitsOfLimb(i).map(({ lane, z }) =>
      xor3(at(theta, bitOf(lane, z)), at(parity, bitOf(lane % 5, z)), at(parityAfter, bitOf(lane % 5, z))));
    b.assertEqual(`limb ${i}`, limb, packLittleEndian(bits));
  });
};

/** rho, pi, chi, iota: the next row's limbs. `roundConstant[i]` is the constant's bit at RC_BITS[i]. */
const constrainChi = (b: ChipBuilder, { limbs, theta, touched }: RoundColumns, roundConstant: readonly Expression[]): void => {
  const rotated = (x: number, y: number, z: number): Expression => {
    const source = rotationSource(x % 5, y % 5);
    return at(theta, bitOf(source.lane, z - source.rotation));
  };
  const bitAfter = (lane: number, z: number): Expression => {
    const [x, y] = [lane % 5, Math.floor(lane / 5)];
    const bit = chi(rotated(x, y, z), rotated(x + 1, y, z), rotated(x + 2, y, z));
    const constantIndex = RC_BITS.indexOf(z);
    if (lane !== 0 || constantIndex === -1) return bit;
    const column = at(touched, constantIndex);
    b.assertEqual(`touched[${constantIndex}] is chi at bit ${z} of lane 0`, column, bit);
    return xor(column, at(roundConstant, constantIndex));
  };
  limbs.forEach((limb, i) => {
    const bits = bitsOfLimb(i).map(({ lane, z }) => bitAfter(lane, z));
    b.assertEqual(`limb ${i} after the round`, b.next(limb), packLittleEndian(bits), "transition");
  });
};

type RoundClock = {
  /** Bit of the row's round constant at each of RC_BITS. */
  readonly constant: Expression[];
  readonly isFirst: Expression;
  readonly isLast: Expression;
};

/** Columns of the two round counters, one-hot: the round is known by its number mod 3 and mod 8. */
const CLOCKS = [3, 8] as const;

/** Round number = row number mod 24: both counters start at 0 and step on every row. */
const declareClock = (b: ChipBuilder): RoundClock => {
  const [thirds, eighths] = CLOCKS.map((length) => b.mainArray(`roundMod${length}`, length)) as [Expression[], Expression[]];
  for (const counter of [thirds, eighths]) {
    counter.forEach((flag, i) => {
      const name = `round mod ${counter.length} is ${i}`;
      b.assertEqual(`${name} on the first row or not`, flag, i === 0 ? 1 : 0, "first");
      b.assertEqual(`${name} one row after ${i === 0 ? "the last" : i - 1}`, b.next(flag), at(counter, (i + counter.length - 1) % counter.length), "transition");
    });
  }
  const isRound = (round: number): Expression => at(thirds, round % CLOCKS[0]).mul(at(eighths, round % CLOCKS[1]));
  const constant = RC_BITS.map((z) => sum(ROUND_CONSTANTS.flatMap((bits, round) => ((bits >> BigInt(z)) & 1n) === 1n ? [isRound(round)] : [])));
  return { constant, isFirst: isRound(0), isLast: isRound(ROUNDS - 1) };
};

/** The chain chip: `count` permutations from the public start to the public end. */
export const KECCAK_CHAIN = defineChip("keccak-chain", (b) => {
  const round = declareRound(b);
  const clock = declareClock(b);
  const [done, isExport, hasExported] = [b.main("done"), b.main("isExport"), b.main("hasExported")];
  const count = b.publicInput("count");
  constrainTheta(b, round);
  constrainChi(b, round, clock.constant);
  b.assertZero("no permutation is done at the start", done, "first");
  b.assertEqual("done counts last rounds", b.next(done), done.add(clock.isLast), "transition");
  b.assertBoolean("isExport is boolean", isExport);
  b.assertZero("an export happens between permutations", isExport.mul(clock.isFirst.not()));
  b.assertZero("an export happens after count permutations", isExport.mul(done.sub(count)));
  b.assertEqual("hasExported starts with the first row", hasExported, isExport, "first");
  b.assertEqual("hasExported adds up exports", b.next(hasExported), hasExported.add(b.next(isExport)), "transition");
  b.assertEqual("one export happened", hasExported, 1, "last");
  round.limbs.forEach((limb, i) => {
    const [start, end] = [b.publicInput(`start[${i}]`), b.publicInput(`end[${i}]`)];
    b.assertEqual(`limb ${i} starts at the public state`, limb, start, "first");
    b.assertZero(`limb ${i} of the exported state is public`, isExport.mul(limb.sub(end)));
  });
});

/** Permutations that fit a table of 2^logHeight rows: the exported row must exist. */
export const keccakCapacity = (logHeight: number): number => Math.floor((2 ** logHeight - 1) / ROUNDS);

/** Honest trace of `count` permutations of `start` (25 lanes). */
export const keccakChainTrace = (logHeight: number, start: State, count: number): ChipTrace => {
  const height = 2 ** logHeight;
  assert(count >= 0 && count <= keccakCapacity(logHeight), `${count} permutations do not fit 2^${logHeight} rows`);
  const width = KECCAK_CHAIN.mainColumns.length;
  const main = emptyTrace(width, height);
  let state = start;
  let end: State = start;
  for (let row = 0; row < height; row += 1) {
    const isExport = row === ROUNDS * count;
    if (isExport) end = state;
    const step = keccakRound(state, row % ROUNDS);
    const done = Math.floor(row / ROUNDS);
    const control = [done, isExport ? 1 : 0, row >= ROUNDS * count ? 1 : 0];
    const clock = CLOCKS.flatMap((length) => Array.from({ length }, (_, i) => (row % length === i ? 1 : 0)));
    main.values.set([...stateLimbs(state), ...step.theta, ...step.parity, ...step.parityAfter, ...step.touched, ...clock, ...control], row * width);
    state = step.after;
  }
  const [startLimbs, endLimbs] = [stateLimbs(start), stateLimbs(end)];
  const publics = [count, ...startLimbs.flatMap((limb, i) => [limb, at(endLimbs, i)])];
  return { preprocessed: emptyTrace(0, height), main, publics };
};
