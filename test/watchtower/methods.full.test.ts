// Every JSON-RPC method that the watchtower uses against every way in which one operator of three can misbehave in it: what is concluded is what the honest
// chain says, or nothing (with who was at fault named), and never the liar's. (methods.test.ts: that no method is missing, and the short cases.)

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from './fakeL1.ts';
import { FakeL1, readBy, READS, tried } from './methodReads.ts';

describe('every method, every fault', () => {
  let l1: FakeL1;
  before(async () => { l1 = await FakeL1.start(); });
  after(async () => l1.stop());

  for (const [truth, lie] of [['good', 'bad'], ['bad', 'good']] as const) {
    for (const method of Object.keys(READS)) {
      it(`${method}: one of three that misbehaves in it does not turn what is ${truth} into ${lie}, whichever it is`, async () => {
        l1.behave(l1.chains[truth]);
        const expected = await readBy(method, l1.parts(3, 2));
        for (const kind of FAULTS) {
          for (const liar of kind === 'hang' ? [0] : [0, 2]) {
            l1.behave(l1.chains[truth], { liar, method, kind, liesFrom: l1.chains[lie] });
            const result = await tried(async () => readBy(method, l1.parts(3, 2, kind)));
            if ('value' in result) assert.equal(result.value, expected, `${kind} of operator${liar + 1}`);
            else assert.match(result.unknown, new RegExp(`operator${liar + 1}`), `${kind}: who misbehaved is named`);
          }
        }
      });
    }
  }

  it('a single endpoint proves what it says or it is unverifiable, whatever its fault', async () => {
    for (const method of ['eth_getBlockReceipts', 'eth_getCode', 'eth_getProof']) {
      l1.behave(l1.chains.good);
      const expected = await readBy(method, l1.parts(1, 1));
      for (const kind of FAULTS) {
        l1.behave(l1.chains.good, { liar: 0, method, kind, liesFrom: l1.chains.bad });
        const result = await tried(async () => readBy(method, l1.parts(1, 1, kind)));
        if ('value' in result) assert.equal(result.value, expected, `${method}: ${kind}`);
        else assert.match(result.unknown, /operator1/, `${method}: ${kind}`);
      }
    }
  });
});
