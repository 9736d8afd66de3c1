// The tally of answers and the quorum over real HTTP endpoints that misbehave: silent, behind, lying about a value, about a block,
// about a header, on another chain. Each is named for what it is, and none changes a value where the others form a quorum.
// The endpoints here are small servers of this test; the journeys run against the real devnet.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { keccak256, toRlp } from 'viem';
import { canonicalText, quorumOf, tally } from '../../governance-ui/chain/rpc/agreement.ts';
import type { Vote } from '../../governance-ui/chain/rpc/agreement.ts';
import { verifiedHeader } from '../../governance-ui/chain/rpc/header.ts';
import { Quorum } from '../../governance-ui/chain/rpc/quorum.ts';

const vote = (operator: string, value: unknown, url = `http://${operator}`): Vote<unknown> => ({ url, operator, answer: { ok: true, value } });
const silence = (operator: string): Vote<unknown> => ({ url: `http://${operator}`, operator, answer: { ok: false, why: 'silent' } });

type Block = Record<string, string>;
const ZERO = `0x${'0'.repeat(64)}`;

/** A block whose header hashes to its hash. */
function block(number: number, extra: Partial<Block> = {}): Block {
  const fields: Block = {
    parentHash: ZERO, sha3Uncles: ZERO, miner: `0x${'0'.repeat(40)}`, stateRoot: ZERO, transactionsRoot: ZERO, receiptsRoot: ZERO, logsBloom: '0x', difficulty: '0x0', number: `0x${number.toString(16)}`,
    gasLimit: '0x1', gasUsed: '0x0', timestamp: `0x${(1_000 + number).toString(16)}`, extraData: '0x', mixHash: ZERO, nonce: '0x0000000000000000', baseFeePerGas: '0x7', ...extra,
  };
  const quantities = new Set(['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas']);
  const bytes = Object.entries(fields).map(([name, value]): `0x${string}` => {
    if (!quantities.has(name)) return value as `0x${string}`;
    const digits = BigInt(value).toString(16);
    return BigInt(value) === 0n ? '0x' : `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
  });
  return { ...fields, hash: keccak256(toRlp(bytes)) };
}

interface Fake { readonly chainId?: number; readonly head: number; readonly call?: string; readonly alter?: (found: Block) => Block; readonly hangs?: boolean; readonly raw?: string }

async function serve(t: TestContext, fake: Fake): Promise<string> {
  const answerOf = (method: string, params: unknown[]): unknown => {
    if (method === 'eth_chainId') return `0x${(fake.chainId ?? 1).toString(16)}`;
    if (method === 'eth_call') return fake.call ?? '0x01';
    const [tag] = params;
    const number = tag === 'latest' ? fake.head : tag === 'finalized' ? fake.head - 2 : Number(tag);
    if (number > fake.head) return null;
    return (fake.alter ?? ((found) => found))(block(number));
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (fake.hangs === true) return;
      if (fake.raw !== undefined) return void response.end(fake.raw);
      const parsed = JSON.parse(body) as { id: number; method: string; params: unknown[] } | { id: number; method: string; params: unknown[] }[];
      const one = ({ id, method, params }: { id: number; method: string; params: unknown[] }): unknown => ({ jsonrpc: '2.0', id, result: answerOf(method, params) });
      response.end(JSON.stringify(Array.isArray(parsed) ? parsed.map(one) : one(parsed)));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function quorumOver(t: TestContext, fakes: readonly Fake[], operators?: readonly string[]): Promise<{ quorum: Quorum; urls: string[] }> {
  const urls = await Promise.all(fakes.map(async (fake) => serve(t, fake)));
  return { quorum: new Quorum(1, urls.map((url, index) => ({ url, operator: operators?.[index] ?? `operator${index}` }))), urls };
}

describe('the tally', () => {
  test('two different values can never both reach the quorum, whoever answers what', () => {
    fc.assert(fc.property(fc.array(fc.record({ operator: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }) }), { minLength: 1, maxLength: 12 }), (answers) => {
      const votes = answers.map(({ operator, value }, index) => (value === undefined ? silence(operator) : vote(operator, value, `http://${index}`)));
      const result = tally(votes, 'x');
      if (!result.value.reached) return;
      const won = result.value.value;
      const operators = new Set(answers.map(({ operator }) => operator));
      const faithful = [...operators].filter((operator) => {
        const given = new Set(answers.filter((answer) => answer.operator === operator && answer.value !== undefined).map(({ value }) => value));
        return given.size === 1 && given.has(won as number);
      });
      assert.ok(faithful.length >= quorumOf(operators.size));
    }));
  });

  test('one liar among three is named and outvoted; among two nobody is believed', () => {
    const three = tally([vote('a', '0x1'), vote('b', '0x1'), vote('c', '0x2')], 'balance');
    assert.deepEqual(three.value, { reached: true, value: '0x1' });
    assert.deepEqual(three.dissent.map(({ operator }) => operator), ['c']);
    const two = tally([vote('a', '0x1'), vote('b', '0x2')], 'balance');
    assert.equal(two.value.reached, false);
  });

  test('two addresses of one operator are one voice', () => {
    assert.equal(tally([vote('a', 1, 'http://1'), vote('a', 1, 'http://2'), vote('b', 2, 'http://3'), vote('c', 3, 'http://4')], 'x').value.reached, false);
    assert.equal(tally([vote('a', 1, 'http://1'), vote('a', 2, 'http://2'), vote('b', 1, 'http://3'), silence('c')], 'x').value.reached, false, 'an operator that contradicts itself vouches for nothing');
  });

  test('silence is absence, never dissent', () => {
    const result = tally([vote('a', 1), vote('b', 1), silence('c')], 'x');
    assert.equal(result.dissent.length, 0);
    assert.deepEqual(result.absent.map(({ operator }) => operator), ['c']);
    assert.equal(tally([vote('a', 1), silence('b'), silence('c')], 'x').value.reached, false);
  });

  test('the case of hexadecimal and the order of members make no difference, zero and nothing do', () => {
    assert.equal(canonicalText({ a: '0xAB', b: 1 }), canonicalText({ b: 1, a: '0xab' }));
    assert.notEqual(canonicalText('0x'), canonicalText('0x0'));
    assert.notEqual(canonicalText(null), canonicalText(0));
  });
});

