// The log's head outside of this machine: signatures, anchors on a real L1, and peers that follow; a log that was cut or rewritten is found by each.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import { privateKeyToAccount } from 'viem/accounts';
import type { Hex } from 'viem';
import { append, headOf } from '../../watchtower/auditLog.ts';
import { considerAnchor, verifyAnchors, type AnchorParts } from '../../watchtower/checkpoint/anchor.ts';
import { anchorData, anchoredHead, isSigned, signCheckpoint, type Checkpoint, type Statement } from '../../watchtower/checkpoint/checkpoint.ts';
import { witnessPeer } from '../../watchtower/checkpoint/witness.ts';
import { Endpoint } from '../../watchtower/l1/endpoint.ts';
import { Quorum } from '../../watchtower/l1/quorum.ts';
import type { LogRow } from '../../watchtower/rows.ts';
import type { Store } from '../../watchtower/store.ts';
import { startAnvil } from '../node/l1/harness/anvil.ts';
import { configWith, tempStore } from './tempStore.ts';

const account = privateKeyToAccount(`0x${'5a'.repeat(32)}`);
const HASH: Hex = `0x${'ab'.repeat(32)}`;
const STATEMENT: Statement = { version: 1, l1ChainId: 1, rollup: `0x${'11'.repeat(20)}`, seq: 7, hash: HASH, block: { number: 3, hash: HASH } };

const logged = async (store: Store, count: number, from = 0): Promise<void> => store.commit((write) => void append(write, headOf(store), Array.from({ length: count }, (_, i) => ({ kind: 'test', i: from + i }))));

it('a checkpoint is signed for one chain, one deployment, one head: any other field is not', async () => {
  const checkpoint = await signCheckpoint(account, STATEMENT);
  assert.equal(await isSigned(checkpoint), true);
  for (const change of [{ seq: 8 }, { hash: `0x${'ac'.repeat(32)}` as Hex }, { l1ChainId: 2 }, { rollup: `0x${'12'.repeat(20)}` as Hex }, { block: { number: 4, hash: HASH } }, { signer: `0x${'12'.repeat(20)}` as Hex }, { signature: `0x${'00'.repeat(65)}` as Hex }]) assert.equal(await isSigned({ ...checkpoint, ...change }), false, JSON.stringify(change));
});

it('an anchor carries its head and nothing else does', () => {
  const data = anchorData({ seq: 2 ** 40, hash: HASH });
  assert.deepEqual(anchoredHead(data), { seq: 2 ** 40, hash: HASH });
  for (const other of ['0x', `${data}00`, data.slice(0, -2), `0x00${data.slice(4)}`] as Hex[]) assert.equal(anchoredHead(other), undefined);
});

it('is written to L1 once, counts when final, and shows a log or a store that was cut', async (t) => {
  const anvil = await startAnvil(['--slots-in-an-epoch', '1']);
  t.after(async () => anvil.stop());
  await anvil.rpc('anvil_setBalance', account.address, '0xde0b6b3a7640000');
  await anvil.rpc('anvil_mine', '0x3');
  const { store } = tempStore(t);
  const endpoints = [new Endpoint({ url: anvil.url, operator: 'own', timeoutMilliseconds: 5_000, maxResponseBytes: 1_000_000 })];
  let wall = 1e12;
  const config = configWith({ checkpoints: { keystore: 'k', passwordFrom: 'P', anchor: { everySeconds: 100, maximumWei: String(10n ** 16n) } } });
  const parts: AnchorParts = { config: { ...config, l1: { ...config.l1, chainId: 31_337 } }, store, quorum: new Quorum(endpoints, 1), endpoints, account, wallMilliseconds: () => wall };
  const signer = account.address.toLowerCase() as Hex;
  const hashAt = (seq: number): Hex | undefined => store.get<LogRow>(['log', seq])?.hash;
  const verified = async (at = hashAt): Promise<string> => (await verifyAnchors(parts, signer, at)).status;
  const nonce = async (): Promise<number> => Number(await anvil.rpc('eth_getTransactionCount', account.address, 'latest'));
  await logged(store, 5);
  for (let again = 0; again < 3; again += 1) await considerAnchor(parts);
  await anvil.rpc('anvil_mine', '0x4');
  assert.equal(await nonce(), 1, 'the same bytes, however often');
  await considerAnchor(parts);
  assert.deepEqual([store.count(['anchored']), store.list<LogRow>(['log']).at(-1)?.entry['kind'], await verified()], [1, 'anchor', 'ok']);
  wall += 200_000;
  await considerAnchor(parts);
  assert.equal(await nonce(), 1, 'nothing new to anchor');
  assert.equal(await verified((seq) => (seq === 5 ? HASH : hashAt(seq))), 'violation', 'a rewritten entry');
  assert.equal(await verified(() => undefined), 'violation', 'a cut log');
  await store.commit((write) => { write.remove(['anchored', 5, 0]); });
  assert.equal(await verified(), 'violation', 'a store that lost the anchor');
  await logged(store, 3, 9);
  const limited: AnchorParts = { ...parts, config: { ...parts.config, checkpoints: { ...parts.config.checkpoints!, anchor: { everySeconds: 100, maximumWei: '1' } } } };
  await considerAnchor(limited);
  assert.match(store.get<string>(['anchorFault']) ?? '', /the limit is 1/);
  assert.equal(await nonce(), 1);
  await anvil.rpc('evm_setAutomine', false);
  await considerAnchor(parts);
  await anvil.rpc('anvil_dropAllTransactions');
  wall += 200_000;
  await considerAnchor(limited);
  await anvil.rpc('anvil_mine', '0x1');
  assert.equal(await nonce(), 2, 'what was signed within the limit is sent again, however high the fees are now');
});

