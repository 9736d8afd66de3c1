// A whole rollup for tests without a sequencer: the real contracts on a real anvil, an operator that commits what the test
// asks for, and followers that derive with the real engine.
//
// Owns: deploying, deposits, commits. Blocks are mined one by one by the test, so that every L1 time is the test's choice.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Wallet } from 'ethers';
import { MAX_TIMESTAMP_LAG_SECONDS, encodePayload, hashBytes, type Hex, type PayloadBlock } from '@keyfall/protocol';
import { idleGovernance } from '../../../contracts/council.ts';
import { createEngine, type Engine } from '../../../../node/execute/engine.ts';
import { parseGenesisAlloc } from '../../../../node/execute/genesis.ts';
import { MemoryStore } from '../../../../node/execute/memory-store.ts';
import { Derivation } from '../../../../node/derive/derivation.ts';
import { contractInterface } from '../../../../node/l1/contracts.ts';
import { discoverRollup, type RollupParameters } from '../../../../node/l1/discovery.ts';
import { hexOf } from '../../../../node/l1/hex.ts';
import { L1Rpc } from '../../../../node/l1/rpc.ts';
import { DEVNET_FINALITY_DEPTH, RollupL1Source } from '../../../../node/l1/source.ts';
import { startAnvil, type Anvil } from '../../l1/harness/anvil.ts';

const run = promisify(execFile);
const DEPLOYER_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const root = new URL('../../../../', import.meta.url);

/** Keys of the five attesters, in the order of their addresses. */
export const ATTESTERS: readonly Wallet[] = [1, 2, 3, 4, 5].map((n) => new Wallet(`0x${'a77e57'.padStart(62, '0')}0${n}`)).sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));

export function genesisAlloc(): ReturnType<typeof parseGenesisAlloc> {
  return parseGenesisAlloc(JSON.parse(readFileSync(new URL('contracts/generated/genesis.json', root), 'utf8')));
}

export interface RollupChain {
  readonly l1: Anvil;
  readonly addresses: Readonly<Record<string, Hex>>;
  /** Unlocked on anvil. */
  readonly operator: Hex;
  readonly user: Hex;
}

/** Anvil with the contracts deployed; mining by hand from then on. */
export async function startRollupChain(extra: readonly string[] = ['--slots-in-an-epoch', '1']): Promise<RollupChain> {
  const l1 = await startAnvil(extra);
  const accounts = await l1.rpc('eth_accounts') as Hex[];
  const [, operator, coldKey, user] = accounts;
  if (operator === undefined || coldKey === undefined || user === undefined) throw new Error('anvil: expected at least four accounts');
  await l1.rpc('evm_setAutomine', true);
  const { stdout } = await run(process.execPath, [
    new URL('contracts/deploy/main.ts', root).pathname, '--l1', l1.url, '--operator', operator, '--cold-key', coldKey, '--attesters', ATTESTERS.map(({ address }) => address).join(','),
    ...idleGovernance(user),
  ], { env: { ...process.env, KEYFALL_DEPLOYER_KEY: DEPLOYER_KEY } });
  await l1.rpc('evm_setAutomine', false);
  for (const { address } of ATTESTERS) await l1.rpc('anvil_setBalance', address, '0x' + (10n ** 20n).toString(16));
  const { contracts } = JSON.parse(stdout) as { contracts: Record<string, Hex> };
  return { l1, addresses: contracts, operator, user };
}

export async function mine(chain: RollupChain, count = 1): Promise<void> {
  for (let i = 0; i < count; i += 1) await chain.l1.rpc('evm_mine');
}

/** Sends a transaction of an unlocked account without mining it. */
async function send(chain: RollupChain, from: Hex, contract: string, name: string, args: readonly unknown[], valueWei = 0n): Promise<Hex> {
  const data = contractInterface(contract).encodeFunctionData(name, [...args]);
  return await chain.l1.rpc('eth_sendTransaction', { from, to: chain.addresses[contract], data, value: '0x' + valueWei.toString(16), gas: '0x989680' }) as Hex;
}

/** Enqueues a call that mints `mintWei` for the user on L2 and moves `valueWei` of it to `to`. */
export async function enqueueDeposit(chain: RollupChain, to: Hex, mintWei: bigint, valueWei: bigint): Promise<Hex> {
  return await send(chain, chain.user, 'Inbox', 'sendCall', [to, mintWei, valueWei, 200_000n, 0n, '0x'], mintWei + 10n ** 18n);
}

export async function enqueueSigned(chain: RollupChain, raw: Uint8Array): Promise<Hex> {
  return await send(chain, chain.user, 'Inbox', 'sendSigned', [200_000n, 0n, hexOf(raw)], 10n ** 18n);
}

