// What the explorer recomputes: roots of lists against @ethereumjs/mpt, a block's transactions and receipts against bytes that @ethereumjs
// encodes, a batch against the protocol's own codecs. Every changed, missing or added byte is refused or called false.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMPT } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { bytesToHex, concatHex, hexToBytes, keccak256, toHex as hexOf, toRlp } from 'viem';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { ZERO_HASH, nextAccumulator } from '../../node/protocol/accumulator.ts';
import { toHex } from '../../node/protocol/bytes.ts';
import { depositTransactionOf, encodeDepositTransaction } from '../../node/protocol/depositTransaction.ts';
import { encodeMessage, messageHash } from '../../node/protocol/message.ts';
import type { InboxMessage } from '../../node/protocol/message.ts';
import { encodePayload, payloadCommitment } from '../../node/protocol/payload.ts';
import { inputsHash, outputsHash } from '../../node/protocol/statement.ts';
import type { StatementInputs, StatementOutputs } from '../../node/protocol/statement.ts';
import { orderedRoot } from '../../governance-ui/chain/proof/orderedRoot.ts';
import { recomputeBatch } from '../../governance-ui/chain/recompute/batch.ts';
import type { BatchTask, ChainedHeader } from '../../governance-ui/chain/recompute/batch.ts';
import { recomputeBlock } from '../../governance-ui/chain/recompute/block.ts';
import type { BlockTask } from '../../governance-ui/chain/recompute/block.ts';

const L2_CHAIN = 531_337n;
const SENDER: Hex = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TARGET: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const account = privateKeyToAccount(`0x${'5'.repeat(64)}`);

