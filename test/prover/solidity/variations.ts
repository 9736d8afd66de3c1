// Hostile pairs of parts that are built for no check: spliced from several runs, moved, swapped, aliased, under other keys.
// Owns: the variations. Does not own: any expectation but that none of them is an honest pair.
import { P } from "../../../prover/field/koalabear.ts";
import { INSTANCES, proofNumber, submitted } from "./attacks.ts";
import type { Attack } from "./attacks.ts";
import { referenceProof } from "../verify/reference-prover.ts";

type Pair = readonly [Uint8Array, Uint8Array];

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const SPLICES = 12;

/** Bytes of one part replaced by those that stand there in another proof's. */
function* splices(mine: Uint8Array, other: Uint8Array, name: string): Generator<[string, Uint8Array]> {
  for (let k = 0; k < SPLICES; k += 1) {
    const start = 4 * Math.floor((mine.length * k) / SPLICES / 4);
    const size = [4, 28, 64, 200][k % 4] ?? 4;
    const spliced = mine.slice();
    spliced.set(other.subarray(start, Math.min(start + size, mine.length)), start);
    yield [`${size} bytes from ${start} on of ${name}`, spliced];
  }
}

/** Words that change places, repeat, vanish or get an alias. */
export function* disorders(mine: Uint8Array): Generator<[string, Uint8Array]> {
  for (let k = 0; k < 9; k += 1) {
    const word = Math.floor((mine.length / 4 - 20) * (k / 9)) + k;
    const changed = (change: (view: DataView, copy: Uint8Array) => void): Uint8Array => {
      const copy = mine.slice();
      change(new DataView(copy.buffer), copy);
      return copy;
    };
    yield [`word ${word} plus p`, changed((view) => { view.setUint32(4 * word, view.getUint32(4 * word) + P); })];
    yield [`words ${word} and ${word + 1} swapped`, changed((view) => {
      const [a, b] = [view.getUint32(4 * word), view.getUint32(4 * word + 4)];
      view.setUint32(4 * word, b);
      view.setUint32(4 * word + 4, a);
    })];
    if (k % 2 === 0) yield [`four words from ${word} on repeat those before`, changed((_, copy) => { copy.copyWithin(4 * word + 16, 4 * word, 4 * word + 16); })];
    else yield [`eight words from ${word} on are zero`, changed((_, copy) => { copy.fill(0, 4 * word, 4 * word + 32); })];
  }
}

/** All variations: about four hundred. */
export function* variations(): Generator<Attack> {
  const pairs = INSTANCES.map(({ label, instance }) => ({ label, instance, pair: referenceProof(instance.key, instance.traces).l1Parts }));
  for (const [n, { label, instance, pair }] of pairs.entries()) {
    const { key } = instance;
    const sources: readonly [string, Pair][] = [["another proof of the same", proofNumber(instance, 1).l1Parts], ["another statement", pairs[n ^ 1]?.pair ?? pair]];
    for (const part of [0, 1] as const) {
      const changes = [...sources.flatMap(([name, other]) => [...splices(pair[part], other[part], name)]), ...disorders(pair[part])];
      for (const [name, data] of changes) {
        if (isSame(data, pair[part])) continue;
        yield submitted(`${label}: part ${part}: ${name}`, undefined, key, part === 0 ? data : pair[0], part === 1 ? data : pair[1]);
      }
    }
    yield submitted(`${label}: the parts in each other's place`, undefined, key, pair[1], pair[0]);
    yield submitted(`${label}: part 0 twice`, undefined, key, pair[0], pair[0]);
    yield submitted(`${label}: part 1 twice`, undefined, key, pair[1], pair[1]);
    // An honest proof of another machine.
    yield submitted(`${label}: under another key`, undefined, pairs[(n + 2) % 4]?.instance.key ?? key, ...pair);
  }
}
