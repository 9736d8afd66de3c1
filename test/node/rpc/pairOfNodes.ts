// Two nodes with one history: ours over the real engine, and anvil, given the same raw transactions one block each.
//
// Owns: starting both, sending to both, and the list of transactions every differential test looks at: all types, creation,
// inner calls, CREATE2, logs, reverts with every kind of data. Does not own: the comparisons (differential.test.ts).
// Invariant: equal bytes go to both, so that hashes are equal; only fees to the sequencer and header fields may differ.

import { createRequire } from 'node:module';
import { Interface, Wallet, getCreate2Address, getCreateAddress, keccak256, solidityPacked } from 'ethers';
import type { InterfaceAbi, TransactionLike } from 'ethers';
import { startAnvil } from '../l1/harness/anvil.ts';
import type { Anvil } from '../l1/harness/anvil.ts';
import { parseData } from '../../../node/rpc/codec/hex.ts';
import { CHAIN_ID, EngineChain } from './engineChain.ts';
import { TestServer } from './rpcClient.ts';
import type { JsonRpcAnswer } from './rpcClient.ts';

const require = createRequire(import.meta.url);
interface Artifact { abi: InterfaceAbi; bytecode: string }
const artifact = (path: string): Artifact => {
  const { abi, bytecode } = require(path) as Artifact;
  return { abi, bytecode: bytecode.startsWith('0x') ? bytecode : `0x${bytecode}` };
};

const FACTORY = artifact('@uniswap/v2-core/build/UniswapV2Factory.json');
const PAIR = artifact('@uniswap/v2-core/build/UniswapV2Pair.json');
export const TOKEN = artifact('@uniswap/v2-core/build/ERC20.json');
/** Reverts with its calldata: CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 REVERT. */
const ECHO_REVERT_RUNTIME = '365f5f37365ffd';
/** The default account of anvil's published test mnemonic, and two fresh ones. */
export const owner = new Wallet('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');
export const other = new Wallet('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d');
const HISTORY = { address: '0x0000f90827f1c53a10cb7a02335b175320002935', code: '0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500' };
const FEE_VAULT = '0x4b657966616C6c00000000000000000000000004';

interface Places { factory: string; tokenA: string; tokenB: string; pair: string; echo: string }

/** Init code that returns `runtime`. */
function initCode(runtime: string): string {
  const size = (runtime.length / 2).toString(16).padStart(2, '0');
  return `0x60${size}600a5f3960${size}5ff3${runtime}`;
}

export class PairOfNodes {
  readonly anvil: Anvil;
  readonly ours: EngineChain;
  readonly server: TestServer;
  readonly places: Places;
  /** Hashes of everything sent, with a name for messages. */
  readonly sent: { name: string; hash: string }[] = [];
  readonly #nonces = new Map<string, number>();

  private constructor(anvil: Anvil, ours: EngineChain, server: TestServer) {
    this.anvil = anvil;
    this.ours = ours;
    this.server = server;
    const at = (nonce: number): string => getCreateAddress({ from: owner.address, nonce });
    const [factory, tokenA, tokenB, echo] = [at(0), at(1), at(2), at(3)];
    const sorted = [tokenA, tokenB].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const pair = getCreate2Address(factory, keccak256(solidityPacked(['address', 'address'], sorted)), keccak256(PAIR.bytecode));
    this.places = { factory, tokenA, tokenB, pair, echo };
  }

  static async start(): Promise<PairOfNodes> {
    const anvil = await startAnvil(['--chain-id', CHAIN_ID.toString(), '--base-fee', '1000000000', '--gas-limit', '10000000', '--timestamp', '1000', '--steps-tracing']);
    await anvil.rpc('evm_setAutomine', true);
    const ours = await EngineChain.create([
      { address: parseData(HISTORY.address)!, account: { nonce: 1n, code: parseData(HISTORY.code)! } },
      { address: parseData(FEE_VAULT.toLowerCase())!, account: { nonce: 1n, code: parseData('0x00')! } },
      ...[owner, other].map((wallet) => ({ address: parseData(wallet.address)!, account: { balance: 10_000n * 10n ** 18n } })),
    ]);
    const nodes = new PairOfNodes(anvil, ours, await TestServer.start(ours.chain, ours.engine));
    try {
      await nodes.#play();
    } catch (cause) {
      await nodes.stop();
      throw cause;
    }
    return nodes;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.ours.engine.close();
    await this.anvil.stop();
  }