/** The root by another implementation. */
async function rootOf(items: readonly Hex[]): Promise<Hex> {
  const trie = await createMPT({ useKeyHashing: false });
  for (const [index, item] of items.entries()) await trie.put(RLP.encode(index), hexToBytes(item));
  return bytesToHex(trie.root());
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

test('the root of a list is @ethereumjs/mpt\'s, for every length through each change of the key\'s own length, and items of all sizes', async () => {
  const next = seeded(7);
  for (const length of [0, 1, 2, 17, 127, 128, 129, 257]) {
    const items = Array.from({ length }, () => hexOf(Uint8Array.from({ length: 1 + (next() % 70) }, () => next() & 255)));
    assert.equal(orderedRoot(items), await rootOf(items), `${length} items`);
  }
});

const call = (fields: Partial<InboxMessage> = {}): InboxMessage => ({ kind: 'call', sender: SENDER, to: TARGET, mintWei: 9n, valueWei: 5n, gas: 100_000n, surcharge: 0n, l1Time: 9n, data: new Uint8Array(), ...fields });

/** The yellow paper's M3:2048, over whole numbers. */
function bloomOf(entries: readonly Hex[]): Hex {
  let bits = 0n;
  for (const entry of entries) {
    const hash = keccak256(entry);
    for (const pair of [0, 2, 4]) bits |= 1n << (BigInt(`0x${hash.slice(2 + pair * 2, 6 + pair * 2)}`) & 2047n);
  }
  return `0x${bits.toString(16).padStart(512, '0')}`;
}

interface Made { readonly header: ChainedHeader; readonly rawBlock: Hex; readonly receipts: Record<string, unknown>[] }

async function blockOf(transactions: readonly Hex[], parentHash: Hex, number: bigint): Promise<Made> {
  const logs = [{ address: TARGET, topics: [keccak256('0x01'), keccak256('0x02')], data: `0x${'11'.repeat(40)}` as Hex }];
  const receipts = transactions.map((_, position) => ({ status: position === 1 ? '0x0' : '0x1', cumulativeGasUsed: hexOf(21_000 * (position + 1)), logs: position === 0 ? logs : [], transactionHash: `0x${'9'.repeat(64)}` }));
  const encoded = await Promise.all(receipts.map(async ({ status, cumulativeGasUsed, logs: own }, position) => {
    const type = Number.parseInt((transactions[position] ?? '0x').slice(2, 4), 16);
    const body = bytesToHex(RLP.encode([status === '0x1' ? '0x01' : '0x', cumulativeGasUsed, bloomOf(own.flatMap(({ address, topics }) => [address, ...topics])), own.map(({ address, topics, data }) => [address, topics, data])]));
    return type >= 0xc0 ? body : concatHex([hexOf(type, { size: 1 }), body]);
  }));
  const [transactionsRoot, receiptsRoot, stateRoot] = [await rootOf(transactions), await rootOf(encoded), keccak256(hexOf(number))];
  const gasUsed = BigInt(21_000 * transactions.length);
  const fields: Hex[] = [parentHash, stateRoot, transactionsRoot, receiptsRoot, hexOf(number), hexOf(gasUsed)];
  const list = transactions.map((bytes) => (Number.parseInt(bytes.slice(2, 4), 16) >= 0xc0 ? RLP.decode(bytes) : hexToBytes(bytes)));
  const rawBlock = bytesToHex(RLP.encode([fields.map((one) => hexToBytes(one)), list, []] as never));
  return { header: { number, hash: keccak256(toRlp(fields)), parentHash, stateRoot, transactionsRoot, receiptsRoot, gasUsed, timestamp: 10n + number }, rawBlock, receipts };
}

async function ordinary(type: 'legacy' | 'eip1559'): Promise<Hex> {
  return account.signTransaction({ type, chainId: Number(L2_CHAIN), to: TARGET, value: 3n, gas: 21_000n, nonce: 0, ...(type === 'legacy' ? { gasPrice: 7n } : { maxFeePerGas: 7n, maxPriorityFeePerGas: 1n }) } as never);
}
const deposited = (message: InboxMessage, index: bigint): Hex => toHex(encodeDepositTransaction(depositTransactionOf(message, index, L2_CHAIN)));

describe('a block', () => {
  const make = async (): Promise<BlockTask & { receipts: Record<string, unknown>[]; rawBlock: Hex }> => blockOf([deposited(call(), 4n), await ordinary('eip1559'), await ordinary('legacy')], ZERO_HASH, 3n);

  test('gives who sent what, by which way it came, and what became of it, from bytes under its roots', async () => {
    const [first, second, third] = await recomputeBlock(await make());
    assert.deepEqual([first?.from, first?.to, first?.inboxIndex, first?.mintWei, first?.valueWei, first?.isSuccess, first?.logs.length], [SENDER, TARGET, 4n, 9n, 5n, true, 1]);
    assert.deepEqual([second?.from, second?.isSuccess, second?.inboxIndex, second?.gasUsed], [account.address, false, undefined, 21_000n]);
    assert.deepEqual([third?.type, third?.from, third?.hash], [0, account.address, keccak256(await ordinary('legacy'))]);
    assert.deepEqual(await recomputeBlock(await blockOf([], ZERO_HASH, 1n)), []);
  });

  test('is refused for every receipt, log, transaction and header that is not under the roots', async () => {
    const good = await make();
    const refused = async (changed: Partial<BlockTask>, pattern: RegExp): Promise<void> => assert.rejects(recomputeBlock({ ...good, ...changed }), pattern);
    const [one, two, three] = good.receipts;
    const other = await make();
    await refused({ receipts: [{ ...one, status: '0x0' }, two, three] }, /receipts have the root/);
    await refused({ receipts: [{ ...one, logs: [] }, two, three] }, /receipts have the root/);
    await refused({ receipts: [one, { ...two, logs: one?.['logs'] }, three] }, /receipts have the root/);
    await refused({ receipts: [one, two] }, /2 receipts came/);
    await refused({ receipts: [two, one, three] }, /receipts have the root/);
    await refused({ receipts: [{ ...one, cumulativeGasUsed: '0x1' }, two, three] }, /receipts have the root/);
    await refused({ receipts: { length: 3 } }, /expected a list/);
    await refused({ receipts: [{ ...one, status: 'yes' }, two, three] }, /status/);
    await refused({ header: { ...good.header, gasUsed: 1n } }, /the header says 1/);
    await refused({ header: { ...good.header, hash: ZERO_HASH } }, /agreed is/);
    await refused({ rawBlock: (await blockOf([deposited(call(), 5n), await ordinary('eip1559'), await ordinary('legacy')], ZERO_HASH, 3n)).rawBlock }, /agreed is/);
    // The honest header before a shortened list.
    const [header] = RLP.decode(other.rawBlock) as unknown as [Uint8Array[]];
    await refused({ rawBlock: bytesToHex(RLP.encode([header, [], []])) }, /the transactions have the root/);
    for (const junk of [undefined, '0x', '0xc0', '0x01', 'junk', '0xf8']) await refused({ rawBlock: junk }, /block 3/);
  });
});

describe('a batch', () => {
  const messages = [call(), call({ mintWei: 1n })];
  async function world(extra: readonly InboxMessage[] = [], isIncluded: (index: number) => boolean = () => true): Promise<BatchTask> {
    const all = [...messages, ...extra];
    const raw = all.map((message) => toHex(encodeMessage(message)));
    const accFrom: Hex = keccak256('0x01');
    const accTo = raw.reduce((accumulator, bytes) => nextAccumulator(accumulator, messageHash(hexToBytes(bytes))), accFrom);
    const own = [await ordinary('eip1559'), await ordinary('legacy')];
    const payload = encodePayload([{ timestampDelta: 1n, messageCount: 1n, transactions: [] }, { timestampDelta: 2n, messageCount: BigInt(all.length - 1), transactions: own.map((bytes) => hexToBytes(bytes)) }]);
    const parentHash = keccak256('0x02');
    const bytesOf = (message: InboxMessage, index: number): Hex[] => (message.kind === 'signed' ? (isIncluded(index) ? [toHex(message.data)] : []) : [deposited(message, 6n + BigInt(index))]);
    const first = await blockOf([deposited(messages[0] ?? call(), 6n)], parentHash, 20n);
    const second = await blockOf([...all.slice(1).flatMap((message, offset) => bytesOf(message, offset + 1)), ...own], first.header.hash, 21n);
    const inputs: StatementInputs = {
      l1ChainId: 1n, l2ChainId: L2_CHAIN, rollup: TARGET, specId: 1n, mode: 1, parentHash, payloadKind: 1, payloadCommitment: payloadCommitment(payload), inboxFrom: 6n, accFrom, inboxTo: 6n + BigInt(all.length), accTo,
      skipRoot: ZERO_HASH, originNumber: 5n, originHash: keccak256('0x03'), feeConfigHash: ZERO_HASH,
    };
    const { header } = second;
    const outputs: StatementOutputs = { lastNumber: 21n, lastHash: header.hash, stateRoot: header.stateRoot, lastTimestamp: 31n, zkGasUsed: 4n, dropRoot: ZERO_HASH };
    const answer = (kind: 'zk' | 'attesters'): BatchTask['answers'][number] => ({ kind, recorded: outputsHash(outputs), lastNumber: 21n, lastHash: header.hash, stateRoot: header.stateRoot, outputs });
    return { l2ChainId: L2_CHAIN, recordedInputs: inputsHash(inputs), inputs, payload: toHex(payload), answers: [answer('zk'), answer('attesters')], messages: raw, headers: [first.header, header], missing: '' };
  }
  const statesOf = (task: BatchTask): Record<string, string> => Object.fromEntries(recomputeBatch(task).checks.map(({ name, state }) => [name, state]));

  test('that is what L1 recorded is verified in every part, and its transactions are rebuilt from L1 alone', async () => {
    const task = await world();
    const { checks, blocks } = recomputeBatch(task);
    assert.deepEqual(checks.filter(({ state }) => state !== 'verified'), []);
    assert.deepEqual(checks.map(({ name }) => name), ['Commit', 'Payload', 'Messages', 'Validity proof', 'Attesters', 'Lanes', 'Blocks', 'Transactions']);
    assert.deepEqual(blocks.map(({ transactions }) => transactions.length), [1, 3]);
    assert.equal(blocks[1]?.transactions[1], keccak256(await ordinary('eip1559')));
  });

  test('a signed message of the Inbox is found where it was taken and missed where it was dropped', async () => {
    const signed = call({ kind: 'signed', to: `0x${'0'.repeat(40)}`, mintWei: 0n, valueWei: 0n, data: hexToBytes(await ordinary('eip1559')) });
    for (const isIncluded of [true, false]) {
      const { checks, blocks } = recomputeBatch(await world([signed], () => isIncluded));
      assert.deepEqual(checks.filter(({ state }) => state !== 'verified'), []);
      assert.equal(blocks[1]?.transactions.length, isIncluded ? 4 : 3);
    }
  });

  test('each change is called false by the check that is for it', async () => {
    const task = await world();
    const [zk, attesters] = task.answers;
    const [first, second] = task.headers ?? [];
    assert.ok(zk?.outputs !== undefined && attesters !== undefined && first !== undefined && second !== undefined);
    const seen = (changed: Partial<BatchTask>, name: string): void => assert.equal(statesOf({ ...task, ...changed })[name], 'false', name);
    seen({ inputs: { ...task.inputs, specId: 2n } }, 'Commit');
    seen({ recordedInputs: ZERO_HASH }, 'Commit');
    seen({ payload: `${task.payload}00` }, 'Payload');
    seen({ messages: task.messages?.slice(1) }, 'Messages');
    seen({ messages: task.messages?.toReversed() }, 'Messages');
    seen({ answers: [{ ...zk, recorded: ZERO_HASH }] }, 'Validity proof');
    seen({ answers: [{ ...zk, stateRoot: ZERO_HASH }] }, 'Validity proof');
    seen({ answers: [{ ...zk, outputs: { ...zk.outputs, zkGasUsed: 5n } }] }, 'Validity proof');
    seen({ answers: [zk, { ...attesters, recorded: ZERO_HASH }] }, 'Lanes');
    seen({ headers: [second] }, 'Blocks');
    seen({ headers: [first] }, 'Blocks');
    seen({ headers: [first, { ...second, stateRoot: ZERO_HASH }] }, 'Blocks');
    seen({ headers: [first, { ...second, transactionsRoot: ZERO_HASH }] }, 'Transactions');
    seen({ l2ChainId: 1n }, 'Transactions');
  });

  test('what could not be read is unknown, never verified', async () => {
    const task = await world();
    const states = statesOf({ ...task, messages: undefined, headers: undefined, missing: 'no endpoint' });
    assert.deepEqual([states['Messages'], states['Blocks'], states['Commit']], ['unknown', 'unknown', 'verified']);
    assert.equal(statesOf({ ...task, answers: [] })['Blocks'], 'unknown');
    assert.equal(statesOf({ ...task, answers: task.answers.slice(0, 1).map((one) => ({ ...one, outputs: undefined })) })['Validity proof'], 'unknown');
    assert.equal(statesOf({ ...task, messages: undefined })['Transactions'], 'unknown');
  });

  test('a payload that does not decode counts as one block with every message and nothing else', async () => {
    const task = await world();
    const payload: Hex = '0x02c0';
    const block = await blockOf(messages.map((message, offset) => deposited(message, 6n + BigInt(offset))), task.inputs.parentHash, 20n);
    const inputs = { ...task.inputs, payloadCommitment: payloadCommitment(hexToBytes(payload)) };
    const states = statesOf({ ...task, payload, inputs, recordedInputs: inputsHash(inputs), headers: [block.header] });
    assert.deepEqual([states['Payload'], states['Transactions'], states['Blocks']], ['verified', 'verified', 'false']);
  });
});
