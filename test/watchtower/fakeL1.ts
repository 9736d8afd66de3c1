/**
 * A small L1 that several operators serve: three blocks with real header hashes, receipts and state tries, so that whatever the watchtower proves can be proven,
 * and nothing else. A second one of the same shape, where the watched value is another, is what a liar answers from. Owns the blocks, the servers and the ways
 * to misbehave in one method; asserts nothing.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMPT, createMerkleProof, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { bytesToHex, encodeAbiParameters, hexToBytes, keccak256, pad, toHex, toRlp, type Hex } from 'viem';
import { minimal } from '../../watchtower/l1/header.ts';
import { orderedRoot } from '../../watchtower/l1/receipts.ts';

export const WATCHED: Hex = `0x${'c0'.repeat(20)}`;
export const SLOT: Hex = `0x${'00'.repeat(32)}`;
const BLOCKS = 3;
const EMPTY_LIST = keccak256('0xc0');
const BLOOM: Hex = `0x${'ff'.repeat(256)}`;
const ZERO: Hex = `0x${'00'.repeat(32)}`;

interface Block { readonly header: Readonly<Record<string, Hex>>; readonly receipts: readonly unknown[] }

/** One version of the chain. */
export interface Chain { readonly answer: (method: string, params: readonly unknown[]) => Promise<unknown>; readonly transaction: Hex }

/** @param value what the contract's word, its code, its answer to any call and its log say @param fork differs where the chains shall have other hashes */
export async function chainSaying(value: bigint, fork: number): Promise<Chain> {
  const word = pad(toHex(value), { size: 32 });
  const code: Hex = `0x60${pad(toHex(value), { size: 1 }).slice(2)}5f5260205ff3`;
  const storage = await createMPT({ useKeyHashing: true });
  await storage.put(hexToBytes(SLOT), hexToBytes(toRlp(minimal(value))));
  const state = await createMPT({ useKeyHashing: true });
  const account = toRlp([minimal(1n), minimal(0n), bytesToHex(storage.root()), keccak256(code)]);
  await state.put(hexToBytes(WATCHED), hexToBytes(account));
  const transaction = keccak256(toHex(`transaction ${fork}`));
  const log = { address: WATCHED, topics: [keccak256(toHex('Said(uint256)'))], data: encodeAbiParameters([{ type: 'uint256' }], [value]) };
  const receipt = { type: '0x2', status: '0x1', cumulativeGasUsed: '0x5208', logsBloom: BLOOM, logs: [log], transactionHash: transaction };
  const body = toRlp([minimal(1n), minimal(0x5208n), BLOOM, [[log.address, log.topics, log.data]] as never]);
  const receiptsRoot = bytesToHex(await orderedRoot([hexToBytes(`0x02${body.slice(2)}`)]));
  const blocks: Block[] = [];
  for (let number = 0; number < BLOCKS; number += 1) {
    const fields: Record<string, Hex> = {
      parentHash: blocks.at(-1)?.header['hash'] ?? ZERO, sha3Uncles: EMPTY_LIST, miner: `0x${'00'.repeat(20)}`, stateRoot: bytesToHex(state.root()), transactionsRoot: keccak256('0x80'), receiptsRoot,
      logsBloom: BLOOM, difficulty: '0x0', number: toHex(number), gasLimit: '0x1c9c380', gasUsed: '0x5208', timestamp: toHex(1_000_000 + number), extraData: toHex(fork, { size: 1 }), mixHash: ZERO, nonce: '0x0000000000000000', baseFeePerGas: '0x7',
    };
    const quantities = new Set(['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas']);
    const hash = keccak256(toRlp(Object.entries(fields).map(([name, field]) => (quantities.has(name) ? minimal(BigInt(field)) : field))));
    blocks.push({ header: { ...fields, hash }, receipts: [receipt] });
  }
  const at = (tag: unknown): Block | undefined => (typeof tag === 'string' && tag.length === 66 ? blocks.find(({ header }) => header['hash'] === tag) : tag === 'latest' || tag === 'finalized' ? blocks.at(-1) : blocks[Number(tag)]);
  const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    switch (method) {
      case 'eth_chainId': return value === 1n ? '0x1' : '0x2';
      case 'eth_getBlockByNumber': return at(params[0])?.header ?? null;
      case 'eth_getBlockReceipts': return at(params[0])?.receipts ?? null;
      case 'eth_getCode': return String(params[0]).toLowerCase() === WATCHED ? code : '0x';
      case 'eth_call': return word;
      case 'eth_getProof': return proofOf(state, storage, params[0] as Hex, params[1] as readonly Hex[]);
      case 'eth_getTransactionReceipt': return { transactionHash: params[0], blockHash: blocks.at(-1)?.header['hash'], blockNumber: blocks.at(-1)?.header['number'], status: value === 1n ? '0x1' : '0x0' };
      case 'eth_getTransactionByHash': return { hash: params[0], from: WATCHED, to: WATCHED, input: word, nonce: toHex(value), blockHash: blocks.at(-1)?.header['hash'], blockNumber: blocks.at(-1)?.header['number'] };
      default: throw new Error(`the fake L1 has no ${method}`);
    }
  };
  return { answer, transaction };
}