it('an anchor at a nonce that L1 is not at is signed again at its nonce; the other is known when it is mined', async (t) => {
  const anvil = await startAnvil(['--slots-in-an-epoch', '1']);
  t.after(async () => anvil.stop());
  await anvil.rpc('anvil_setBalance', account.address, '0xde0b6b3a7640000');
  const { store } = tempStore(t);
  // An endpoint that says any nonce: only the proof counts.
  const endpoint = new Endpoint({ url: anvil.url, operator: 'own', timeoutMilliseconds: 5_000, maxResponseBytes: 1_000_000 });
  const lying = Object.assign(Object.create(endpoint) as Endpoint, { request: async (method: string, params: readonly unknown[]) => (method === 'eth_getTransactionCount' ? '0x63' : endpoint.request(method, params)) });
  let wall = 1e12;
  const config = configWith({ checkpoints: { keystore: 'k', passwordFrom: 'P', anchor: { everySeconds: 100, maximumWei: String(10n ** 16n) } } });
  const parts: AnchorParts = { config: { ...config, l1: { ...config.l1, chainId: 31_337 } }, store, quorum: new Quorum([lying], 1), endpoints: [lying], account, wallMilliseconds: () => wall };
  const signer = account.address.toLowerCase() as Hex;
  const nonces = (): (number | undefined)[] => [...store.get<{ attempts: { signed: { nonce: number } }[] }>(['anchorPending'])?.attempts ?? []].map(({ signed }) => signed.nonce);
  const verified = async (): Promise<string> => (await verifyAnchors(parts, signer, (seq) => store.get<LogRow>(['log', seq])?.hash)).status;
  await anvil.rpc('evm_setAutomine', false);
  await logged(store, 5);
  // The state of a chain that is not ours, as a lying endpoint may have shown it.
  await anvil.rpc('anvil_setNonce', account.address, '0x2');
  await anvil.rpc('anvil_mine', '0x1');
  await considerAnchor(parts);
  assert.deepEqual(nonces(), [2]);
  await anvil.rpc('anvil_dropAllTransactions');
  await anvil.rpc('anvil_setNonce', account.address, '0x0');
  await anvil.rpc('anvil_mine', '0x1');
  await considerAnchor(parts);
  assert.deepEqual(nonces(), [0], 'signed again where L1 is, at once');
  for (let round = 0; round < 3; round += 1) {
    await anvil.rpc('anvil_mine', '0x4');
    await considerAnchor(parts);
    await logged(store, 3, 10 * round);
    wall += 200_000;
    await considerAnchor(parts);
  }
  assert.deepEqual([store.count(['anchored']), store.get(['anchorStrays']), await verified()], [3, [], 'ok']);
});

interface Served { rows: readonly LogRow[]; signed: unknown }

async function peerOf(t: TestContext, served: Served): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const from = Number(url.searchParams.get('from'));
    const last = served.rows.at(-1);
    response.end(JSON.stringify(url.pathname === '/v1/checkpoint' ? { seq: last?.seq, hash: last?.hash, signed: served.signed } : served.rows.filter(({ seq }) => seq >= from).slice(0, Number(url.searchParams.get('limit')))));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const WATCHING = configWith({ deployment: { deployBlock: 0, contracts: { Rollup: STATEMENT.rollup } } });

it('a peer without a key is followed by its word: a contradiction is told as long as it is said, and accuses nobody for ever', async (t) => {
  const [{ store: own }, { store: theirs }, { store: forged }] = [tempStore(t), tempStore(t), tempStore(t)];
  await logged(theirs, 8);
  await logged(forged, 12, 100);
  const rows = theirs.list<LogRow>(['log']);
  const served: Served = { rows: rows.slice(0, 5), signed: null };
  const [peer] = configWith({ peers: [{ name: 'friend', url: await peerOf(t, served) }] }).peers;
  const look = async (): Promise<readonly [number, string | undefined, string | undefined]> => { const { seq, fault, contradiction, broken } = await witnessPeer(own, peer!, WATCHING); assert.equal(broken, undefined); return [seq, fault, contradiction]; };
  assert.deepEqual(await look(), [5, undefined, undefined]);
  served.rows = rows;
  assert.deepEqual(await look(), [8, undefined, undefined]);
  served.rows = [...rows, { ...rows[0]!, seq: 9 }];
  assert.match((await look())[1] ?? '', /entry 9: expected prev/);
  served.rows = forged.list<LogRow>(['log']);
  assert.match((await look())[2] ?? '', /entry 8 had the hash/);
  served.rows = rows.slice(0, 3);
  assert.match((await look())[1] ?? '', /had 8 entries, now it says 3/, 'an old answer, or a cut: not known');
  served.rows = rows;
  assert.deepEqual(await look(), [8, undefined, undefined]);
});

