/**
 * What the watchtower reads of a fake L1 by each JSON-RPC method, and three operators of it of whom any may misbehave. Owns putting them together; asserts
 * nothing.
 */
import { keccak256 } from 'viem';
import { Contracts } from '../../watchtower/contracts.ts';
import { Endpoint } from '../../watchtower/l1/endpoint.ts';
import { Quorum } from '../../watchtower/l1/quorum.ts';
import type { Store } from '../../watchtower/store.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { createView } from '../../watchtower/view.ts';
import { chainSaying, Operator, SLOT, WATCHED, type Chain, type Fault } from './fakeL1.ts';
import { configWith } from './tempStore.ts';

const [GOOD, BAD] = [1n, 2n];
/** Long enough for a machine under load; shorter where an endpoint hangs, which is waited for. */
const [TIMEOUT_MILLISECONDS, HANG_MILLISECONDS] = [10_000, 150];
/** Nothing that is read here was kept. */
const NO_STORE = {} as Store;

/** What the watchtower reads by each method, as 'good', 'bad', or its own words for what it makes of it. */
export const READS: Readonly<Record<string, (parts: Parts) => Promise<string>>> = {
  eth_chainId: async ({ quorum }) => saying(await quorum.quantity('eth_chainId', 'eth_chainId', [])),
  eth_getBlockByNumber: async (parts) => (await parts.quorum.head('finalized')).header.hash,
  eth_getBlockReceipts: async ({ quorum }) => (await quorum.logs((await quorum.header(2n)).header)).map(({ data }) => saying(BigInt(data))).join(),
  eth_call: async (parts) => saying(await (await viewOf(parts)).read<bigint>('Rollup', 'committedCount')),
  eth_getCode: async (parts) => keccak256(await (await viewOf(parts)).code(WATCHED)),
  eth_getProof: async (parts) => saying((await (await viewOf(parts)).prove(WATCHED, [SLOT])).storage.get(SLOT) ?? 0n),
  eth_getTransactionReceipt: async ({ quorum }) => JSON.stringify(await quorum.same('a receipt', 'eth_getTransactionReceipt', [SLOT])),
  eth_getTransactionByHash: async ({ quorum }) => JSON.stringify(await quorum.same('a transaction', 'eth_getTransactionByHash', [SLOT])),
};
interface Parts { readonly quorum: Quorum; readonly endpoints: readonly Endpoint[] }

const saying = (value: bigint): string => (value === GOOD ? 'good' : value === BAD ? 'bad' : String(value));

async function viewOf({ quorum, endpoints }: Parts): Promise<ReturnType<typeof createView>> {
  const { header, answers } = await quorum.head('finalized');
  return createView({ config: configWith(), contracts: new Contracts({ Rollup: WATCHED }), quorum, endpoints, store: NO_STORE, memory: new Map() }, header, answers, { first: 0, tip: 2, finalized: 2, gaps: [] });
}

/** Of a name that is in the table. */
export const readBy = async (method: string, parts: Parts): Promise<string> => {
  const read = READS[method];
  if (read === undefined) throw new Error(`nothing reads ${method}`);
  return read(parts);
};

/** What comes of reading, or the words of the one error that may come. */
export async function tried(read: () => Promise<string>): Promise<{ readonly value: string } | { readonly unknown: string }> {
  try {
    return { value: await read() };
  } catch (cause) {
    if (!(cause instanceof Unverifiable)) throw cause;
    return { unknown: cause.message };
  }
}

export class FakeL1 {
  readonly operators: readonly Operator[];
  /** The bad state differs from the good one and so do its hashes; the twin is the bad state behind hashes of its own. */
  readonly chains: Readonly<Record<'good' | 'bad' | 'twin', Chain>>;

  private constructor(operators: readonly Operator[], chains: FakeL1['chains']) {
    this.operators = operators;
    this.chains = chains;
  }

  static async start(): Promise<FakeL1> {
    const chains = { good: await chainSaying(GOOD, 1), bad: await chainSaying(BAD, 1), twin: await chainSaying(BAD, 2) };
    return new FakeL1(await Promise.all([0, 1, 2].map(async () => Operator.start(chains.good))), chains);
  }

  async stop(): Promise<void> {
    for (const operator of this.operators) await operator.stop();
  }

  /** All honest, but one in one method ('*' for all). */
  behave(honest: Chain, fault?: { readonly liar: number; readonly method: string; readonly kind: Fault; readonly liesFrom: Chain }): void {
    for (const [index, operator] of this.operators.entries()) [operator.chain, operator.fault] = [honest, fault?.liar === index ? fault : undefined];
  }

  parts(count: number, needed: number, kind?: Fault): Parts {
    const timeoutMilliseconds = kind === 'hang' ? HANG_MILLISECONDS : TIMEOUT_MILLISECONDS;
    const endpoints = this.operators.slice(0, count).map(({ url }, index) => new Endpoint({ url, operator: `operator${index + 1}`, timeoutMilliseconds, maxResponseBytes: 1_000_000 }));
    return { quorum: new Quorum(endpoints, needed), endpoints };
  }
}
