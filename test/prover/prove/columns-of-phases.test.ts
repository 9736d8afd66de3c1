// Regression: column 0 of the preprocessed phase and column 0 of the permutation phase are different
// expressions. Both phases begin with "p"; a sharing key made of initials once merged them, which
// replaced the running sum by a preprocessed column in every chip that has both.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ExpressionPool } from "../../../prover/air/expression.ts";

test("columns of equal index in different phases are different expressions", () => {
  const pool = new ExpressionPool();
  const ids = (["preprocessed", "main", "permutation"] as const).flatMap((phase) =>
    [false, true].map((isNext) => pool.column(phase, 0, isNext).id));
  assert.equal(new Set(ids).size, ids.length);
});
