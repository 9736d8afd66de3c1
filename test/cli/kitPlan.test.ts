// The transactions made of exit kits, by laws that hold whatever is in them: everything is asked for once, ratios come before what they
// pay, no transaction can need more gas than one may have, and one that fails takes no other along.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Contract, getAddress, toBeHex } from 'ethers';
import type { Hex } from '@keyfall/protocol';
import { contractAbi } from '../../node/cli/rollup.ts';
import { keyOf } from '../../node/cli/exit/kit.ts';
import type { ExitKit, KitAsset } from '../../node/cli/exit/kit.ts';
import { kitTransactions } from '../../node/cli/exit/kitPlan.ts';
import type { WayOut } from '../../node/cli/wayOut.ts';

const ADDRESS = (n: number): Hex => toBeHex(n, 20) as Hex;
const hatch = new Contract(ADDRESS(1), contractAbi('EscapeHatch'));
const vault = new Contract(ADDRESS(2), contractAbi('Vault'));
const MAX_TRANSACTION_GAS = 16_777_216n;

/** L1 with so many skipped ranges, of which so many are counted for each asset. */
function wayOut(ranges: bigint, counted = 0n): WayOut {
  const answer = (value: unknown): unknown => ({ getFunction: () => ({ staticCall: async () => Promise.resolve(value) }) });
  const counting = Object.assign(Object.create(hatch) as Contract, { getFunction: (name: string) => (name === 'skippedOf' ? { staticCall: async () => Promise.resolve([0n, counted]) } : hatch.getFunction(name)) });
  return { hatch: counting, vault, lifecycle: answer(ranges) } as unknown as WayOut;
}

function assetOf(n: number): KitAsset {
  const kind = (['eth', 'erc20', 'erc721', 'erc1155'] as const)[n % 4] ?? 'eth';
  return kind === 'eth' ? { kind, token: ADDRESS(0), id: '0' } : { kind, token: ADDRESS(100 + (n % 7)), id: kind === 'erc20' ? '0' : String(n) };
}

function kitOf(account: number, holdingCount: number, refundCount: number): ExitKit {
  const holdings = Array.from({ length: holdingCount }, (_, n) => ({ asset: assetOf(n), amount: '1', isUncredited: false, provenIn: null, accountProof: [], storageProof: [] }));
  const ratios = [...new Map(holdings.filter(({ asset }) => asset.kind !== 'erc721').map(({ asset }) => [keyOf(asset), { asset, accountProof: [], burnedProof: [] }])).values()];
  return {
    kind: 'keyfall-exit-kit', version: 1, l1ChainId: '1', rollup: ADDRESS(3), pinned: { batch: '1', root: toBeHex(1, 32) as Hex }, payee: ADDRESS(account), redirect: null, how: 'relayed', holdings, ratios, withdrawals: [],
    claimant: { owner: ADDRESS(account), entitlement: 1, to: ADDRESS(0), delegate: ADDRESS(0), accountProof: [], registryAccountProof: [], registryProof: [], deadline: '0', signature: '0x' },
    refunds: Array.from({ length: refundCount }, (_, n) => ({ index: String(account * 1_000 + n), message: '0x00' as Hex, accumulatorBefore: toBeHex(0, 32) as Hex, about: `refund ${n}` })),
  };
}

interface Flat { readonly name: string; readonly args: readonly unknown[]; readonly gasEach: bigint; readonly position: number }

async function flattened(kits: readonly ExitKit[], out: WayOut): Promise<Flat[][]> {
  return (await kitTransactions(kits, out)).filter(({ to }) => to === getAddress(ADDRESS(1))).map(({ data }) => {
    const outer = hatch.interface.parseTransaction({ data });
    assert.ok(outer !== null);
    if (outer.name !== 'multicall') return [{ name: outer.name, args: [...outer.args], gasEach: 0n, position: 0 }];
    return (outer.args['calls'] as string[]).map((call, position) => {
      const inner = hatch.interface.parseTransaction({ data: call });
      assert.ok(inner !== null);
      return { name: inner.name, args: [...inner.args], gasEach: outer.args['gasEach'] as bigint, position };
    });
  });
}

