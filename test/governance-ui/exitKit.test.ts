// Exit kits before anything of them is sent: made of tries that @ethereumjs/mpt built, accepted whole, and refused for every amount, payee,
// token, root and message that the proofs do not show; the same file passes between page and command line; the Inbox's history is
// complete or unknown.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMPT, createMerkleProof } from '@ethereumjs/mpt';
import { bytesToHex, encodeAbiParameters, encodeEventTopics, encodeFunctionResult, hexToBytes, keccak256, toRlp } from 'viem';
import type { Hex } from 'viem';
import { ZERO_HASH, nextAccumulator } from '../../node/protocol/accumulator.ts';
import { EXIT_REGISTRY, MESSAGE_PASSER } from '../../node/protocol/addresses.ts';
import { toHex } from '../../node/protocol/bytes.ts';
import { encodeMessage, messageHash } from '../../node/protocol/message.ts';
import { readKit } from '../../node/cli/exit/kit.ts';
import { ABIS } from '../../governance-ui/chain/abis.ts';
import { EMPTY_CODE_HASH, ENTITLEMENTS, ZERO_ADDRESS, bridgedKey, burnedSlot, elsewhereOf, holdingSlot, kitText, paidWords, parseKit, registrySlot, verifyKit } from '../../governance-ui/chain/exit/kit.ts';
import type { ExitKit, KitAsset, KitGround } from '../../governance-ui/chain/exit/kit.ts';
import { allMessages, depositWords } from '../../governance-ui/chain/inboxHistory.ts';
import type { System } from '../../governance-ui/chain/system.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OWNER: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const THIEF: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const TOKEN: Hex = '0x90f79bf6eb2c4f870365e785982e1f101e93b906';
const L2_TOKEN: Hex = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const ROLLUP: Hex = '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc';
const ERC20: KitAsset = { kind: 'erc20', token: TOKEN, id: '0' };
const NFT: KitAsset = { kind: 'erc721', token: TOKEN, id: '7' };
const ETH: KitAsset = { kind: 'eth', token: ZERO_ADDRESS, id: '0' };

async function build(entries: readonly (readonly [Hex, Hex])[]): Promise<{ root: Hex; prove: (key: Hex) => Promise<Hex[]> }> {
  const trie = await createMPT({ useKeyHashing: true });
  for (const [key, value] of entries) await trie.put(hexToBytes(key), hexToBytes(value));
  return { root: bytesToHex(trie.root()), prove: async (key) => (await createMerkleProof(trie, hexToBytes(key))).map((node) => bytesToHex(node)) };
}

const word = (value: bigint | Hex): Hex => {
  const digits = BigInt(value).toString(16);
  return toRlp(`0x${digits.length % 2 === 0 ? digits : `0${digits}`}`);
};

async function world(ownerCode: Hex = EMPTY_CODE_HASH): Promise<{ kit: ExitKit; ground: KitGround; registry: readonly [readonly Hex[], readonly Hex[]] }> {
  const storage = await build([[holdingSlot(ERC20, OWNER), word(500n)], [holdingSlot(NFT, OWNER), word(OWNER)], [holdingSlot(ERC20, THIEF), word(9n)]]);
  const passer = await build([[burnedSlot(ERC20), word(1n)], [burnedSlot(ETH), word(4n)]]);
  const registry = await build([[registrySlot('recipient', OWNER), word(THIEF)], [registrySlot('recipient', THIEF), word(1n)]]);
  const account = (balance: Hex, root: Hex, code: Hex): Hex => toRlp(['0x01', balance, root, code]);
  const state = await build([[OWNER, account('0x0de0b6b3a7640000', keccak256('0x80'), ownerCode)], [L2_TOKEN, account('0x', storage.root, keccak256('0x01'))], [MESSAGE_PASSER, account('0x05', passer.root, keccak256('0x02'))], [EXIT_REGISTRY, account('0x', registry.root, keccak256('0x03'))], [THIEF, account('0x07', keccak256('0x80'), EMPTY_CODE_HASH)]]);
  const message = toHex(encodeMessage({ kind: 'call', sender: OWNER, to: OWNER, mintWei: 5n, valueWei: 5n, gas: 100_000n, surcharge: 0n, l1Time: 9n, data: new Uint8Array() }));
  const before: Hex = `0x${'11'.repeat(32)}`;
  const holding = async (asset: KitAsset, amount: string) => ({ asset, amount, isUncredited: false, provenIn: L2_TOKEN, accountProof: await state.prove(L2_TOKEN), storageProof: await storage.prove(holdingSlot(asset, OWNER)) });
  const kit: ExitKit = {
    kind: 'keyfall-exit-kit', version: 1, l1ChainId: '31337', rollup: ROLLUP, pinned: { batch: '3', root: state.root }, payee: OWNER, redirect: null, how: 'relayed',
    claimant: { owner: OWNER, entitlement: ENTITLEMENTS.indexOf('keyAccount'), to: ZERO_ADDRESS, delegate: ZERO_ADDRESS, accountProof: await state.prove(OWNER), registryAccountProof: [], registryProof: [], deadline: '0', signature: '0x' },
    holdings: [{ asset: ETH, amount: '1000000000000000000', isUncredited: false, provenIn: null, accountProof: [], storageProof: [] }, await holding(ERC20, '500'), await holding(NFT, '1')],
    ratios: [{ asset: ETH, accountProof: await state.prove(MESSAGE_PASSER), burnedProof: [] }, { asset: ERC20, accountProof: await state.prove(MESSAGE_PASSER), burnedProof: await passer.prove(burnedSlot(ERC20)) }],
    refunds: [{ index: '4', message, accumulatorBefore: before, about: 'refund' }], withdrawals: [],
  };
  const ground: KitGround = { root: state.root, rollup: ROLLUP, l1ChainId: 31_337, accumulators: { 4: nextAccumulator(before, messageHash(hexToBytes(message))) }, bridged: { [bridgedKey(ERC20)]: L2_TOKEN, [bridgedKey(NFT)]: L2_TOKEN } };
  return { kit, ground, registry: [await state.prove(EXIT_REGISTRY), await registry.prove(registrySlot('recipient', OWNER))] };
}

