// P-072 The shared protocol vectors, run by the contracts' own libraries on a chain; node/protocol runs the same files.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Contract, ContractFactory, JsonRpcProvider, ZeroHash } from 'ethers';
import fc from 'fast-check';
import { startAnvil, type Anvil } from '../node/l1/harness/anvil.ts';
import { compileSupport } from './compile.ts';
import { payout, payoutRatio } from '../sim/protocol/exitRatio.ts';

let anvil: Anvil;
let provider: JsonRpcProvider;
let vectors: Contract;

type Row = Readonly<Record<string, string>>;
const read = (name: string): Row[] => JSON.parse(readFileSync(new URL(`../vectors/protocol/${name}.json`, import.meta.url), 'utf8')) as Row[];

before(async () => {
  anvil = await startAnvil();
  await anvil.rpc('evm_setAutomine', true);
  provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, pollingInterval: 20 });
  const { abi, bytecode } = compileSupport('Vectors')['Vectors']!;
  const deployed = await new ContractFactory(abi, bytecode, await provider.getSigner(0)).deploy();
  await deployed.waitForDeployment();
  vectors = new Contract(await deployed.getAddress(), abi, provider);
});
after(async () => {
  provider.destroy();
  await anvil.stop();
});

test('P-072 statements: inputs, outputs, binding and the whole', async () => {
  const rows = read('statements');
  assert.ok(rows.length >= 10);
  for (const row of rows) {
    const inputs = { ...row, version: 1 };
    const [a, b, c, d] = (await vectors.getFunction('statement').staticCall(inputs, row, row)) as string[];
    assert.deepEqual([a, b, c, d], [row['inputs'], row['outputs'], row['binding'], row['statement']]);
  }
});

test('P-072 skip roots, none among them for an empty range, and aliases there and back', async () => {
  const { skips, aliases } = JSON.parse(readFileSync(new URL('../vectors/protocol/hash-chains.json', import.meta.url), 'utf8')) as { skips: Row[]; aliases: Row[] };
  assert.ok(skips.length >= 4 && aliases.length >= 6);
  for (const row of skips) {
    const ends = [row['from'], row['to'], row['accumulatorFrom'], row['accumulatorTo']];
    assert.equal(await vectors.getFunction('skipRoot').staticCall(...ends), row['skipRoot']);
    assert.equal(await vectors.getFunction('skipRoot').staticCall(row['from'], row['from'], row['accumulatorFrom'], row['accumulatorFrom']), ZeroHash);
  }
  for (const { l1, l2 } of aliases) {
    const found = (await vectors.getFunction('aliasOf').staticCall(l1)) as string[];
    assert.deepEqual(found.map((address) => address.toLowerCase()), [l2, l1].map((address) => address!.toLowerCase()));
  }
});

test('P-072 withdrawals and asset keys', async () => {
  const rows = read('withdrawals');
  assert.ok(rows.length >= 10);
  for (const row of rows) {
    const [hash, key] = (await vectors.getFunction('withdrawal').staticCall(row)) as string[];
    assert.deepEqual([hash, key], [row['hash'], row['assetKey']]);
  }
});

test('P-202 the ratio of frozen payouts is the model\'s, for books that can be and books that cannot', async () => {
  const amount = fc.oneof(fc.bigInt({ min: 0n, max: 100n }), fc.bigInt({ min: 0n, max: (1n << 208n) - 1n }));
  await fc.assert(fc.asyncProperty(amount, amount, amount, amount, amount, async (minted, burned, paid, earmarked, claim) => {
    // The Vault's recorded escrow: everything deposited, less what was paid; never negative.
    const escrow = minted + earmarked > paid ? minted + earmarked - paid : 0n;
    const model = payoutRatio({ escrow, earmarked, minted, burned, paid });
    const [available, claims, paidOut] = (await vectors.getFunction('ratio').staticCall(minted, burned, paid, claim)) as bigint[];
    assert.deepEqual([available, claims, paidOut], [model.available, model.claims, payout(claim, model)]);
  }), { seed: 20261127, numRuns: 300 });
});
