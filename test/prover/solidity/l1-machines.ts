// The machines and dishonest provers of the L1 verifier's tests: one without buses, one with everything a single chip can have.
// Owns: keys, traces, lies. Does not own: any expectation (verifier.test.ts, corpus.full.test.ts).
import { defineChip } from "../../../prover/air/chip.ts";
import type { Bus } from "../../../prover/air/chip.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { EXT_ONE, extAdd } from "../../../prover/field/ext4.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { makeShape } from "../../../prover/protocol/key.ts";
import { TEST_KECCAK } from "../../../prover/protocol/profile.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import { fibonacciInstance } from "../verify/machines.ts";
import type { Instance } from "../verify/machines.ts";
import { referenceKey } from "../verify/reference-prover.ts";
import type { Tampering } from "../verify/reference-prover.ts";

/** Enough grinding that a nonce off by a little does no work, folds of arity 8 and 2, an odd number of queries. */
export const PROFILE = { ...TEST_KECCAK, queryCount: 5, logFinalLength: 1, grindingBits: { lookup: 7, batch: 7, fold: 7, query: 7 } };
export const LOG_HEIGHT = 5;

/** Counts on one side of a bus, takes all but one value back on the other; the verifier takes the one named in public. */
const BUS: Bus = { id: 3, name: "drawn", width: 2 };
const LOTTERY = defineChip("lottery", (b) => {
  const position = b.preprocessed("position");
  const [ticket, drawn, isDrawn] = [b.main("ticket"), b.main("drawn"), b.main("isDrawn")];
  b.publicInput("kept");
  b.assertEqual("tickets are numbered", ticket, position.add(1));
  b.assertEqual("tickets count up", b.next(ticket), ticket.add(1), "transition");
  b.assertZero("the first ticket is 1", ticket.sub(1), "first");
  b.assertBoolean("isDrawn is boolean", isDrawn);
  b.assertZero("the last row draws nothing", isDrawn, "last");
  b.send(BUS, "ticket", [ticket, 9], 1);
  b.receive(BUS, "drawn", [drawn, 9], isDrawn);
});

export const lotteryInstance = (kept: number): Instance => {
  const height = 2 ** LOG_HEIGHT;
  const order = Array.from({ length: height }, (_, i) => ((i * 7) % height) + 1).filter((ticket) => ticket !== kept);
  const values = Uint32Array.from({ length: 3 * height }, (_, i) => {
    const row = Math.floor(i / 3);
    return [row + 1, order[row] ?? 0, row < height - 1 ? 1 : 0][i % 3] ?? 0;
  });
  const trace: ChipTrace = {
    preprocessed: { width: 1, height, values: Uint32Array.from({ length: height }, (_, i) => i) }, main: { width: 3, height, values }, publics: [kept],
  };
  const chips = compileMachine([LOTTERY]).map((chip) => ({ chip, logHeight: LOG_HEIGHT }));
  const shape = makeShape(PROFILE, chips, [{
    bus: BUS, multiplicity: P - 1, tuple: [{ kind: "public", chipIndex: 0, publicIndex: 0 }, { kind: "constant", value: 9 }],
  }]);
  return { shape, key: referenceKey(shape, [trace]), traces: [trace] };
};

export const FIBONACCI = fibonacciInstance(PROFILE, LOG_HEIGHT);
const LOTTERY_INSTANCE = lotteryInstance(11);
export const MACHINES = [{ label: "fibonacci", instance: FIBONACCI }, { label: "lottery", instance: LOTTERY_INSTANCE }];

/** A root that differs in one word. */
export const shiftRoot = (root: readonly number[], at = 2): number[] => root.map((word, i) => (i === at ? word ^ 1 : word) >>> 0);
export const SITES: readonly Label[] = ["lookupNonce", "batchNonce", "foldNonce", "queryNonce"];

/** Lies at one place by a prover that is consistent everywhere else. */
export const lies = (): { name: string; tampering: Tampering }[] => [
  ...SITES.flatMap((site) => [1, 2].map((by) => ({ name: `${site} off by ${by}`, tampering: { nonce: (label: Label, honest: number) => (label === site ? honest + by : honest) } }))),
  ...["main", "permutation", "quotient", "fold 0", "fold 1"].map((tree) => ({ name: `root of ${tree}`, tampering: { root: (at: string, root: readonly number[]) => (at === tree ? shiftRoot(root) : root) } })),
  ...[0, 3, 7].map((coefficient) => ({ name: `quotient coefficient ${coefficient}`, tampering: { quotient: (_: number, q: readonly (typeof EXT_ONE)[]) => q.map((c, i) => (i === coefficient ? extAdd(c, [1, 2, 3, 4]) : c)) } })),
  { name: "an opening shifted, quotient forged", tampering: { openingsHere: (values) => values.map((v, i) => (i === 0 ? extAdd(v, EXT_ONE) : v)), forgesIdentity: true } },
  { name: "a next-row opening shifted, quotient forged", tampering: { openingsNext: (values) => values.map((v, i) => (i === 0 ? extAdd(v, EXT_ONE) : v)), forgesIdentity: true } },
  { name: "lookup sum shifted", tampering: { sums: (sums) => sums.map((s) => extAdd(s, EXT_ONE)) } },
  ...[0, 1].map((at) => ({ name: `final coefficient ${at}`, tampering: { finalPolynomial: (c: readonly (typeof EXT_ONE)[]) => c.map((v, i) => (i === at ? extAdd(v, EXT_ONE) : v)) } })),
  ...[0, 1].map((fold) => ({ name: `word after fold ${fold}`, tampering: { folded: (at: number, word: readonly (typeof EXT_ONE)[]) => (at === fold ? word.map((v) => extAdd(v, EXT_ONE)) : word) } })),
];