describe('an exit kit', () => {
  test('is accepted under its root, and is the file that the command line takes', async () => {
    const { kit, ground } = await world();
    assert.equal(verifyKit(kit, ground).payee, OWNER);
    assert.deepEqual(parseKit(kitText(kit)), kit);
    const folder = mkdtempSync(join(tmpdir(), 'keyfall-kit-'));
    try {
      writeFileSync(join(folder, 'kit.json'), kitText(kit));
      assert.deepEqual(readKit(join(folder, 'kit.json')), kit);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is refused for every amount, asset, payee, root and message that its proofs do not show', async () => {
    const { kit, ground } = await world();
    const [eth, token, nft] = kit.holdings;
    assert.ok(eth !== undefined && token !== undefined && nft !== undefined && kit.claimant !== null);
    const refund = kit.refunds[0] ?? assert.fail('no refund');
    const refused = (changed: Partial<ExitKit>, pattern: RegExp, on: KitGround = ground): void => assert.throws(() => verifyKit({ ...kit, ...changed }, on), pattern);
    refused({ holdings: [{ ...eth, amount: '1000000000000000001' }] }, /the proof shows/);
    refused({ holdings: [{ ...token, amount: '501' }] }, /the proof shows 500/);
    refused({ holdings: [{ ...nft, amount: '2' }] }, /the proof shows 1/);
    refused({ holdings: [{ ...nft, asset: { ...NFT, id: '8' } }] }, /slot/);
    refused({ holdings: [{ ...token, asset: { ...ERC20, token: THIEF } }] }, /its bridged token is unknown/);
    refused({ holdings: [{ ...token, provenIn: THIEF }] }, /its bridged token/);
    refused({ holdings: [{ ...token, isUncredited: true }] }, /bridged token|slot/);
    refused({ holdings: [{ ...token, storageProof: token.storageProof.slice(0, -1) }] }, /slot/);
    refused({ claimant: { ...kit.claimant, owner: THIEF } }, /account/);
    refused({ claimant: { ...kit.claimant, delegate: THIEF } }, /has code/);
    refused({ claimant: null }, /nobody who claims/);
    refused({ payee: THIEF }, /the proofs pay/);
    refused({ pinned: { ...kit.pinned, root: `0x${'22'.repeat(32)}` } }, /make it again/);
    refused({}, /make it again/, { ...ground, root: `0x${'22'.repeat(32)}` });
    refused({ rollup: THIEF }, /not for/);
    refused({ l1ChainId: '1' }, /not for/);
    refused({ refunds: [{ ...refund, message: `${refund.message}00` as Hex }] }, /accumulate/);
    refused({ refunds: [{ ...refund, index: '5' }] }, /accumulate/);
    refused({ ratios: [{ ...(kit.ratios[1] ?? assert.fail()), burnedProof: [] }] }, /slot/);
  });

  test('an account with code leaves only to what it declared', async () => {
    const { kit, ground, registry: [accountProof, proof] } = await world(keccak256('0x6001'));
    assert.throws(() => verifyKit(kit, ground), /has code/);
    const declared = { ...kit, payee: THIEF, claimant: { ...(kit.claimant ?? assert.fail()), entitlement: ENTITLEMENTS.indexOf('recipient'), registryAccountProof: accountProof, registryProof: proof } };
    assert.equal(verifyKit(declared, ground).payee, THIEF);
    assert.throws(() => verifyKit({ ...declared, payee: OWNER }, ground), /the proofs pay/);
  });

  test('whom a file has paid is said by what was proven, and another receiver in it is seen: no proof speaks of that one', async () => {
    const { kit, ground } = await world();
    const claimant = kit.claimant ?? assert.fail('no claimant');
    const lied = parseKit(kitText({ ...kit, how: 'paid to you', claimant: { ...claimant, to: THIEF } }));
    assert.equal(verifyKit(lied, ground).payee, OWNER, 'the proofs hold: they are of the payee');
    assert.equal(elsewhereOf(lied.claimant ?? assert.fail(), OWNER), THIEF);
    assert.match(paidWords(lied.claimant ?? assert.fail(), OWNER), new RegExp(`^${THIEF}, NOT ${OWNER}`));
    for (const to of [ZERO_ADDRESS, OWNER]) {
      assert.equal(elsewhereOf({ ...claimant, to }, OWNER), undefined);
      assert.match(paidWords({ ...claimant, to }, OWNER), new RegExp(`^${OWNER}, the account itself`));
    }
  });

  test('words about a refund are those of its message, which accumulates to what the Inbox has', async () => {
    const { kit } = await world();
    assert.equal(depositWords(kit.refunds[0]?.message ?? '0x'), '5 wei');
    assert.equal(depositWords('0x1234'), 'a message that this page cannot read');
  });

  test('text that is no kit is refused by the name of what is wrong', async () => {
    const { kit } = await world();
    const json = JSON.parse(kitText(kit)) as Record<string, unknown>;
    for (const [changed, pattern] of [[{ kind: 'x' }, /expected a keyfall-exit-kit/], [{ redirect: { payee: OWNER, to: OWNER, deadline: '1', signature: '0x' } }, /redirect/], [{ redirect: undefined }, /redirect/], [{ rollup: '0x1' }, /rollup/], [{ holdings: {} }, /holdings/], [{ holdings: [{ ...kit.holdings[0], amount: '-1' }] }, /amount/], [{ claimant: { ...kit.claimant, entitlement: 9 } }, /entitlement/]] as const) {
      assert.throws(() => parseKit(JSON.stringify({ ...json, ...changed })), pattern);
    }
  });
});

test('the Inbox\'s history is complete or unknown: a left-out or changed event is noticed from a single endpoint', async () => {
  const message = (index: number): Hex => toHex(encodeMessage({ kind: 'call', sender: OWNER, to: OWNER, mintWei: BigInt(index), valueWei: 0n, gas: 100_000n, surcharge: 0n, l1Time: 9n, data: new Uint8Array() }));
  const item = ABIS.Inbox.find((one) => one.type === 'event' && one.name === 'MessageEnqueued');
  assert.ok(item?.type === 'event');
  const log = (index: number) => ({
    address: ROLLUP, blockNumber: '0x1', transactionHash: `0x${'0'.repeat(64)}`, logIndex: '0x0', topics: encodeEventTopics({ abi: ABIS.Inbox, eventName: 'MessageEnqueued', args: { index: BigInt(index) } as never }),
    data: encodeAbiParameters(item.inputs.filter(({ indexed }) => indexed !== true), item.inputs.filter(({ indexed }) => indexed !== true).map(({ name, type }) => (name === 'message' ? message(index) : type.startsWith('uint') ? BigInt(index) : `0x${'0'.repeat(64)}`)) as never),
  });
  const recorded = [0, 1, 2].map(message).reduce((accumulator, bytes) => nextAccumulator(accumulator, messageHash(hexToBytes(bytes))), ZERO_HASH);
  const read = async (shown: readonly number[], count: number, accumulator = recorded) => {
    const chain = {
      trust: 'unverified', read: async (_method: string, _params: unknown, at: unknown, pick: (answer: unknown) => unknown) => ({ known: true, at, trust: 'unverified', value: pick(shown.map(log)) }),
      call: async (_to: Hex, data: Hex, at: unknown) => ({ known: true, at, trust: 'unverified', value: data.length > 10 ? accumulator : encodeFunctionResult({ abi: ABIS.Inbox, functionName: 'count', result: BigInt(count) as never }) }),
    };
    return allMessages({ inbox: { name: 'Inbox', address: ROLLUP, chain } } as unknown as System, { number: 1n, hash: '0x', timestamp: 0n }, 0n);
  };
  const whole = await read([0, 1, 2], 3);
  assert.ok(whole.known && whole.value.length === 3, JSON.stringify(whole, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
  assert.ok(!(await read([0, 1, 2], 3, ZERO_HASH)).known, 'with bytes that do not accumulate to what the Inbox has');
  for (const shown of [[0, 2], [1, 2], [0, 1], []]) assert.ok(!(await read(shown, 3)).known, `left out of ${shown.join()}`);
});
