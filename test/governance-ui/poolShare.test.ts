// A share of a pool before anything of it is sent: made of tries that @ethereumjs/mpt built, accepted whole, refused for every word, payee and
// resolver that the proofs do not show; the steps in their order, each made only of what L1 has not done; every transaction readable.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMPT, createMerkleProof } from '@ethereumjs/mpt';
import { bytesToHex, decodeFunctionData, hexToBytes, keccak256, pad, toRlp } from 'viem';
import type { Hex } from 'viem';
import { EXIT_REGISTRY, MESSAGE_PASSER } from '../../node/protocol/addresses.ts';
import { mappingSlot } from '../../node/protocol/withdrawal.ts';
import { ABIS } from '../../governance-ui/chain/abis.ts';
import { decodeCall } from '../../governance-ui/chain/decode.ts';
import { EMPTY_CODE_HASH, ENTITLEMENTS, ZERO_ADDRESS, registrySlot } from '../../governance-ui/chain/exit/kit.ts';
import type { KitGround } from '../../governance-ui/chain/exit/kit.ts';
import { verifyPool } from '../../governance-ui/chain/exit/pool.ts';
import type { PoolShare, PoolState } from '../../governance-ui/chain/exit/pool.ts';
import { nextPoolStep } from '../../governance-ui/flows/poolShare.ts';

const HOLDER: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const THIEF: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const POOL: Hex = '0x90f79bf6eb2c4f870365e785982e1f101e93b906';
const RESOLVER: Hex = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const ROLLUP: Hex = '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc';
const HATCH: Hex = '0x976ea74026e726554db657fa54763abd0c3a0aa9';

async function build(entries: readonly (readonly [Hex, Hex])[]): Promise<{ root: Hex; prove: (key: Hex) => Promise<Hex[]> }> {
  const trie = await createMPT({ useKeyHashing: true });
  for (const [key, value] of entries) await trie.put(hexToBytes(key), hexToBytes(value));
  return { root: bytesToHex(trie.root()), prove: async (key) => (await createMerkleProof(trie, hexToBytes(key))).map((node) => bytesToHex(node)) };
}

const word = (value: bigint): Hex => {
  const digits = value.toString(16);
  return toRlp(`0x${digits.length % 2 === 0 ? digits : `0${digits}`}`);
};
const slotOf = (slot: bigint): Hex => `0x${slot.toString(16).padStart(64, '0')}`;
const balanceSlot = (holder: Hex): Hex => mappingSlot(pad(holder, { size: 32 }), 0n);

async function world(): Promise<{ share: PoolShare; ground: KitGround }> {
  const shares = await build([[slotOf(2n), word(100n)], [balanceSlot(HOLDER), word(25n)], [balanceSlot(THIEF), word(75n)]]);
  const registry = await build([[registrySlot('resolver', POOL), word((9n << 160n) | BigInt(RESOLVER))], [registrySlot('recipient', THIEF), word(1n)]]);
  const account = (balance: Hex, root: Hex, code: Hex): Hex => toRlp(['0x01', balance, root, code]);
  const state = await build([[POOL, account('0x0190', shares.root, keccak256('0x01'))], [HOLDER, account('0x05', keccak256('0x80'), EMPTY_CODE_HASH)], [EXIT_REGISTRY, account('0x', registry.root, keccak256('0x03'))], [MESSAGE_PASSER, account('0x05', keccak256('0x80'), keccak256('0x02'))]]);
  const claimant = { to: ZERO_ADDRESS, delegate: ZERO_ADDRESS, deadline: '0', signature: '0x' as Hex, registryAccountProof: [] as Hex[], registryProof: [] as Hex[] };
  const inToken = async (slot: Hex, value: string) => ({ word: value, accountProof: await state.prove(POOL), storageProof: await shares.prove(slot) });
  const share: PoolShare = {
    kit: {
      kind: 'keyfall-exit-kit', version: 1, l1ChainId: '31337', rollup: ROLLUP, pinned: { batch: '3', root: state.root }, payee: RESOLVER, redirect: null, how: '', refunds: [], withdrawals: [],
      claimant: { ...claimant, owner: POOL, entitlement: ENTITLEMENTS.indexOf('resolver'), accountProof: await state.prove(POOL), registryAccountProof: await state.prove(EXIT_REGISTRY), registryProof: await registry.prove(registrySlot('resolver', POOL)) },
      holdings: [{ asset: { kind: 'eth', token: ZERO_ADDRESS, id: '0' }, amount: '400', isUncredited: false, provenIn: null, accountProof: [], storageProof: [] }],
      ratios: [{ asset: { kind: 'eth', token: ZERO_ADDRESS, id: '0' }, accountProof: await state.prove(MESSAGE_PASSER), burnedProof: [] }],
    },
    resolver: RESOLVER, token: POOL, balancesSlot: '0', supplySlot: '2', holderPayee: HOLDER, how: '',
    holder: { ...claimant, owner: HOLDER, entitlement: ENTITLEMENTS.indexOf('keyAccount'), accountProof: await state.prove(HOLDER) }, supply: await inToken(slotOf(2n), '100'), balance: await inToken(balanceSlot(HOLDER), '25'),
  };
  return { share, ground: { root: state.root, rollup: ROLLUP, l1ChainId: 31_337, accumulators: {}, bridged: {} } };
}