  /** The same call to both. */
  async both(method: string, ...params: unknown[]): Promise<{ ours: JsonRpcAnswer; anvil: JsonRpcAnswer }> {
    const response = await fetch(this.anvil.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    return { ours: await this.server.call(method, ...params), anvil: await response.json() as JsonRpcAnswer };
  }

  /** Signs once, sends to both; both mine it alone in a block. */
  async send(name: string, wallet: Wallet, fields: Partial<TransactionLike>): Promise<string> {
    const nonce = this.#nonces.get(wallet.address) ?? 0;
    const prices = fields.type === 0 || fields.type === 1 ? { gasPrice: 5n * 10n ** 9n } : { maxFeePerGas: 5n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n };
    const raw = await wallet.signTransaction({ type: 2, chainId: CHAIN_ID, nonce, gasLimit: 200_000, ...prices, ...fields } as TransactionLike);
    // Uniswap writes the block's time into storage: both blocks get the same.
    await this.anvil.rpc('evm_setNextBlockTimestamp', Number(this.ours.chain.blocks.at(-1)!.record.header.timestamp) + 1);
    const { ours, anvil } = await this.both('eth_sendRawTransaction', raw);
    if (ours.error !== undefined || anvil.error !== undefined || ours.result !== anvil.result) {
      throw new Error(`${name}: expected one hash from both, got ${JSON.stringify(ours)} and ${JSON.stringify(anvil)}`);
    }
    this.#nonces.set(wallet.address, nonce + 1);
    this.sent.push({ name, hash: ours.result as string });
    return ours.result as string;
  }

  nonceOf(wallet: Wallet): number { return this.#nonces.get(wallet.address) ?? 0; }

  async #play(): Promise<void> {
    const { factory, tokenA, tokenB, pair, echo } = this.places;
    const factories = new Interface(FACTORY.abi);
    const tokens = new Interface(TOKEN.abi);
    const pairs = new Interface(PAIR.abi);
    const supply = new Interface(TOKEN.abi).encodeDeploy([10n ** 24n]).slice(2);
    const create = { to: null, gasLimit: 4_000_000 };
    await this.send('create the factory', owner, { ...create, data: FACTORY.bytecode + factories.encodeDeploy([owner.address]).slice(2) });
    await this.send('create token A', owner, { ...create, data: TOKEN.bytecode + supply });
    await this.send('create token B', owner, { ...create, data: TOKEN.bytecode + supply });
    await this.send('create the reverter', owner, { ...create, type: 0, data: initCode(ECHO_REVERT_RUNTIME) });
    await this.send('create a pair by CREATE2', owner, { to: factory, gasLimit: 4_000_000, data: factories.encodeFunctionData('createPair', [tokenA, tokenB]) });
    await this.send('fund the pair with A', owner, { to: tokenA, data: tokens.encodeFunctionData('transfer', [pair, 10n ** 20n]) });
    await this.send('fund the pair with B', owner, { to: tokenB, type: 1, accessList: [{ address: tokenB, storageKeys: ['0x' + '00'.repeat(32)] }], data: tokens.encodeFunctionData('transfer', [pair, 2n * 10n ** 20n]) });
    await this.send('mint liquidity', owner, { to: pair, gasLimit: 400_000, data: pairs.encodeFunctionData('mint', [owner.address]) });
    await this.send('pay into the pair', owner, { to: tokenA, data: tokens.encodeFunctionData('transfer', [pair, 10n ** 18n]) });
    const outA = BigInt(tokenA) < BigInt(tokenB) ? 0n : 10n ** 18n;
    await this.send('swap', owner, { to: pair, gasLimit: 400_000, data: pairs.encodeFunctionData('swap', [outA, 10n ** 18n - outA, other.address, '0x']) });
    await this.send('swap too much', owner, { to: pair, gasLimit: 400_000, data: pairs.encodeFunctionData('swap', [0n, 10n ** 30n, other.address, '0x']) });
    await this.send('send ether', other, { to: '0x' + '77'.repeat(20), value: 5n, gasLimit: 21_000 });
    await this.send('revert with a custom error', other, { to: echo, gasLimit: 60_000, data: '0x11223344' + '00'.repeat(32) });
    await this.send('run out of gas', other, { to: tokenA, gasLimit: 25_000, data: tokens.encodeFunctionData('transfer', [pair, 0n]) });
    const authorization = await other.authorize({ address: tokenA, nonce: this.nonceOf(other) + 1, chainId: CHAIN_ID });
    await this.send('delegate by EIP-7702', other, { type: 4, to: other.address, gasLimit: 100_000, authorizationList: [authorization] });
    // The authority is the sender, so its nonce rose twice.
    this.#nonces.set(other.address, this.nonceOf(other) + 1);
  }
}
