// The JSON-RPC methods that the watchtower uses: none is outside the table of faults (methods.full.test.ts), none keeps state on a server, and one of three
// operators that answers from another chain, in one method or in all, changes nothing.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FakeL1, readBy, READS, tried } from './methodReads.ts';

const ROOT = join(import.meta.dirname, '..', '..', 'watchtower');
/** Answered, but nothing is concluded from the answer: the transaction is seen in final blocks, or sent again. */
const NOT_CONCLUDED_FROM = ['eth_sendRawTransaction'];

describe('methods', () => {
  let l1: FakeL1;
  before(async () => { l1 = await FakeL1.start(); });
  after(async () => l1.stop());

  it('the table has every method that the watchtower asks, and no filter is relied on', () => {
    const sources = (readdirSync(ROOT, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts') && !file.startsWith('bench')).map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
    // The fork is this machine's own; what it asks of L1 is answered by upgrades/upstream.ts out of proofs.
    const isOfFork = (file: string): boolean => /^upgrades[\\/](fork|simulate|upstream)\.ts$/.test(file);
    const asked = new Set(sources.filter(({ file }) => !isOfFork(file)).flatMap(({ text }) => [...text.matchAll(/'((?:eth|net|debug|trace|web3|txpool)_\w+)'/g)].map(([, method]) => String(method))));
    assert.deepEqual([...asked].toSorted(), [...Object.keys(READS), ...NOT_CONCLUDED_FROM].toSorted());
    const stateful = sources.flatMap(({ file, text }) => (/newFilter|newBlockFilter|getFilter|uninstallFilter|eth_subscribe|watchContractEvent|watchEvent|watchBlock|eth_getLogs/.test(text) ? [file] : []));
    assert.deepEqual(stateful, [], 'a filter lives on one server and dies behind a load balancer without a word; ranges of logs leave logs out');
  });

  it('one of three that answers one method from another chain, and then all of them, changes nothing', async () => {
    for (const method of Object.keys(READS)) {
      l1.behave(l1.chains.good);
      const expected = await readBy(method, l1.parts(3, 2));
      for (const fault of [{ method, liesFrom: l1.chains.bad }, { method: '*', liesFrom: l1.chains.twin }]) {
        l1.behave(l1.chains.good, { liar: 0, kind: 'other chain', ...fault });
        assert.equal(await readBy(method, l1.parts(3, 2)), expected, `${method}: ${fault.method}`);
      }
    }
  });

  it('a liar is named where its answer was seen to be false', async () => {
    for (const [method, kind] of [['eth_getCode', 'other chain'], ['eth_getBlockReceipts', 'flip'], ['eth_getBlockByNumber', 'flip']] as const) {
      l1.behave(l1.chains.good, { liar: 0, method, kind, liesFrom: l1.chains.bad });
      const parts = l1.parts(3, 2);
      await readBy(method, parts);
      assert.ok(['dissents', 'faulty'].includes(parts.quorum.matrix.get('operator1')?.state ?? ''), method);
    }
  });

  it('where K is at most half of the operators, two answers that K give are no answer', async () => {
    for (const method of ['eth_call', 'eth_chainId', 'eth_getTransactionReceipt']) {
      l1.behave(l1.chains.good, { liar: 0, method, kind: 'other chain', liesFrom: l1.chains.bad });
      const result = await tried(async () => readBy(method, l1.parts(2, 1)));
      assert.match('unknown' in result ? result.unknown : `concluded ${result.value}`, /operators differ.*operator1.*operator2/, method);
    }
  });

  it('all operators lying alike are believed: only a light client could tell, and the documentation says so', async () => {
    l1.behave(l1.chains.twin);
    assert.equal(await readBy('eth_getProof', l1.parts(3, 3)), 'bad');
    assert.match(readFileSync(join(ROOT, 'README.md'), 'utf8'), /All operators lying alike: not detectable without a light client/);
  });
});