async function proofOf(state: MerklePatriciaTrie, storage: MerklePatriciaTrie, address: Hex, slots: readonly Hex[]): Promise<unknown> {
  const nodes = async (trie: MerklePatriciaTrie, key: Hex): Promise<readonly Hex[]> => (await createMerkleProof(trie, hexToBytes(key))).map((node) => bytesToHex(node));
  return { accountProof: await nodes(state, address), storageProof: await Promise.all(slots.map(async (key) => ({ key, proof: await nodes(storage, key) }))) };
}

export type Fault = 'other chain' | 'flip' | 'stale' | 'null' | 'error' | 'malformed' | '429' | 'hang' | 'cut';
export const FAULTS: readonly Fault[] = ['other chain', 'flip', 'stale', 'null', 'error', 'malformed', '429', 'hang', 'cut'];

/** One operator's endpoint: honest, but for one method. */
export class Operator {
  readonly #server: Server;
  readonly asked = new Set<string>();
  chain: Chain;
  /** Which method, and what becomes of it; '*' is every one. */
  fault: { readonly method: string; readonly kind: Fault; readonly liesFrom: Chain } | undefined;

  private constructor(server: Server, chain: Chain) {
    this.#server = server;
    this.chain = chain;
  }

  static async start(chain: Chain): Promise<Operator> {
    const server = createServer();
    const operator = new Operator(server, chain);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
        const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
        operator.asked.add(method);
        const kind = operator.fault !== undefined && ['*', method].includes(operator.fault.method) ? operator.fault.kind : undefined;
        if (kind === 'hang') return;
        if (kind === 'cut') { request.socket.destroy(); return; }
        if (kind === '429') { response.writeHead(429).end(); return; }
        if (kind === 'malformed') { response.writeHead(200).end('<html>504'); return; }
        if (kind === 'error') { response.writeHead(200).end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message: 'missing trie node' } })); return; }
        operator.#result(method, params, kind).then((result) => { response.writeHead(200).end(JSON.stringify({ jsonrpc: '2.0', id, result })); }, (cause: unknown) => { response.writeHead(500).end(String(cause)); });
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return operator;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  async #result(method: string, params: readonly unknown[], kind: Fault | undefined): Promise<unknown> {
    if (kind === 'null') return null;
    if (kind === 'other chain') return this.fault?.liesFrom.answer(method, params);
    if (kind === 'stale') return this.chain.answer(method, method === 'eth_getBlockByNumber' ? ['0x0', false] : method === 'eth_getBlockReceipts' ? ['0x9'] : params);
    const result = await this.chain.answer(method, params);
    return kind === 'flip' ? flipped(result) : result;
  }
}

/** The last hexadecimal digit of every text is another. */
function flipped(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/.$/, (digit) => (digit === '1' ? '2' : '1'));
  if (Array.isArray(value)) return value.map(flipped);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flipped(item)]));
  return value;
}
