/**
 * Unmodified Uniswap V2 by tools other than ethers: viem with its own types and waits, and cast with nothing but a command line.
 *
 * Owns a shorter run than uniswap.ts: factory, router, liquidity, one swap and its event. The amounts are checked there.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createPublicClient, createWalletClient, defineChain, http, parseEther, parseEventLogs, type Abi, type Address, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { ToolRun } from '../tools/foundry.ts';

const require = createRequire(import.meta.url);
const DEADLINE = 2n ** 40n;

interface Artifact {
  readonly abi: Abi;
  readonly bytecode: string;
}

function artifact(path: string): { abi: Abi; bytecode: Hex } {
  const { abi, bytecode } = require(path) as Artifact;
  return { abi, bytecode: bytecode.startsWith('0x') ? (bytecode as Hex) : `0x${bytecode}` };
}

const WETH = '@uniswap/v2-periphery/build/WETH9.json';
const TOKEN = '@uniswap/v2-core/build/ERC20.json';
const FACTORY = '@uniswap/v2-core/build/UniswapV2Factory.json';
const ROUTER = '@uniswap/v2-periphery/build/UniswapV2Router02.json';
const PAIR = '@uniswap/v2-core/build/IUniswapV2Pair.json';

/** Runs the scenario with viem's clients. */
export async function runUniswapByViem(chainId: number, url: string, privateKey: Hex): Promise<void> {
  const chain = defineChain({ id: chainId, name: 'Keyfall', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [url] } } });
  const account = privateKeyToAccount(privateKey);
  const client = createPublicClient({ chain, transport: http(), pollingInterval: 250 });
  const wallet = createWalletClient({ chain, transport: http(), account });
  const deploy = async (path: string, args: readonly unknown[]): Promise<Address> => {
    const { contractAddress } = await client.waitForTransactionReceipt({ hash: await wallet.deployContract({ ...artifact(path), args }) });
    assert.ok(contractAddress, `${path} was created`);
    return contractAddress;
  };
  const send = async (path: string, address: Address, functionName: string, args: readonly unknown[], value = 0n) => {
    const receipt = await client.waitForTransactionReceipt({ hash: await wallet.writeContract({ address, abi: artifact(path).abi, functionName, args, value }) });
    assert.equal(receipt.status, 'success', functionName);
    return receipt;
  };
  const weth = await deploy(WETH, []);
  const token = await deploy(TOKEN, [parseEther('1000000')]);
  const factory = await deploy(FACTORY, [account.address]);
  const router = await deploy(ROUTER, [factory, weth]);
  await send(TOKEN, token, 'approve', [router, parseEther('1000')]);
  await send(ROUTER, router, 'addLiquidityETH', [token, parseEther('1000'), 0n, 0n, account.address, DEADLINE], parseEther('1'));
  const swap = await send(ROUTER, router, 'swapExactETHForTokens', [1n, [weth, token], account.address, DEADLINE], parseEther('0.1'));
  assert.equal(parseEventLogs({ abi: artifact(PAIR).abi, logs: swap.logs, eventName: 'Swap' }).length, 1, 'viem finds the Swap event');
  const trace = (await client.request({ method: 'debug_traceTransaction', params: [swap.transactionHash, { tracer: 'callTracer' }] } as never)) as { calls: unknown[] };
  assert.ok(trace.calls.length >= 3, 'the trace shows the calls of the swap');
}

/** Runs the scenario with `cast`, whose runs are given by `cast(command, ...args)`; ends with the number of logs of the swap. */
export async function runUniswapByCast(cast: (command: string, ...args: readonly string[]) => Promise<ToolRun>, owner: string, keyArguments: readonly string[]): Promise<void> {
  const mined = async (...args: readonly string[]): Promise<{ status: string; contractAddress: string; logs: { topics: string[] }[] }> => {
    const run = await cast('send', ...keyArguments, '--json', ...args);
    assert.equal(run.code, 0, run.output);
    const receipt = JSON.parse(run.output) as { status: string; contractAddress: string; logs: { topics: string[] }[] };
    assert.equal(receipt.status, '0x1', run.output);
    return receipt;
  };
  const create = async (path: string, signature: string, ...args: readonly string[]): Promise<string> =>
    (await mined('--create', artifact(path).bytecode, ...(signature === '' ? [] : [signature, ...args]))).contractAddress;
  const weth = await create(WETH, '');
  const token = await create(TOKEN, 'constructor(uint256)', parseEther('1000000').toString());
  const factory = await create(FACTORY, 'constructor(address)', owner);
  const router = await create(ROUTER, 'constructor(address,address)', factory, weth);
  const thousand = parseEther('1000').toString();
  await mined(token, 'approve(address,uint256)', router, thousand);
  await mined(router, 'addLiquidityETH(address,uint256,uint256,uint256,address,uint256)', token, thousand, '0', '0', owner, String(DEADLINE), '--value', '1ether');
  const swap = await mined(router, 'swapExactETHForTokens(uint256,address[],address,uint256)', '1', `[${weth},${token}]`, owner, String(DEADLINE), '--value', '0.1ether');
  assert.equal(swap.logs.length, 5, 'Deposit, two Transfers, Sync and Swap');
}
