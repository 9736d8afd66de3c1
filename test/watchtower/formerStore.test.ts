// Newer software on the data directory of the version before: no alarm is told for ever or lost, nobody stays accused by rules that are gone, nothing crashes.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keccak256, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { considerAnchor, type AnchorParts } from '../../watchtower/checkpoint/anchor.ts';
import type { Witness } from '../../watchtower/checkpoint/witness.ts';
import { renewStore } from '../../watchtower/formerStore.ts';
import { Keeper } from '../../watchtower/keeper.ts';
import type { Check } from '../../watchtower/monitor.ts';
import type { Incident, OutboxRow } from '../../watchtower/rows.ts';
import type { Store } from '../../watchtower/store.ts';
import type { Verdict } from '../../watchtower/verdict.ts';
import { changeOf, configWith, tempStore } from './tempStore.ts';

const CHECK: Check = { id: 'T1', group: 'E', about: 'a test', severity: 'critical', needs: [], staleAfterSeconds: 100 };
const HASH: Hex = `0x${'11'.repeat(32)}`;
const say = (status: Verdict['status']): Verdict => ({ subject: 'a', status, sentence: status, evidence: { block: { number: 1n, hash: '0x01' }, expected: 'a', got: 'b' } });
const statesOf = (store: Store): string[] => store.list<OutboxRow>(['outbox', 'first']).map(({ state }) => state);

it('an alarm that the version before left open is told to be over once, and not lost while it stands', async (t) => {
  const { store } = tempStore(t);
  const incident: Incident = { ...changeOf(1, 'firing').incident, monitor: 'T1', subject: 'a' };
  await store.commit((write) => {
    write.put(['open', 'T1', 'a'], incident);
    write.put(['incident', incident.id], incident);
  });
  await renewStore(store);
  await renewStore(store);
  assert.deepEqual([store.count(['open']), store.get<Incident>(['open', 'T1', 'a', incident.id])?.id], [1, incident.id]);
  const keeper = new Keeper({ store, channels: configWith().channels, wallMilliseconds: () => 0 });
  const keep = async (seconds: number, status: Verdict['status']): Promise<void> => keeper.keep(CHECK, { hash: HASH, seconds }, [say(status)]);
  await keep(1, 'violation');
  assert.deepEqual(statesOf(store), [], 'it was told before');
  for (const seconds of [2, 3, 4]) await keep(seconds, 'ok');
  assert.deepEqual([statesOf(store), store.count(['open'])], [['resolved'], 0]);
});

it('a peer that was called broken without a signature is followed anew, one whose key signed two logs stays broken', async (t) => {
  const { store } = tempStore(t);
  const broken = { what: 'two heads', heads: [] };
  await store.commit((write) => {
    write.put(['witness', 'framed'], { name: 'framed', seq: 5, hash: HASH, broken: 'it had 5 entries, now it says 4' });
    write.put(['witness', 'liar'], { name: 'liar', seq: 5, hash: HASH, broken });
  });
  await renewStore(store);
  assert.deepEqual([store.get(['witness', 'framed']), store.get<Witness>(['witness', 'liar'])?.broken], [undefined, broken]);
});

it('an anchor that was on its way is followed on, also the one that it replaced', async (t) => {
  const { store } = tempStore(t);
  const account = privateKeyToAccount(HASH);
  const raw = await account.signTransaction({ type: 'eip1559', chainId: 1, nonce: 7, to: account.address, gas: 30_000n, maxFeePerGas: 50n, maxPriorityFeePerGas: 3n });
  const former = { seq: 9, hash: HASH, transaction: keccak256(raw), raw, nonce: 7, maxFeeWei: '50', sentAt: 4, replaced: [{ seq: 8, hash: HASH, transaction: HASH }] };
  await store.commit((write) => { write.put(['anchorPending'], former); });
  await renewStore(store);
  await renewStore(store);
  const asked: unknown[] = [];
  const quorum = { same: async (_what: string, _method: string, [hash]: readonly unknown[]) => { asked.push(hash); return Promise.resolve(null); }, head: async () => Promise.reject(new Error('asked for the head')) };
  const config = configWith({ checkpoints: { keystore: 'x', passwordFrom: 'X', anchor: { maximumWei: '1' } } });
  await assert.rejects(considerAnchor({ store, config, quorum, endpoints: [], account, wallMilliseconds: () => 0 } as unknown as AnchorParts), /asked for the head/);
  assert.deepEqual(asked, [HASH, former.transaction]);
  const { attempts: [, last], ...rest } = store.get<{ readonly attempts: readonly { readonly signed: unknown }[] }>(['anchorPending']) ?? { attempts: [] };
  assert.deepEqual(last?.signed, { l1: raw, hash: former.transaction, nonce: 7, gas: '30000', valueWei: '0', feeWei: '50', tipWei: '3' });
  assert.deepEqual(rest, { signedAt: 4, block: 0 });
});