/** A follower with the real engine on a store in memory. */
export class Follower {
  readonly parameters: RollupParameters;
  readonly derivation: Derivation;
  readonly engine: Engine;
  readonly #source: RollupL1Source;
  readonly #rpc: L1Rpc;
  /** The honest one, whatever endpoint is followed. */
  readonly #l1: Anvil;

  private constructor(l1: Anvil, parameters: RollupParameters, derivation: Derivation, engine: Engine, source: RollupL1Source, rpc: L1Rpc) {
    this.#l1 = l1;
    this.parameters = parameters;
    this.derivation = derivation;
    this.engine = engine;
    this.#source = source;
    this.#rpc = rpc;
  }

  static async open(chain: RollupChain, url = chain.l1.url, parameters?: RollupParameters, store = new MemoryStore()): Promise<Follower> {
    const rpc = new L1Rpc({ urls: url.split(','), retries: 1, backoffMilliseconds: 5, timeoutMilliseconds: 2_000 });
    const known = parameters ?? await discoverRollup({ rpc, rollup: chain.addresses['Rollup'] ?? '' });
    const engine = await createEngine({ chainId: known.l2ChainId, store, genesis: { timestamp: 0n, alloc: genesisAlloc() }, recoveryWorkers: 0 });
    const { l1ChainId, l2ChainId, rollup, inbox, start, timeScale, genesisHash } = known;
    const derivation = await Derivation.open({ store, engine, identity: { l1ChainId, l2ChainId, rollup }, timestampLagSeconds: MAX_TIMESTAMP_LAG_SECONDS / timeScale, rewindDepth: DEVNET_FINALITY_DEPTH, start: { number: start.number, hash: hashBytes(start.hash) } });
    return new Follower(chain.l1, known, derivation, engine, new RollupL1Source({ rpc, rollup, inbox, lifecycle: known.lifecycle, l1ChainId, l2ChainId, genesisHash, follow: 'latest', rewindDepth: DEVNET_FINALITY_DEPTH, pollMilliseconds: 5 }), rpc);
  }

  /** Follows until it holds L1's head or is told of trouble; returns the kinds of events seen. */
  async follow(): Promise<readonly string[]> {
    const seen: string[] = [];
    const limit = AbortSignal.timeout(60_000);
    for (;;) {
      while ((await this.derivation.deriveNext()).kind === 'derived') seen.push('derived');
      const head = await this.#l1.rpc('eth_getBlockByNumber', 'latest', false) as { hash: Hex };
      if (hexOf(this.derivation.head.l1.hash) === head.hash) return seen;
      const event = await this.#source.next(this.derivation.head.l1, (number) => this.derivation.known(number), limit);
      seen.push(event.kind);
      await this.derivation.apply(event);
      if (event.kind === 'l1-trouble' && event.reason !== undefined) return seen;
    }
  }

  balance(address: Hex): bigint {
    const state = this.engine.stateAt(this.engine.head.header.number);
    if (!state.ok) throw new Error(state.message);
    return state.state.account(Uint8Array.from(Buffer.from(address.slice(2), 'hex')))?.balance ?? 0n;
  }

  async close(): Promise<void> {
    this.#rpc.close();
    await this.engine.close();
  }
}

/** What an honest operator would commit now on top of `follower`: its unconsumed messages first, then `transactions`, one block each list. */
export async function commitNext(chain: RollupChain, follower: Follower, transactions: readonly (readonly Uint8Array[])[], override: { readonly payload?: Uint8Array; readonly parentHash?: Hex } = {}): Promise<Hex> {
  const { derived, progress } = follower.derivation.head;
  const consumed = progress.committedBatch === 0n ? 0n : follower.derivation.commit(progress.committedBatch)?.inboxTo ?? 0n;
  const head = await chain.l1.rpc('eth_getBlockByNumber', 'latest', false) as { number: Hex; timestamp: Hex };
  const take = progress.inboxCount - consumed;
  const first = [derived.timestamp + 1n, BigInt(head.timestamp)].reduce((a, b) => (a > b ? a : b));
  const lists = transactions.length === 0 ? [[]] : transactions;
  const blocks: PayloadBlock[] = lists.map((list, position) => ({ timestampDelta: position === 0 ? first - derived.timestamp : 1n, messageCount: position === 0 ? take : 0n, transactions: list }));
  const payload = override.payload ?? encodePayload(blocks);
  const parentHash = override.parentHash ?? hexOf(derived.hash);
  return await send(chain, chain.operator, 'Rollup', 'commit', [progress.committedBatch + 1n, parentHash, progress.inboxCount, BigInt(head.number), payload]);
}

/** A signed L2 transfer. */
export async function transfer(wallet: Wallet, nonce: number, to: Hex, valueWei: bigint): Promise<Uint8Array> {
  const raw = await wallet.signTransaction({ type: 2, chainId: 531337, nonce, to, value: valueWei, gasLimit: 21_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0 });
  return Uint8Array.from(Buffer.from(raw.slice(2), 'hex'));
}