describe('a share of a pool', () => {
  test('is accepted under its root, and refused for whatever its proofs do not show', async () => {
    const { share, ground } = await world();
    const { supply, balance } = verifyPool(share, ground);
    assert.deepEqual([supply, balance], [100n, 25n]);
    const refused = (changed: Partial<PoolShare>, pattern: RegExp): void => assert.throws(() => verifyPool({ ...share, ...changed }, ground), pattern);
    refused({ balance: { ...share.balance, word: '26' } }, /the proof shows 25/);
    refused({ supply: { ...share.supply, word: '99' } }, /the proof shows 100/);
    refused({ supply: share.balance }, /slot/);
    refused({ resolver: THIEF }, /the proofs show/);
    refused({ holderPayee: THIEF }, /the holder's payee/);
    refused({ holder: { ...share.holder, owner: THIEF } }, /account|payee/);
    refused({ token: HOLDER }, /account|slot/);
    refused({ balancesSlot: '1' }, /slot/);
    refused({ supplySlot: '0' }, /slot/);
    refused({ kit: { ...share.kit, claimant: share.holder, payee: HOLDER } }, /resolver|shows 5/);
    assert.throws(() => verifyPool(share, { ...ground, root: `0x${'22'.repeat(32)}` }), /make it again/);
  });

  test('goes ratios, collect, supply, redeem, done; each step is made of what is open, and can be read before it is signed', async () => {
    const { share } = await world();
    const [eth] = share.kit.holdings;
    assert.ok(eth !== undefined);
    const at = (ratio: boolean, holding: boolean, isSupplyProven: boolean, owed: bigint): PoolState => ({
      open: { ratios: [ratio], holdings: [holding], refunds: [], withdrawals: [], skippedRanges: 0n }, isSupplyProven, shares: [{ asset: eth.asset, collected: 400n, redeemed: 0n, owed }],
    });
    const names = new Map([[HATCH, 'EscapeHatch'] as const]);
    for (const [state, step, says] of [[at(true, true, false, 0n), 'ratios', /Fix, once and for everyone/], [at(false, true, false, 0n), 'collect', new RegExp(POOL, 'i')], [at(false, false, false, 0n), 'supply', /how many shares/], [at(false, false, true, 100n), 'redeem', new RegExp(HOLDER, 'i')]] as const) {
      const next = nextPoolStep({ share, state, hatch: HATCH, chainId: 31_337 });
      assert.equal(next.step, step);
      assert.ok(next.prepared !== undefined);
      const read = decodeCall(next.prepared, names);
      assert.ok(read.ok && read.call.unread === undefined, JSON.stringify(read));
      assert.match(read.call.sentence, says);
    }
    assert.deepEqual(nextPoolStep({ share, state: at(false, false, true, 0n), hatch: HATCH, chainId: 31_337 }), { step: 'done', prepared: undefined });
    const redeem = nextPoolStep({ share, state: at(false, false, true, 100n), hatch: HATCH, chainId: 31_337 }).prepared ?? assert.fail();
    const { functionName, args } = decodeFunctionData({ abi: ABIS.PoolResolver, data: redeem.data });
    assert.equal(functionName, 'redeem');
    assert.equal((args as readonly [{ to: Hex }])[0].to, ZERO_ADDRESS);
  });
});