describe('headers', () => {
  test('a header counts only with the hash of its fields', () => {
    assert.equal(verifiedHeader(block(7)).number, 7n);
    for (const name of ['stateRoot', 'receiptsRoot', 'parentHash']) assert.throws(() => verifiedHeader({ ...block(7), [name]: `0x${'1'.repeat(64)}` }), /does not hash/, name);
    assert.throws(() => verifiedHeader({ ...block(7), timestamp: '0x1' }), /does not hash/);
    assert.throws(() => verifiedHeader(null), /not there/);
  });
});

describe('a quorum of endpoints', () => {
  test('the endpoint that lies about a value is named, and its value is not used', async (t) => {
    const { quorum, urls } = await quorumOver(t, [{ head: 10 }, { head: 10 }, { head: 10, call: '0x02' }]);
    const { head } = await quorum.round();
    assert.ok(head.known);
    const answer = await quorum.call('0x0000000000000000000000000000000000000001', '0x', head.at);
    assert.ok(answer.known && answer.value === '0x01' && answer.trust === 'agreed');
    for (let wait = 0; quorum.dissents().length === 0 && wait < 50; wait += 1) await new Promise((resolve) => { setTimeout(resolve, 20); });
    assert.deepEqual(quorum.dissents().map(({ url, operator }) => [url, operator]), [[urls[2], 'operator2']]);
    const after = await quorum.round();
    assert.deepEqual(after.endpoints.map(({ state }) => state), ['agrees', 'agrees', 'dissents']);
  });

  test('an endpoint that is behind is behind, and one on another chain is on another chain', async (t) => {
    const { quorum } = await quorumOver(t, [{ head: 10 }, { head: 10 }, { head: 4 }, { head: 10, chainId: 5 }, { head: 11 }]);
    const { head, endpoints } = await quorum.round();
    assert.ok(head.known && head.value.number === 10n, 'the highest block that three of five have');
    assert.deepEqual(endpoints.map(({ state }) => state), ['agrees', 'agrees', 'behind', 'wrong chain', 'agrees']);
    assert.equal(quorum.dissents().length, 0);
  });

  test('a forged header and another block of the same height are dissent', async (t) => {
    const { quorum } = await quorumOver(t, [{ head: 10 }, { head: 10 }, { head: 10, alter: (found) => ({ ...found, stateRoot: `0x${'1'.repeat(64)}` }) }]);
    assert.ok((await quorum.round()).head.known);
    assert.match(quorum.dissents()[0]?.got ?? '', /does not hash/);
    const other = await quorumOver(t, [{ head: 10 }, { head: 10 }, { head: 10, alter: () => block(10, { extraData: '0x01' }) }]);
    assert.ok((await other.quorum.round()).head.known);
    assert.deepEqual(other.quorum.dissents().map(({ operator }) => operator), ['operator2']);
  });

  test('a head that no quorum has is unknown, with the reason', async (t) => {
    const { quorum } = await quorumOver(t, [{ head: 10 }, { head: 10, raw: '<html>' }, { head: 10, raw: '{}' }]);
    const { head } = await quorum.round();
    assert.ok(!head.known);
    assert.match(head.why, /2 of 3 operators/);
  });

  test('one operator alone is never more than unverified, however many addresses it has', async (t) => {
    const { quorum } = await quorumOver(t, [{ head: 10 }, { head: 10 }], ['one', 'one']);
    const { head } = await quorum.round();
    assert.ok(head.known && head.trust === 'unverified');
  });

  test('an endpoint that hangs does not hold up a read that the others answer', async (t) => {
    const { quorum } = await quorumOver(t, [{ head: 10 }, { head: 10 }, { head: 10, hangs: true }]);
    const at = { ...verifiedHeader(block(10)) };
    const answer = await quorum.call('0x0000000000000000000000000000000000000001', '0x', at);
    assert.ok(answer.known && answer.value === '0x01');
  });
});
