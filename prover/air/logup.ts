/**
 * The lookup argument of a chip: turns its bus interactions into permutation columns and degree-3 constraints.
 *
 * Owns: the fingerprint, the pairing of interactions, the cyclic running sum. Does not own: filling the columns
 * (trace side: prover/prove) or checking that the chips' sums cancel (verifier).
 * Source: Haboeck, eprint 2022/1530; fingerprint form of Plonky3 p3-lookup; prover review P10 and design 04 A2.
 * Invariant: if every constraint holds on all H rows, sumShare * H = sum over rows and interactions of
 * multiplicity / fingerprint.
 *
 *   fingerprint(bus, m_0..m_k) = alpha + (bus.id + 1) * beta^W - sum_j beta^j * m_j,  W = widest bus of the machine
 *   phi_g * d_i * d_j = mult_i * d_j + mult_j * d_i            every group but the last
 *   (S' - S + C/H - sum of other phi) * d_i * d_j = mult_i * d_j + mult_j * d_i   last group; S' = S on the next row
 *
 * Permutation columns (extension field) in order: phi of each group but the last, then S.
 */
import assert from "node:assert/strict";
import { MAX_DEGREE } from "./chip.ts";
import type { ChipDefinition, Constraint, Interaction } from "./chip.ts";
import { sum } from "./expression.ts";
import type { Expression } from "./expression.ts";

/** One or two interactions sharing a permutation column, with the two sides of its defining fraction. */
export type LookupGroup = {
  readonly interactions: readonly number[];
  /** Node id of sum of multiplicity_i * product of the other denominators. */
  readonly numerator: number;
  /** Node id of the product of denominators. */
  readonly denominator: number;
};

export type LookupArgument = {
  readonly groups: readonly LookupGroup[];
  /** Extension-field permutation columns; 0 when the chip touches no bus. */
  readonly permutationWidth: number;
  readonly constraints: readonly Constraint[];
};

const tupleDegree = (chip: ChipDefinition, interaction: Interaction): number =>
  Math.max(...interaction.tuple.map((id) => chip.pool.at(id).degree));

const multiplicityDegree = (chip: ChipDefinition, interaction: Interaction): number =>
  chip.pool.at(interaction.multiplicity).degree;

/** Whether two interactions can share a column within the degree bound. */
const isPairable = (chip: ChipDefinition, a: Interaction, b: Interaction): boolean => {
  const [da, db] = [tupleDegree(chip, a), tupleDegree(chip, b)];
  const left = 1 + da + db;
  const right = Math.max(multiplicityDegree(chip, a) + db, multiplicityDegree(chip, b) + da);
  return Math.max(left, right) <= MAX_DEGREE;
};

const fingerprint = (chip: ChipDefinition, interaction: Interaction, maxWidth: number): Expression => {
  const { pool } = chip;
  const offset = pool.betaPower(maxWidth).mul(interaction.bus.id + 1);
  const parts = interaction.tuple.map((id, power) => pool.betaPower(power).mul(pool.at(id)));
  return pool.alpha().add(offset).sub(sum(parts));
};

/** Groups in declaration order, each taking the next interaction with it when the degree allows. */
const groupInteractions = (chip: ChipDefinition): number[][] => {
  const groups: number[][] = [];
  for (let i = 0; i < chip.interactions.length; i += 1) {
    const here = chip.interactions[i];
    const following = chip.interactions[i + 1];
    assert(here !== undefined);
    if (following !== undefined && isPairable(chip, here, following)) {
      groups.push([i, i + 1]);
      i += 1;
    } else {
      groups.push([i]);
    }
  }
  return groups;
};

/** Derives the lookup argument of a chip for a machine whose widest bus tuple has `maxWidth` elements. */
export const lookupArgument = (chip: ChipDefinition, maxWidth: number): LookupArgument => {
  const { pool } = chip;
  for (const interaction of chip.interactions) {
    assert(interaction.tuple.length <= maxWidth, `chip ${chip.name}: tuple wider than ${maxWidth}`);
  }
  const groups = groupInteractions(chip).map((members): LookupGroup => {
    const fractions = members.map((index) => {
      const interaction = chip.interactions[index];
      assert(interaction !== undefined);
      return { top: pool.at(interaction.multiplicity), bottom: fingerprint(chip, interaction, maxWidth) };
    });
    const [a, b] = fractions;
    assert(a !== undefined);
    const numerator = b === undefined ? a.top : a.top.mul(b.bottom).add(b.top.mul(a.bottom));
    const denominator = b === undefined ? a.bottom : a.bottom.mul(b.bottom);
    return { interactions: members, numerator: numerator.id, denominator: denominator.id };
  });
  return { groups, permutationWidth: groups.length, constraints: lookupConstraints(chip, groups) };
};

const lookupConstraints = (chip: ChipDefinition, groups: readonly LookupGroup[]): Constraint[] => {
  const { pool } = chip;
  const lastIndex = groups.length - 1;
  const phis = groups.slice(0, -1).map((_, g) => pool.column("permutation", g, false));
  return groups.map((group, g) => {
    let value: Expression;
    if (g < lastIndex) {
      value = pool.column("permutation", g, false);
    } else {
      const step = pool.column("permutation", lastIndex, true).sub(pool.column("permutation", lastIndex, false));
      const withShare = step.add(pool.sumShare());
      value = phis.length === 0 ? withShare : withShare.sub(sum(phis));
    }
    const root = value.mul(pool.at(group.denominator)).sub(pool.at(group.numerator));
    assert(root.degree <= MAX_DEGREE, `chip ${chip.name}: lookup constraint ${g} has degree ${root.degree}`);
    return { scope: "every", root: root.id, label: g < lastIndex ? `lookup group ${g}` : "lookup running sum" };
  });
};
