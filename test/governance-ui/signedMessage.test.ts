// Signed L2 transactions before they go through the Inbox, credits' redirections before they are signed: against viem's own signer and the
// Vault's type as its contract declares it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dropSentence } from '@keyfall/protocol';
import { decodeFunctionData, keccak256 } from 'viem';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { ABIS } from '../../governance-ui/chain/abis.ts';
import { typedCreditRedirect } from '../../governance-ui/chain/credits.ts';
import { signedFate } from '../../governance-ui/chain/messages.ts';
import type { BlockRef } from '../../governance-ui/chain/reading.ts';
import type { Quorum } from '../../governance-ui/chain/rpc/quorum.ts';
import { readSigned } from '../../governance-ui/chain/signedMessage.ts';
import { parseSurcharge } from '../../governance-ui/components/inputs.ts';
import { forceSigned, signedGas } from '../../governance-ui/flows/forceCall.ts';

const account = privateKeyToAccount(`0x${'5'.repeat(64)}`);
const TARGET: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const CHAIN = 531_337;
const base = { to: TARGET, value: 3n, gas: 50_000n, nonce: 4, data: '0x1234' as Hex };

test('a signed transaction is read with its recovered sender, and refused where the Inbox\'s rules would drop it', async () => {
  for (const fields of [{ type: 'eip1559', maxFeePerGas: 7n, maxPriorityFeePerGas: 1n }, { type: 'eip2930', gasPrice: 7n, accessList: [] }, { type: 'legacy', gasPrice: 7n }] as const) {
    const raw = await account.signTransaction({ ...base, ...fields, chainId: CHAIN } as never);
    const read = await readSigned(raw, CHAIN);
    assert.ok(read.ok, read.ok ? '' : read.why);
    assert.deepEqual([read.facts.from, read.facts.to?.toLowerCase(), read.facts.nonce, read.facts.l2Hash], [account.address, TARGET, 4n, keccak256(raw)]);
    for (const [bytes, chain, pattern] of [[raw, 1, /for chain 1, got chain 531337/], [`${raw}00`, CHAIN, /expected a signed|not what they decode/], [raw.slice(0, -10), CHAIN, /expected a signed/], ['0x', CHAIN, /expected a signed/], ['0x7e01', CHAIN, /expected a signed/], [`0x${'ff'.repeat(100_001)}`, CHAIN, /at most/]] as const) {
      const bad = await readSigned(bytes as Hex, chain);
      assert.ok(!bad.ok, `${bytes.slice(0, 20)} on ${chain}`);
      assert.match(bad.why, pattern);
    }
  }
});

test('a signed message prepays its own gas and never less than the Inbox demands for its bytes', () => {
  assert.equal(signedGas('0x1234', 50_000n), 50_000n);
  assert.equal(signedGas('0x1234', 1n), 21_080n);
  assert.equal(forceSigned({ inbox: TARGET, chainId: 1, message: { raw: '0x1234', gas: 21_080n, surcharge: 0n }, priceWei: 5n }).valueWei, 10n);
});

test('the surcharge that is prepaid is what was typed, within the cap of a message', () => {
  for (const [text, gas, expected] of [['0', 21_000n, 0n], [' 250000 ', 21_000n, 250_000n], ['9979000', 21_000n, 9_979_000n], ['9979001', 21_000n, undefined], ['', 0n, undefined], ['-1', 0n, undefined], ['1e3', 0n, undefined], ['0x10', 0n, undefined], ['100000000', 0n, undefined], ['0', 10_000_001n, undefined]] as const) {
    const parsed = parseSurcharge(text, gas);
    assert.equal(parsed.ok ? parsed.value : undefined, expected, text);
    if (!parsed.ok) continue;
    const { args } = decodeFunctionData({ abi: ABIS.Inbox, data: forceSigned({ inbox: TARGET, chainId: 1, message: { raw: '0x1234', gas, surcharge: parsed.value }, priceWei: 5n }).data });
    assert.deepEqual(args, [gas, expected, '0x1234']);
  }
});

const AT: BlockRef = { number: 9n, hash: `0x${'9'.repeat(64)}`, timestamp: 9n };

/** Endpoints that give these answers, picked as the page picks them. */
function endpoints(answers: Readonly<Record<string, unknown>>): Quorum {
  const read: Quorum['read'] = async (method, _params, at, pick) => (method in answers ? { known: true, value: pick === undefined ? answers[method] : pick(answers[method]), at, trust: 'agreed' } : { known: false, why: `no ${method}` });
  return { read } as Quorum;
}

test('what became of a forced transaction is said as far as the endpoints know it: executed, dropped with the reason, skipped, waiting, or unknown', async () => {
  const message = { index: 5n, l2Hash: keccak256('0x12') };
  const mined = (status: Hex) => ({ blockNumber: '0x1', status, from: TARGET, to: TARGET, type: '0x2', gasUsed: '0x1' });
  const fate = async (receipt: unknown, answer?: unknown) => {
    const reading = await signedFate(endpoints({ eth_getTransactionReceipt: receipt, ...(answer === undefined ? {} : { keyfall_message: answer }) }), AT, message);
    return reading.known ? reading.value : 'unknown';
  };
  assert.deepEqual(await fate(mined('0x1'), { status: 'dropped', dropReason: '0x9' }), { kind: 'succeeded' }, 'a copy of it ran');
  assert.deepEqual(await fate(mined('0x0')), { kind: 'reverted' });
  assert.deepEqual(await fate(null, { status: 'dropped', dropReason: '0xc' }), { kind: 'dropped', why: dropSentence(12) });
  for (const dropReason of [null, '0x0', '0xff', 'text', {}]) assert.deepEqual(await fate(null, { status: 'dropped', dropReason }), { kind: 'dropped', why: 'the endpoints name no reason for it' });
  for (const status of ['skipped', 'waiting']) assert.deepEqual(await fate(null, { status }), { kind: status });
  for (const answer of [null, {}, { status: 'executed' }, { status: 7 }, undefined]) assert.equal(await fate(null, answer), 'unknown');
});

test('a credit\'s redirection has the type that the Vault hashes', () => {
  const typed = typedCreditRedirect({ vault: TARGET, chainId: 1, owner: TARGET, key: `0x${'1'.repeat(64)}`, to: TARGET, nonce: 0n, deadline: 1n });
  const source = readFileSync(new URL('../../contracts/src/rollup/Vault.sol', import.meta.url), 'utf8');
  assert.ok(source.includes(`"${typed.primaryType}(${(typed.types[typed.primaryType] ?? []).map(({ name, type }) => `${type} ${name}`).join(',')})"`), 'the Vault declares another type');
  assert.ok(source.includes(`EIP712("${typed.domain.name ?? ''}", "1")`));
});
