// Laws of the composed claim: it is a minimum, grinding is credited at its own site only, short tables cost a list.
import assert from "node:assert/strict";
import { test } from "node:test";
import { COLLISION_BITS, EXTENSION_BITS, securityClaim } from "../../../prover/security/rounds.ts";
import type { InstanceShape } from "../../../prover/security/rounds.ts";

const SEGMENT: InstanceShape = {
  fieldBits: EXTENSION_BITS, collisionBits: COLLISION_BITS, regime: { name: "unique-decoding" }, logBlowup: 1,
  queryCount: 193, grinding: { lookup: 16, batch: 16, fold: 0, query: 20 }, maxLogHeight: 20, constraintCount: 500,
  maxDegree: 3, batches: [{ logHeight: 20, values: 1500 }, { logHeight: 16, values: 300 }],
  folds: [{ logArity: 3, hasRollIn: false }, { logArity: 1, hasRollIn: true }, { logArity: 3, hasRollIn: false }],
  lookupFractions: 22 * 2 ** 20, maxTupleWidth: 9,
};

const bitsAt = (shape: InstanceShape, site: string): number => {
  const term = securityClaim(shape).terms.find((entry) => entry.site === site);
  assert(term !== undefined, `no term for ${site}`);
  return term.bits;
};

test("the production segment at 2^20 rows claims 100.1 bits, and at 2^21 falls below 100", () => {
  const claim = securityClaim(SEGMENT);
  assert.equal(claim.bits.toFixed(1), "100.1");
  const taller = { ...SEGMENT, maxLogHeight: 21, batches: [{ logHeight: 21, values: 1500 }] };
  assert(securityClaim(taller).bits < 100);
});

test("a roll-in after an arity-8 fold at 2^20 rows costs 0.2 bit and one ground bit restores it", () => {
  const rolled = { ...SEGMENT, folds: [{ logArity: 3, hasRollIn: true }] };
  assert.equal(securityClaim(rolled).bits.toFixed(2), "99.95");
  assert(securityClaim({ ...rolled, grinding: { ...SEGMENT.grinding, fold: 1 } }).bits >= 100);
});

test("grinding raises its own site by exactly its bits and no other site", () => {
  const sites: [keyof InstanceShape["grinding"], string][] = [
    ["lookup", "lookup"], ["batch", "batch 2^20"], ["fold", "fold 0"], ["query", "queries"],
  ];
  for (const [key, site] of sites) {
    const more = { ...SEGMENT, grinding: { ...SEGMENT.grinding, [key]: SEGMENT.grinding[key] + 2 } };
    for (const term of securityClaim(SEGMENT).terms) {
      const isOwn = term.site === site || (key === "fold" && term.site.startsWith("fold")) || (key === "batch" && term.site.startsWith("batch"));
      assert(Math.abs(bitsAt(more, term.site) - term.bits - (isOwn ? 2 : 0)) < 1e-9, `${key} at ${term.site}`);
    }
  }
});

test("the claim is the minimum of its terms and never above the digest's collision bound", () => {
  const claim = securityClaim({ ...SEGMENT, fieldBits: 400, queryCount: 1000 });
  assert.equal(claim.bits, Math.min(...claim.terms.map((term) => term.bits)));
  assert.equal(claim.bindingSite, "digest collision");
});

test("a table too short for the regime leaves no claim at all", () => {
  const tiny = { ...SEGMENT, batches: [...SEGMENT.batches, { logHeight: 2, values: 10 }] };
  assert.equal(securityClaim(tiny).bits, Number.NEGATIVE_INFINITY);
});

test("a short table costs a list size on challenges before the low-degree test, not on queries", () => {
  const short = { ...SEGMENT, batches: [...SEGMENT.batches, { logHeight: 8, values: 10 }] };
  assert(bitsAt(short, "constraints") < bitsAt({ ...SEGMENT, batches: [SEGMENT.batches[0]!] }, "constraints") - 3);
  assert.equal(bitsAt(short, "queries"), bitsAt(SEGMENT, "queries"));
});

test("fewer queries, more columns, more interactions and more constraints never raise the claim", () => {
  const variants: Partial<InstanceShape>[] = [
    { queryCount: 192 }, { constraintCount: 5000 }, { lookupFractions: 2 ** 30 }, { maxTupleWidth: 20 },
    { batches: [{ logHeight: 20, values: 5000 }, { logHeight: 16, values: 300 }] },
  ];
  for (const variant of variants) assert(securityClaim({ ...SEGMENT, ...variant }).bits <= securityClaim(SEGMENT).bits);
});
