// The cursor against a reference that simply remembers the chain: whatever reorganisations come, what it holds is the chain.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keccak256, toHex, type Hex } from 'viem';
import { appended, firstCursor, gapped, place, unwound } from '../../watchtower/cursor.ts';
import type { L1Header } from '../../watchtower/l1/header.ts';
import type { StoredBlock } from '../../watchtower/rows.ts';

const ZERO: Hex = `0x${'00'.repeat(32)}`;

function header(number: number, parentHash: Hex, salt: number): L1Header {
  return { number: BigInt(number), parentHash, hash: keccak256(toHex(`${number} ${parentHash} ${salt}`)), stateRoot: ZERO, receiptsRoot: ZERO, logsBloom: '0x', timestamp: 0n, baseFeePerGas: 0n };
}

/** Grows or reorganises a chain; each step says how deep, how many new blocks, and how much becomes final. */
const history = fc.array(fc.record({ depth: fc.nat(6), added: fc.integer({ min: 1, max: 7 }), finalShare: fc.nat(100) }), { minLength: 1, maxLength: 30 });

describe('the cursor', () => {
  it('holds exactly the chain after reorganisations of every depth above finality', () => {
    fc.assert(fc.property(history, (steps) => {
      let chain: L1Header[] = [header(5, ZERO, 0)];
      let cursor = firstCursor(5);
      const stored = new Map<number, StoredBlock>();
      for (const [salt, { depth, added, finalShare }] of steps.entries()) {
        const keep = Math.max(chain.length - depth, cursor.finalized - 5 + 1, 1);
        chain = chain.slice(0, keep);
        for (let i = 0; i < added; i += 1) chain.push(header(5 + chain.length, chain.at(-1)?.hash ?? ZERO, salt));
        for (let guard = 0; cursor.tip !== 5 + chain.length - 1 || stored.get(cursor.tip)?.hash !== chain.at(-1)?.hash; guard += 1) {
          assert.ok(guard < 1_000, 'it comes to an end');
          const next = chain[cursor.tip + 1 - 5];
          if (next === undefined) {
            stored.delete(cursor.tip);
            cursor = unwound(cursor);
            continue;
          }
          const move = place(cursor, stored.get(cursor.tip), next);
          assert.notEqual(move.kind, 'refused');
          if (move.kind === 'append') {
            cursor = appended(cursor);
            stored.set(cursor.tip, { number: cursor.tip, hash: next.hash, parentHash: next.parentHash, timestamp: 0 });
          } else {
            stored.delete(cursor.tip);
            cursor = unwound(cursor);
          }
        }
        assert.deepEqual([...stored.keys()].toSorted((a, b) => a - b).map((number) => stored.get(number)?.hash), chain.map(({ hash }) => hash));
        cursor = { ...cursor, finalized: Math.max(cursor.finalized, Math.floor((cursor.tip * finalShare) / 100)) };
      }
    }), { numRuns: 300 });
  });

  it('refuses a chain that contradicts what was final', () => {
    const [a, other] = [header(5, ZERO, 0), header(6, header(5, ZERO, 9).hash, 0)];
    const cursor = { ...appended(firstCursor(5)), finalized: 5 };
    assert.equal(place(cursor, { number: 5, hash: a.hash, parentHash: ZERO, timestamp: 0 }, other).kind, 'refused');
    assert.equal(place(cursor, undefined, header(8, ZERO, 0)).kind, 'refused', 'and a block that is not the next');
  });

  it('keeps a gap on record for ever', () => {
    const cursor = appended(gapped(appended(firstCursor(5)), 9));
    assert.deepEqual([cursor.tip, cursor.gaps], [10, [{ from: 6, to: 9 }]]);
  });
});
