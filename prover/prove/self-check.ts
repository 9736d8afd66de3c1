// The prover's own check that a trace satisfies its machine, before any proof leaves it.
// Owns: the out-of-domain identity and the bus balance, as the verifier will see them.
// Does not own: naming the broken row or bus (air/check.ts does, on the trace itself).
// Invariant: prove() never returns bytes for a false statement that an honest verifier would see.

import { evaluateNodes, foldConstraints, powersOf } from "../air/evaluate.ts";
import type { RingOperations } from "../air/evaluate.ts";
import type { CompiledChip } from "../air/ir.ts";
import {
  EXT_ZERO, extAdd, extAddFelt, extEquals, extFromFelt, extInv, extIsZero, extMul, extPowTwo, extScale, extSub,
} from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { inv, twoAdicRoot } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { widestTuple } from "../protocol/key.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Openings } from "./openings.ts";

/** The trace breaks a constraint of the named chip. */
export class UnsatisfiedConstraint extends Error {
  readonly code = "UNSATISFIED_CONSTRAINT";
}
/** The sums of all chips and public terms do not cancel: some bus is out of balance. */
export class UnbalancedBus extends Error {
  readonly code = "UNBALANCED_BUS";
}

const EXT_RING: RingOperations<Ext> = {
  constant: (value) => extFromFelt(value), add: extAdd, sub: extSub, mul: extMul,
};
const BASIS: readonly Ext[] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];

/** Values of a column of E from the values of its four base columns. */
function joinExtColumns(values: readonly Ext[]): Ext[] {
  return Array.from({ length: values.length / 4 }, (_, e) =>
    BASIS.reduce<Ext>((sum, basis, k) => extAdd(sum, extMul(basis, values[4 * e + k] as Ext)), EXT_ZERO));
}

/** A full-width list that holds the given values at the given columns and zero elsewhere. */
function spread(width: number, columns: readonly number[], values: readonly Ext[]): Ext[] {
  const full = Array.from({ length: width }, () => EXT_ZERO);
  columns.forEach((column, i) => (full[column] = values[i] as Ext));
  return full;
}

export type IdentityInputs = {
  readonly alpha: Ext; readonly beta: Ext; readonly sums: readonly Ext[]; readonly challenge: Ext;
  readonly publics: readonly (readonly Felt[])[];
};

/** Opened values of one chip: [preprocessed, main, permutation, quotient] x [here, next]. */
type ChipOpening = { readonly here: readonly (readonly Ext[])[]; readonly next: readonly (readonly Ext[])[] };

function holdsAt(chip: CompiledChip, logHeight: number, zeta: Ext, opening: ChipOpening, leaves: {
  alpha: Ext; beta: Ext; sum: Ext; challenge: Ext; publics: readonly Felt[];
}): boolean {
  const [preprocessed = [], main = [], permutation = [], quotient = []] = opening.here;
  const [preprocessedNext = [], mainNext = [], permutationNext = []] = opening.next;
  const nodes = evaluateNodes(chip, EXT_RING, {
    preprocessed, preprocessedNext: spread(chip.preprocessedWidth, chip.nextColumns.preprocessed, preprocessedNext),
    main, mainNext: spread(chip.mainWidth, chip.nextColumns.main, mainNext),
    permutation: joinExtColumns(permutation),
    permutationNext: spread(chip.permutationWidth, chip.nextColumns.permutation, joinExtColumns(permutationNext)),
    publics: leaves.publics.map(extFromFelt), alpha: leaves.alpha,
    betaPowers: powersOf(EXT_RING, leaves.beta, chip.maxTupleWidth),
    sumShare: extScale(leaves.sum, inv(2 ** logHeight)),
  });
  const power = extPowTwo(zeta, logHeight);
  const vanishing = extAddFelt(power, twoAdicRoot(1));
  const transition = extSub(zeta, extFromFelt(inv(twoAdicRoot(logHeight))));
  const first = extMul(vanishing, extInv(extSub(zeta, extFromFelt(1))));
  const last = extMul(vanishing, extInv(transition));
  const folded = foldConstraints(chip, EXT_RING, nodes, { first, last, transition }, leaves.challenge);
  const [low, high] = joinExtColumns(quotient) as [Ext, Ext];
  return extEquals(folded, extMul(vanishing, extAdd(low, extMul(power, high))));
}

/** Throws UnsatisfiedConstraint if the identity at zeta fails for some chip. */
export function checkIdentity(key: VerifyingKey, openings: Openings, phaseSizes: readonly number[], inputs: IdentityInputs): void {
  key.chips.forEach(({ chip, logHeight }, chipIndex) => {
    const here: (readonly Ext[])[] = [[], [], [], []];
    const next: (readonly Ext[])[] = [[], [], [], []];
    let start = 0;
    phaseSizes.forEach((size, phase) => {
      for (let i = start; i < start + size; i++) {
        if (openings.matrices[i]?.chipIndex !== chipIndex) continue;
        here[phase] = openings.here[i] as readonly Ext[];
        next[phase] = openings.next[i] as readonly Ext[];
      }
      start += size;
    });
    const leaves = { ...inputs, sum: inputs.sums[chipIndex] as Ext, publics: inputs.publics[chipIndex] as readonly Felt[] };
    if (!holdsAt(chip, logHeight, openings.zeta, { here, next }, leaves)) {
      throw new UnsatisfiedConstraint(`chip ${chip.name}: the trace breaks a constraint (air/check.ts names it)`);
    }
  });
}

/** Throws UnbalancedBus if chips' sums and public terms do not cancel. */
export function checkBalance(key: VerifyingKey, inputs: Omit<IdentityInputs, "challenge">): void {
  const powers = powersOf(EXT_RING, inputs.beta, widestTuple(key));
  const total = key.publicTerms.reduce<Ext>((sum, { bus, multiplicity, tuple }) => {
    const offset = extScale(powers[widestTuple(key)] as Ext, bus.id + 1);
    const fingerprint = tuple.reduce<Ext>((rest, entry, j) => {
      const value = entry.kind === "constant" ? entry.value : (inputs.publics[entry.chipIndex]?.[entry.publicIndex] as Felt);
      return extSub(rest, extScale(powers[j] as Ext, value));
    }, extAdd(inputs.alpha, offset));
    return extAdd(sum, extScale(extInv(fingerprint), multiplicity));
  }, inputs.sums.reduce<Ext>(extAdd, EXT_ZERO));
  if (!extIsZero(total)) throw new UnbalancedBus(`lookup sums: expected them to cancel, got ${total.join(",")}`);
}