/** A peer that signs, with two logs of its own to show: they part after five entries. */
async function signing(t: TestContext): Promise<{ own: Store; served: Served; rows: readonly LogRow[]; other: readonly LogRow[]; sign: (row: LogRow | undefined, more?: Partial<Statement>) => Promise<void>; look: () => Promise<readonly [number, string, string]> }> {
  const [{ store: own }, { store: theirs }, { store: forged }] = [tempStore(t), tempStore(t), tempStore(t)];
  for (const store of [theirs, forged]) await logged(store, 5);
  await logged(theirs, 7, 5);
  await logged(forged, 7, 100);
  const served: Served = { rows: theirs.list<LogRow>(['log']), signed: null };
  const [peer] = configWith({ peers: [{ name: 'friend', url: await peerOf(t, served), key: account.address }] }).peers;
  return {
    own, served, rows: served.rows, other: forged.list<LogRow>(['log']),
    sign: async (row, more = {}) => { served.signed = await signCheckpoint(account, { ...STATEMENT, seq: row?.seq ?? 0, hash: row?.hash ?? HASH, ...more }); },
    look: async () => { const { seq, fault, broken } = await witnessPeer(own, peer!, WATCHING); return [seq, fault ?? '', broken?.what ?? '']; },
  };
}

it('of a peer with a key only its signature counts, and only about this chain and this Rollup', async (t) => {
  const { served, rows, sign, look } = await signing(t);
  assert.match((await look())[1], /no signed checkpoint/);
  await sign(rows[7]);
  const right = served.signed;
  served.signed = { ...right as object, seq: 7 };
  assert.match((await look())[1], /not signed by/);
  await sign(rows[7], { rollup: `0x${'12'.repeat(20)}` });
  assert.match((await look())[1], /about Rollup 0x1212/);
  await sign(rows[7], { l1ChainId: 2 });
  assert.match((await look())[1], /on chain 2/);
  served.signed = right;
  assert.deepEqual(await look(), [8, '', '']);
});

it('nobody without its key can frame a peer: old heads again, forged entries and a cut are unknown, and it goes on afterwards', async (t) => {
  const { served, rows, other, sign, look } = await signing(t);
  await sign(rows[5]);
  const old = served.signed;
  await look();
  await sign(rows[9]);
  assert.deepEqual(await look(), [10, '', '']);
  const right = served.signed;
  served.signed = old;
  assert.match((await look()).join(), /^10,it serves a head of 6 entries, though it signed one of 10: nothing newer of it is seen,$/);
  served.rows = other;
  assert.match((await look()).join(), /do not lead from the one to the other,$/);
  served.signed = right;
  assert.deepEqual(await look(), [10, '', ''], 'its head says nothing of entries that nobody asks for');
  await sign(rows[11]);
  assert.match((await look()).join(), /^10,its signed head is 0x\w+, the entries that it gives end with 0x\w+,$/);
  served.rows = rows.slice(0, 3);
  assert.match((await look()).join(), /^10,it does not give entry 10,$/);
  served.rows = rows;
  assert.deepEqual(await look(), [12, '', '']);
});

it('a peer that signs two logs is named for ever, with both signed heads: of one length, longer, and shorter', async (t) => {
  const forks: readonly (readonly [string, number, number, RegExp])[] = [['of one length', 9, 9, /two heads of 10 entries/], ['longer', 7, 11, /a head of 12 entries, whose entry 8 is not the 0x/], ['shorter, of which the entries are shown', 11, 7, /a head of 12 entries, whose entry 8 is not/]];
  for (const [what, first, second, expected] of forks) {
    const { own, served, rows, other, sign, look } = await signing(t);
    await sign(rows[first]);
    await look();
    if (second > first) served.rows = other;
    await sign(other[second]);
    assert.match((await look())[2], expected, what);
    const entry = own.list<LogRow>(['log']).at(-1)?.entry as { heads: Checkpoint[] };
    for (const head of entry.heads) assert.equal(await isSigned(head), true, what);
    await sign(rows[11]);
    served.rows = rows;
    assert.match((await look())[2], expected, `${what}: for ever`);
  }
});

it('two heads of one length are a fork also when no entry of either was ever given', async (t) => {
  const { served, rows, other, sign, look } = await signing(t);
  served.rows = [];
  await sign(rows[9]);
  assert.match((await look())[1], /expected a head|gives no entry/);
  served.rows = rows.slice(0, 1);
  await look();
  await sign(other[9]);
  assert.match((await look())[2], /two heads of 10 entries/);
});
