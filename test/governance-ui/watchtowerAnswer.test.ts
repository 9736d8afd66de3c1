// A watchtower's answers as the page takes them: whole or not at all, and nothing judged is not calm.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardOf, judgedUpTo } from '../../governance-ui/chain/watchtowerAnswer.ts';

const VERDICT = { monitor: 'A1', subject: '', status: 'ok', sentence: 'it holds', blockNumber: 7, lastOk: 1 };
const INCIDENT = { id: '0x01', severity: 'critical', sentence: 'it does not', state: 'firing' };
const STATUS = { outbox: 0, log: { seq: 3 } };

test('an answer is taken whole, and says up to which block it judged', () => {
  const heard = heardOf([VERDICT, { ...VERDICT, blockNumber: 9, lastOk: undefined }], [INCIDENT], STATUS);
  assert.equal(judgedUpTo(heard), 9n);
  assert.equal(heard.alerts.length, 1);
});

test('a watchtower that has judged nothing is up to no block', () => {
  assert.equal(judgedUpTo(heardOf([], [], STATUS)), undefined);
});

test('an answer with any part that cannot be drawn is refused', () => {
  const bad = [null, 7, 'x', [], {}];
  const verdicts = [...bad, ...['monitor', 'subject', 'status', 'sentence'].map((name) => ({ ...VERDICT, [name]: { toString: 1 } })), ...[1.5, -1, 2 ** 60, '7', null].flatMap((n) => [{ ...VERDICT, blockNumber: n }, { ...VERDICT, lastOk: n }])];
  for (const one of verdicts) assert.throws(() => heardOf([VERDICT, one], [], STATUS), /form that this page does not know/, JSON.stringify(one));
  for (const one of [...bad, ...Object.keys(INCIDENT).map((name) => ({ ...INCIDENT, [name]: 1 }))]) assert.throws(() => heardOf([], [one], STATUS), /form/, JSON.stringify(one));
  for (const one of [...bad, { outbox: 0 }, { ...STATUS, log: null }, { ...STATUS, outbox: -1 }, { ...STATUS, log: { seq: 'x' } }]) assert.throws(() => heardOf([], [], one), /form/, JSON.stringify(one));
  for (const list of [null, {}, 'x', { length: 0 }]) {
    assert.throws(() => heardOf(list, [], STATUS), /form/);
    assert.throws(() => heardOf([], list, STATUS), /form/);
  }
});
