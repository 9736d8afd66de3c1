// What a person reads and types: amounts, durations, addresses, calls in words, the last safe moment, settings. Every wrong input has
// its words, and nothing is shown larger, later or safer than it is.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeFunctionData, parseEther } from 'viem';
import { durationText, etherText, utcText } from '../../governance-ui/components/format.ts';
import { parseAddress, parseAmount, parseHex } from '../../governance-ui/components/inputs.ts';
import { ABIS } from '../../governance-ui/chain/abis.ts';
import { decodeCall } from '../../governance-ui/chain/decode.ts';
import { differences } from '../../governance-ui/chain/sent.ts';
import { overridesText, parseOverrides, withOverride } from '../../governance-ui/components/overrideFile.ts';
import type { Override } from '../../governance-ui/components/overrideFile.ts';
import { lastSafeMoment, standingOf } from '../../governance-ui/chain/standing.ts';
import { stageOf } from '../../governance-ui/chain/rollup.ts';
import type { Answer } from '../../governance-ui/chain/rollup.ts';
import { parseDeployment, plainDeployment } from '../../governance-ui/chain/deployment.ts';
import { depositEth } from '../../governance-ui/flows/depositEth.ts';
import { forceCall, forcedWithdrawal, gasOf } from '../../governance-ui/flows/forceCall.ts';
import { unsignedJson } from '../../governance-ui/flows/prepared.ts';

const INBOX = '0x1111111111111111111111111111111111111111';
const ME = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const contracts = new Map([[INBOX, 'Inbox' as const]]);

describe('numbers in words', () => {
  test('an amount is never shown larger than it is, and what is cut is marked', () => {
    assert.equal(etherText(0n), '0 ETH');
    assert.equal(etherText(1n), '< 0.000001 ETH');
    assert.equal(etherText(parseEther('1234.5')), '1 234.5 ETH');
    assert.equal(etherText(parseEther('0.9999999')), '0.999999… ETH');
    fc.assert(fc.property(fc.bigInt({ min: 10n ** 12n, max: 10n ** 27n }), (wei) => {
      const shown = etherText(wei).replaceAll(' ', '').replaceAll(/[^0-9.]/g, '');
      assert.ok(parseEther(shown) <= wei);
    }));
  });

  test('a duration names its two largest units and is cut, not rounded', () => {
    assert.equal(durationText(0n), '0 s');
    assert.equal(durationText(59n), '59 s');
    assert.equal(durationText(60n), '1 min');
    assert.equal(durationText(86_399n), '23 h 59 min');
    assert.equal(durationText(183_600n), '2 d 3 h');
    assert.equal(durationText(-61n), '-1 min 1 s');
    assert.equal(utcText(0n), '1970-01-01 00:00:00 UTC');
  });

  test('what is typed is taken exactly or refused with a reason', () => {
    assert.deepEqual(parseAmount('1.5'), { ok: true, value: parseEther('1.5') });
    for (const wrong of ['', '0', '-1', '1,5', '1e3', '1.0000000000000000001', ' ', '0x1']) assert.ok(!parseAmount(wrong).ok, wrong);
    assert.deepEqual(parseAddress(ME.toLowerCase()), { ok: true, value: ME });
    assert.ok(!parseAddress(ME.replace('C5', 'c5')).ok, 'a changed checksum is a typing mistake');
    assert.ok(!parseAddress('0x123').ok);
    assert.deepEqual(parseHex(''), { ok: true, value: '0x' });
    assert.ok(!parseHex('0xabc').ok);
  });
});

describe('a call in words', () => {
  const prepared = depositEth({ inbox: INBOX, chainId: 1, to: ME, amountWei: parseEther('1'), priceWei: 5n });

  test('what the flows build reads back as what was asked for', () => {
    const decoded = decodeCall(prepared, contracts);
    assert.ok(decoded.ok);
    assert.match(decoded.call.sentence, /bring 1 ETH from L1/);
    assert.ok(decoded.call.sentence.includes(ME));
    const forced = decodeCall(forceCall({ inbox: INBOX, chainId: 1, call: forcedWithdrawal(ME, 7n), priceWei: 1n }), contracts);
    assert.ok(forced.ok);
    assert.ok(gasOf(forcedWithdrawal(ME, 7n)) > 21_000n);
  });

  test('bytes that do not decode, decode with a rest, or go to a stranger are not described', () => {
    assert.ok(!decodeCall({ ...prepared, to: ME }, contracts).ok);
    assert.ok(!decodeCall({ ...prepared, data: '0xdeadbeef' }, contracts).ok);
    assert.ok(!decodeCall({ ...prepared, data: `${prepared.data}00` }, contracts).ok, 'a trailing byte is signed too');
    assert.ok(!decodeCall({ ...prepared, data: encodeFunctionData({ abi: ABIS.Inbox, functionName: 'sweepFees' }) }, contracts).ok, 'a function without a sentence');
  });

  test('every way in which a wallet could send something else is seen', () => {
    const same = { from: ME, to: prepared.to, input: prepared.data, value: prepared.valueWei } as const;
    assert.deepEqual(differences(prepared, ME, same), []);
    assert.equal(differences(prepared, ME, { ...same, from: INBOX }).length, 1);
    assert.equal(differences(prepared, ME, { ...same, to: ME }).length, 1);
    assert.equal(differences(prepared, ME, { ...same, to: null }).length, 1);
    assert.equal(differences(prepared, ME, { ...same, input: '0x' }).length, 1);
    assert.equal(differences(prepared, ME, { ...same, value: 0n }).length, 1);
  });

  test('the unsigned export carries chain, destination, value and data whole', () => {
    const parsed = JSON.parse(unsignedJson(prepared, ME)) as Record<string, unknown>;
    assert.deepEqual(parsed, { chainId: 1, from: ME, to: INBOX, value: `0x${prepared.valueWei.toString(16)}`, data: prepared.data });
  });
});