test('every holding and refund is asked for once, each ratio once and before what it pays', async () => {
  for (const [accounts, holdings, refunds] of [[1, 1, 0], [1, 4, 1], [1, 31, 7], [5, 4, 1], [20, 1, 0]] as const) {
    const kits = Array.from({ length: accounts }, (_, n) => kitOf(10 + n, holdings, refunds));
    const transactions = await flattened(kits, wayOut(0n));
    const calls = transactions.flat();
    const exits = calls.filter(({ name }) => name === 'exit').flatMap(({ args }) => (args[1] as unknown[]).map(() => (args[0] as string[])[0]));
    assert.deepEqual(exits, kits.flatMap(({ claimant }) => Array.from({ length: holdings }, () => getAddress(claimant?.owner ?? ''))));
    assert.equal(calls.filter(({ name }) => name === 'refund').length, accounts * refunds);
    const ratios = calls.filter(({ name }) => name === 'fixRatio');
    assert.equal(ratios.length, new Set(kits.flatMap((kit) => kit.ratios.map(({ asset }) => keyOf(asset)))).size);
    assert.ok(calls.findIndex(({ name }) => name === 'exit') >= ratios.length, 'ratios come first');
  }
});

test('no transaction can need more than one may have, and each call gets what it may need', async () => {
  const most = (call: Flat): bigint => (call.name === 'exit' ? 1_000_000n + 600_000n * BigInt((call.args[1] as unknown[]).length) : 300_000n);
  for (const holdings of [1, 6, 7, 20]) {
    for (const group of await flattened(Array.from({ length: 5 }, (_, n) => kitOf(10 + n, holdings, 2)), wayOut(0n))) {
      for (const call of group) assert.ok(group.length === 1 || call.gasEach >= most(call) * 9n / 10n, `${call.name} gets ${call.gasEach}`);
      const usual = group.slice(0, -1).reduce((sum, call) => sum + (call.name === 'exit' ? 400_000n * BigInt((call.args[1] as unknown[]).length) : 250_000n), 0n);
      const gasEach = group[0]?.gasEach ?? 0n;
      assert.ok(usual + gasEach + gasEach / 32n < MAX_TRANSACTION_GAS, `${group.length} calls, ${usual} and ${gasEach}`);
    }
  }
});

test('skipped ranges are counted beforehand where a payment would not count them itself', async () => {
  const counts = async (ranges: bigint, counted: bigint, kit: ExitKit): Promise<number> => (await flattened([kit], wayOut(ranges, counted))).flat().filter(({ name }) => name === 'countSkipped').length;
  const nft = kitOf(10, 3, 0);
  assert.equal(await counts(16n, 0n, nft), 0, 'the hatch counts sixteen');
  assert.equal(await counts(17n, 0n, nft), 3, 'ETH, an ERC-20 and an NFT');
  assert.equal(await counts(17n, 1n, nft), 0, 'of which one is counted already');
  assert.equal(await counts(250n, 0n, kitOf(10, 1, 0)), 3, 'a hundred in a call');
  const withdrawal = { hash: toBeHex(7, 32) as Hex, accountProof: [], storageProof: [], withdrawal: { nonce: '0', assetKind: 'erc721' as const, token: ADDRESS(9), id: '4', amount: '1', from: ADDRESS(10), recipient: ADDRESS(10) } };
  const withdrawing = { ...kitOf(10, 0, 0), withdrawals: [withdrawal] };
  assert.equal(await counts(1n, 0n, withdrawing), 1, 'the Vault counts none for the withdrawal of an NFT');
  assert.equal(await counts(1n, 1n, withdrawing), 0);
});
