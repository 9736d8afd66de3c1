// What counts towards a quorum, against hostile offers; and whose turn it is.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { verifyTypedData, Wallet } from 'ethers';
import { ATTESTATION_TYPES, attestationDomain, keccakHex, type Hex } from '@keyfall/protocol';
import { AttestationSigner } from '../../../node/attest/attestation.ts';
import { nextAttempt, requestId, turnDelayMilliseconds } from '../../../node/attest/answering.ts';
import { UsageError } from '../../../node/config.ts';
import { parseConfig } from '../../../node/attest/config.ts';
import { QuorumCollection } from '../../../node/attest/quorum.ts';
import type { SubmissionRecord } from '../../../node/l1/submission.ts';

const LANE: Hex = `0x${'1a'.repeat(20)}`;
const WALLETS = [1, 2, 3, 4, 5].map((n) => new Wallet(`0x${n.toString(16).padStart(64, '0')}`));
const signers = WALLETS.map((wallet) => new AttestationSigner(wallet.privateKey, 31337n, LANE)).sort((a, b) => (a.address < b.address ? -1 : 1));
const stranger = new AttestationSigner('0x' + '77'.repeat(32), 31337n, LANE);
const [me] = signers;
const members = signers.map((signer) => signer.address);
const INPUTS = keccakHex(Uint8Array.of(1));
const OUTPUTS = keccakHex(Uint8Array.of(2));
const OTHER = keccakHex(Uint8Array.of(3));

function collection(): QuorumCollection {
  assert.ok(me);
  return new QuorumCollection(INPUTS, OUTPUTS, { lane: LANE, members, quorum: 4 }, me);
}

describe('attestations and their quorum', () => {
  it('signs what ethers verifies as the typed data of the lane', () => {
    for (const signer of signers) {
      const { signature } = signer.sign(INPUTS, OUTPUTS);
      assert.equal(verifyTypedData({ ...attestationDomain(31337n, LANE) }, ATTESTATION_TYPES, { inputs: INPUTS, outputs: OUTPUTS }, signature).toLowerCase(), signer.address);
    }
  });

  it('gives exactly a quorum of distinct members in ascending order, in whatever order they came', () => {
    fc.assert(fc.property(fc.shuffledSubarray(signers, { minLength: 0, maxLength: 5 }), fc.array(fc.nat(4), { maxLength: 5 }), (offered, repeats) => {
      const gathered = collection();
      for (const signer of [...offered, ...repeats.map((n) => offered[n % Math.max(1, offered.length)])]) if (signer !== undefined) gathered.offer(signer.sign(INPUTS, OUTPUTS));
      const signatures = gathered.signatures();
      assert.equal(signatures !== undefined, offered.length >= 4);
      assert.equal(gathered.count, offered.length);
      const order = (signatures ?? []).map((signature) => me?.recover(INPUTS, OUTPUTS, signature) ?? '');
      assert.deepEqual(order, [...new Set(order)].sort());
      assert.ok(signatures === undefined || signatures.length === 4);
    }));
  });

  it('counts no stranger, no other lane, chain or inputs, no altered signature, and keeps other outputs as evidence', () => {
    const gathered = collection();
    const [, peer] = signers;
    assert.ok(peer);
    const good = peer.sign(INPUTS, OUTPUTS);
    assert.equal(gathered.offer(stranger.sign(INPUTS, OUTPUTS)).kind, 'refused');
    assert.equal(gathered.offer({ ...good, inputs: OTHER }).kind, 'refused');
    const key = WALLETS.find((wallet) => wallet.address.toLowerCase() === peer.address)?.privateKey ?? '';
    assert.equal(gathered.offer(new AttestationSigner(key, 1n, LANE).sign(INPUTS, OUTPUTS)).kind, 'refused');
    assert.equal(gathered.offer(new AttestationSigner(key, 31337n, `0x${'2b'.repeat(20)}`).sign(INPUTS, OUTPUTS)).kind, 'refused');
    for (let at = 2; at < good.signature.length; at += 17) {
      const digit = good.signature[at] === '0' ? '1' : '0';
      const altered = gathered.offer({ ...good, signature: `${good.signature.slice(0, at)}${digit}${good.signature.slice(at + 1)}` as Hex });
      assert.equal(altered.kind, 'refused', `altered at ${at}`);
    }
    const disagreement = gathered.offer(peer.sign(INPUTS, OTHER));
    assert.ok(disagreement.kind === 'disagrees' && disagreement.attestation.signer === peer.address);
    assert.equal(gathered.offer({ ...good, outputs: OTHER }).kind, 'refused');
    assert.equal(gathered.count, 0);
    assert.equal(gathered.offer({ ...good, signer: stranger.address }).kind, 'counted');
    assert.ok(gathered.has(peer.address) && !gathered.has(stranger.address));
  });

  it('gives every batch to each attester in turn, one at once and each next one a stagger later', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 1_000_000n }), fc.integer({ min: 5, max: 20 }), fc.integer({ min: 0, max: 10_000 }), (batch, count, stagger) => {
      const delays = Array.from({ length: count }, (_, position) => turnDelayMilliseconds(batch, position, count, stagger));
      assert.deepEqual(delays.toSorted((a, b) => a - b), Array.from({ length: count }, (_, rank) => rank * stagger));
      const next = Array.from({ length: count }, (_, position) => turnDelayMilliseconds(batch + 1n, position, count, stagger));
      if (stagger > 0) assert.notEqual(delays.indexOf(0), next.indexOf(0));
    }));
  });

  it('makes a new attempt only after the last one settled', () => {
    const records = new Map<string, Partial<SubmissionRecord>>();
    const next = (): number | undefined => nextAttempt('answer', 3n, INPUTS, (id) => records.get(id) as SubmissionRecord | undefined);
    assert.equal(next(), 0);
    for (const state of ['queued', 'sent'] as const) {
      records.set(requestId('answer', 3n, INPUTS, 0), { state });
      assert.equal(next(), undefined);
    }
    records.set(requestId('answer', 3n, INPUTS, 0), { state: 'included', inclusion: { succeeded: false, transactionHash: INPUTS, blockHash: INPUTS, blockNumber: 1n, gasUsed: 1n } });
    assert.equal(next(), 1);
    records.set(requestId('answer', 3n, INPUTS, 1), { state: 'final' });
    assert.equal(next(), 2);
  });

  it('names every flag that is wrong, and never the key', () => {
    const key = '0x' + '5e'.repeat(32);
    const good = ['--l1', 'http://127.0.0.1:1', '--rollup', LANE, '--lane', LANE, '--data', 'd'];
    assert.equal(parseConfig([...good, '--peers', 'http://a:1,http://b:2'], { KEYFALL_ATTESTER_KEY: key }).peers.length, 2);
    const cases: readonly (readonly [readonly string[], string | undefined, RegExp])[] = [
      [good.slice(2), key, /l1/], [[...good, '--port', '99999'], key, /port/], [[...good, '--lane', '0x12'], key, /lane/], [[...good, '--peers', 'ftp://x'], key, /peers/],
      [[...good, '--unknown'], key, /unknown/], [good, undefined, /KEYFALL_ATTESTER_KEY/], [good, `${key}5e`, /KEYFALL_ATTESTER_KEY/], [[...good, '--stagger-seconds', '-1'], key, /stagger/],
    ];
    for (const [args, secret, pattern] of cases) {
      assert.throws(() => parseConfig(args, { KEYFALL_ATTESTER_KEY: secret }), (error) => error instanceof UsageError && pattern.test(error.message) && !error.message.includes('5e5e5e'));
    }
  });
});