describe('what was signed against the page\'s word', () => {
  const entry: Override = { time: '2026-01-01T00:00:00.000Z', kind: 'transaction', what: 'x', why: 'y', typed: 'SIGN UNREAD', chainId: 1, account: undefined, digest: '0x12' };

  test('is a file that reads back as it was written, and nothing else reads as one', () => {
    assert.deepEqual(parseOverrides(overridesText([entry, { ...entry, what: 'z' }])), JSON.parse(JSON.stringify([entry, { ...entry, what: 'z' }])));
    assert.deepEqual(parseOverrides(overridesText([])), []);
    for (const junk of ['', '[]', '{}', 'null', '{"format":"keyfall-overrides-1"}', '{"format":"keyfall-overrides-2","entries":[]}', '{"format":"keyfall-overrides-1","entries":[{"time":1}]}', '{"format":"keyfall-overrides-1","entries":[null]}']) assert.equal(parseOverrides(junk), undefined, junk);
  });

  test('is bounded, and the newest entries stay', () => {
    let list: readonly Override[] = [];
    for (let count = 0; count < 510; count += 1) list = withOverride(list, { ...entry, what: String(count) });
    assert.deepEqual([list.length, list[0]?.what, list.at(-1)?.what], [500, '10', '509']);
  });
});

describe('time left', () => {
  test('the last safe moment lies before execution by the whole exit and a margin', () => {
    assert.equal(lastSafeMoment(10_000n, 1_500n), 10_000n - 1_500n - 100n);
  });

  test('the earliest pending upgrade decides, and a passed moment is negative, never zero', () => {
    const id = (n: number): `0x${string}` => `0x${n.toString(16).padStart(64, '0')}`;
    const standing = standingOf({ pending: [{ id: id(1), executableAt: 9_000n }, { id: id(2), executableAt: 5_000n }], worstExitSeconds: 1_500n, upgradeDelaySeconds: 4_500n, now: 4_000n });
    assert.ok(standing.kind === 'pending');
    assert.equal(standing.upgradeId, id(2));
    assert.equal(standing.secondsLeft, 5_000n - 1_600n - 4_000n);
    assert.deepEqual(standingOf({ pending: [], worstExitSeconds: 15n, upgradeDelaySeconds: 48n, now: 0n }), { kind: 'quiet', netWindowSeconds: 33n, upgradeDelaySeconds: 48n, worstExitSeconds: 15n });
  });
});

describe('batches', () => {
  const answer = (outputs: `0x${string}`): Answer => ({ outputs } as Answer);
  test('a batch is final, disputed, proven or committed by the rules of its profile', () => {
    const none = { zk: undefined, attesters: undefined };
    assert.equal(stageOf(1n, 1n, none, false), 'final');
    assert.equal(stageOf(2n, 1n, none, true), 'committed');
    assert.equal(stageOf(2n, 1n, { zk: undefined, attesters: answer('0x01') }, true), 'proven');
    assert.equal(stageOf(2n, 1n, { zk: undefined, attesters: answer('0x01') }, false), 'committed');
    assert.equal(stageOf(2n, 1n, { zk: answer('0x01'), attesters: undefined }, false), 'proven');
    assert.equal(stageOf(2n, 1n, { zk: answer('0x01'), attesters: answer('0x02') }, false), 'disputed');
  });
});

describe('settings', () => {
  const good = { rollup: INBOX, deployBlock: 3, l1: { chainId: 1, endpoints: [{ url: 'https://a.example', operator: 'a' }] }, l2: { chainId: 2, endpoints: [{ url: 'http://b.example', operator: 'b' }] } };
  test('a deployment survives being stored and read', () => {
    assert.deepEqual(plainDeployment(parseDeployment(good)), good);
  });
  test('every missing or wrong part is refused by name', () => {
    const wrong: readonly [Record<string, unknown>, RegExp][] = [
      [{ ...good, rollup: '0x1' }, /Rollup's address/], [{ ...good, deployBlock: -1 }, /block of the deployment/], [{ ...good, l1: { chainId: 0, endpoints: [] } }, /chain id/],
      [{ ...good, l2: { chainId: 2, endpoints: [] } }, /at least one/], [{ ...good, l2: { chainId: 2, endpoints: [{ url: 'javascript:alert(1)', operator: 'x' }] } }, /http/], [{ ...good, l1: { chainId: 1, endpoints: [{ url: 'https://a.example', operator: ' ' }] } }, /who runs it/],
    ];
    for (const [value, pattern] of wrong) assert.throws(() => parseDeployment(value), pattern);
    assert.throws(() => parseDeployment(undefined), /Rollup's address/);
  });
});
