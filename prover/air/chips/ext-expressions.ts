// Arithmetic of E on four base-field expressions: what the recursion chip's constraints are written in.
// Owns: the expansion of E's product into base expressions. Does not own: any constraint.
// Source: E = F[X]/(X^4 - 3), coefficient of X^0 first (field/ext4.ts).
// Invariant: a tuple stands for e0 + e1 X + e2 X^2 + e3 X^3.

import { sum } from "../expression.ts";
import type { Expression, Operand } from "../expression.ts";

export type ExtExpression = readonly [Expression, Expression, Expression, Expression];

export function extSum(a: ExtExpression, b: ExtExpression): ExtExpression {
  return [a[0].add(b[0]), a[1].add(b[1]), a[2].add(b[2]), a[3].add(b[3])];
}

export function extDifference(a: ExtExpression, b: ExtExpression): ExtExpression {
  return [a[0].sub(b[0]), a[1].sub(b[1]), a[2].sub(b[2]), a[3].sub(b[3])];
}

/** a * s for a base-field expression or constant s. */
export function extScaled(a: ExtExpression, s: Operand): ExtExpression {
  return [a[0].mul(s), a[1].mul(s), a[2].mul(s), a[3].mul(s)];
}

/** a + s, s in the base field. */
export function extPlusBase(a: ExtExpression, s: Expression): ExtExpression {
  return [a[0].add(s), a[1], a[2], a[3]];
}

/** a * b reduced by X^4 = 3. */
export function extProduct(a: ExtExpression, b: ExtExpression): ExtExpression {
  const coefficient = (k: number): Expression => {
    const low: Expression[] = [];
    const high: Expression[] = [];
    a.forEach((x, i) => b.forEach((y, j) => {
      if (i + j === k) low.push(x.mul(y));
      if (i + j === k + 4) high.push(x.mul(y));
    }));
    return high.length === 0 ? sum(low) : sum(low).add(sum(high).mul(3));
  };
  return [coefficient(0), coefficient(1), coefficient(2), coefficient(3)];
}
