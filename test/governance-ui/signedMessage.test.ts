// Signed L2 transactions before they go through the Inbox, credits' redirections before they are signed: against viem's own signer and the
// Vault's type as its contract declares it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { keccak256 } from 'viem';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { typedCreditRedirect } from '../../governance-ui/chain/credits.ts';
import { readSigned } from '../../governance-ui/chain/signedMessage.ts';
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
  assert.equal(forceSigned({ inbox: TARGET, chainId: 1, message: { raw: '0x1234', gas: 21_080n }, priceWei: 5n }).valueWei, 10n);
});

test('a credit\'s redirection has the type that the Vault hashes', () => {
  const typed = typedCreditRedirect({ vault: TARGET, chainId: 1, owner: TARGET, key: `0x${'1'.repeat(64)}`, to: TARGET, nonce: 0n, deadline: 1n });
  const source = readFileSync(new URL('../../contracts/src/rollup/Vault.sol', import.meta.url), 'utf8');
  assert.ok(source.includes(`"${typed.primaryType}(${(typed.types[typed.primaryType] ?? []).map(({ name, type }) => `${type} ${name}`).join(',')})"`), 'the Vault declares another type');
  assert.ok(source.includes(`EIP712("${typed.domain.name ?? ''}", "1")`));
});
