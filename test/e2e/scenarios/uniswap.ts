/**
 * Unmodified Uniswap V2 and V3, from their npm packages' own bytecode, deployed and used by ethers over any Ethereum JSON-RPC.
 *
 * Owns the scenario and its assertions: pool creation, liquidity, swaps both ways, events, reverts and a call trace. Does not own the
 * chain it runs on. Expected amounts are computed here from the published formulas (Uniswap v2 whitepaper, section 3.2.1), not read back.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Contract, ContractFactory, MaxUint256, ZeroAddress, parseEther, type InterfaceAbi, type JsonRpcProvider, type NonceManager, type Signer } from 'ethers';

const require = createRequire(import.meta.url);

interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

/** The actor: a signer that numbers its own transactions, as scripts sending several in a row need. */
export type Actor = NonceManager;

const DEADLINE = 2n ** 40n;

/** Deploys an artifact and waits for its code. */
export async function deploy(actor: Signer, path: string, ...args: unknown[]): Promise<Contract> {
  const artifact = require(path) as Artifact;
  const contract = await new ContractFactory(artifact.abi, artifact.bytecode, actor).deploy(...args);
  await contract.waitForDeployment();
  return new Contract(await contract.getAddress(), artifact.abi, actor);
}

/**
 * Sends `method(...args)` and returns the mined receipt's logs, failing if it reverted. Half as much gas again as estimated: a pair's price
 * accumulators are only written when time has passed since its last use, which an estimate within the same second does not see.
 */
async function send(contract: Contract, method: string, ...args: unknown[]): Promise<{ hash: string; logs: readonly { topics: readonly string[]; data: string; address: string }[] }> {
  const last = args.at(-1);
  const overrides = typeof last === 'object' && last !== null && 'value' in last ? (last as { value: bigint }) : {};
  const inputs = 'value' in overrides ? args.slice(0, -1) : args;
  const gasLimit = ((await contract.getFunction(method).estimateGas(...inputs, overrides)) * 3n) / 2n;
  const response = await contract.getFunction(method).send(...inputs, { ...overrides, gasLimit });
  const receipt = await response.wait();
  assert.equal(receipt?.status, 1, `${method} succeeds`);
  return { hash: response.hash, logs: receipt!.logs };
}

/** Output of a Uniswap V2 swap: 0.3 % fee, constant product. */
function swapOutput(amountIn: bigint, reserveIn: bigint, reserveOut: bigint): bigint {
  return (amountIn * 997n * reserveOut) / (reserveIn * 1000n + amountIn * 997n);
}

export interface UniswapV2Result {
  readonly swapHash: string;
  readonly router: string;
  readonly pair: string;
}

/** Runs the V2 scenario as `actor`, whose address is `owner`. */
export async function runUniswapV2(provider: JsonRpcProvider, actor: Actor): Promise<UniswapV2Result> {
  const owner = await actor.getAddress();
  const weth = await deploy(actor, '@uniswap/v2-periphery/build/WETH9.json');
  const token = await deploy(actor, '@uniswap/v2-core/build/ERC20.json', parseEther('1000000'));
  const factory = await deploy(actor, '@uniswap/v2-core/build/UniswapV2Factory.json', owner);
  const router = await deploy(actor, '@uniswap/v2-periphery/build/UniswapV2Router02.json', await factory.getAddress(), await weth.getAddress());
  const [routerAddress, tokenAddress, wethAddress] = await Promise.all([router.getAddress(), token.getAddress(), weth.getAddress()]);

  await send(token, 'approve', routerAddress, MaxUint256);
  const added = await send(router, 'addLiquidityETH', tokenAddress, parseEther('1000'), 0n, 0n, owner, DEADLINE, { value: parseEther('1') });
  const pairAddress = (await factory.getFunction('getPair').staticCall(tokenAddress, wethAddress)) as string;
  assert.notEqual(pairAddress, ZeroAddress, 'the factory created the pair with CREATE2');
  const pair = new Contract(pairAddress, (require('@uniswap/v2-core/build/IUniswapV2Pair.json') as Artifact).abi, actor);
  assert.ok(added.logs.some((log) => log.address === pairAddress && pair.interface.parseLog(log)?.name === 'Mint'), 'the pair logged Mint');

  const bought = swapOutput(parseEther('0.1'), parseEther('1'), parseEther('1000'));
  const quoted = (await router.getFunction('getAmountsOut').staticCall(parseEther('0.1'), [wethAddress, tokenAddress])) as bigint[];
  assert.equal(quoted[1], bought, 'the quote is the constant product formula');
  const before = (await token.getFunction('balanceOf').staticCall(owner)) as bigint;
  const swap = await send(router, 'swapExactETHForTokens', bought, [wethAddress, tokenAddress], owner, DEADLINE, { value: parseEther('0.1') });
  assert.equal((await token.getFunction('balanceOf').staticCall(owner)) as bigint, before + bought);
  const swapLog = swap.logs.map((log) => (log.address === pairAddress ? pair.interface.parseLog(log) : null)).find((log) => log?.name === 'Swap');
  assert.equal(swapLog?.args.amount0Out + swapLog?.args.amount1Out, bought, 'Swap logs what was paid out');

  await send(router, 'swapExactTokensForETH', bought, 0n, [tokenAddress, wethAddress], owner, DEADLINE);
  await assert.rejects(
    router.getFunction('swapExactTokensForETH').staticCall(1n, parseEther('1'), [tokenAddress, wethAddress], owner, DEADLINE),
    /UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT/, 'a revert reason reaches the caller',
  );
  const filtered = await pair.queryFilter('Swap', 0, 'latest');
  assert.equal(filtered.length, 2, 'both swaps are found by eth_getLogs');
  await send(pair, 'approve', routerAddress, MaxUint256);
  await send(router, 'removeLiquidityETH', tokenAddress, parseEther('1'), 0n, 0n, owner, DEADLINE);
  await checkTrace(provider, swap.hash, [routerAddress, wethAddress, pairAddress, tokenAddress]);
  return { swapHash: swap.hash, router: routerAddress, pair: pairAddress };
}

interface CallFrame {
  readonly to: string;
  readonly calls?: readonly CallFrame[];
}

/** The callTracer's tree of a swap touches exactly the contracts a swap goes through. */
async function checkTrace(provider: JsonRpcProvider, hash: string, expected: readonly string[]): Promise<void> {
  const trace = (await provider.send('debug_traceTransaction', [hash, { tracer: 'callTracer' }])) as CallFrame;
  const touched = new Set<string>();
  const visit = (frame: CallFrame): void => {
    touched.add(frame.to.toLowerCase());
    frame.calls?.forEach(visit);
  };
  visit(trace);
  for (const address of expected) assert.ok(touched.has(address.toLowerCase()), `the trace calls ${address}`);
}

const V3 = '@uniswap/v3-core/artifacts/contracts';
const PERIPHERY = '@uniswap/v3-periphery/artifacts/contracts';
const FEE = 3_000;
/** Price 1: sqrt(1) in Q64.96. */
const SQRT_PRICE_ONE = 2n ** 96n;

/** Runs the V3 scenario: pool, full-range position, exact-input swap, collected fees. */
export async function runUniswapV3(actor: Actor): Promise<void> {
  const owner = await actor.getAddress();
  const weth = await deploy(actor, '@uniswap/v2-periphery/build/WETH9.json');
  const tokens = [await deploy(actor, '@uniswap/v2-core/build/ERC20.json', parseEther('1000000')), await deploy(actor, '@uniswap/v2-core/build/ERC20.json', parseEther('1000000'))];
  const sorted = (await Promise.all(tokens.map(async (token) => ({ token, address: await token.getAddress() })))).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const [token0, token1] = sorted as [(typeof sorted)[0], (typeof sorted)[0]];
  const factory = await deploy(actor, `${V3}/UniswapV3Factory.sol/UniswapV3Factory.json`);
  const [factoryAddress, wethAddress] = await Promise.all([factory.getAddress(), weth.getAddress()]);
  const positions = await deploy(actor, `${PERIPHERY}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json`, factoryAddress, wethAddress, ZeroAddress);
  const router = await deploy(actor, `${PERIPHERY}/SwapRouter.sol/SwapRouter.json`, factoryAddress, wethAddress);
  const [positionsAddress, routerAddress] = await Promise.all([positions.getAddress(), router.getAddress()]);

  await send(positions, 'createAndInitializePoolIfNecessary', token0.address, token1.address, FEE, SQRT_PRICE_ONE);
  for (const { token } of sorted) {
    await send(token, 'approve', positionsAddress, MaxUint256);
    await send(token, 'approve', routerAddress, MaxUint256);
  }
  const amount = parseEther('1000');
  await send(positions, 'mint', [token0.address, token1.address, FEE, -887_220, 887_220, amount, amount, 0n, 0n, owner, DEADLINE]);
  assert.equal((await positions.getFunction('ownerOf').staticCall(1n)) as string, owner);

  const amountIn = parseEther('10');
  const before = (await token1.token.getFunction('balanceOf').staticCall(owner)) as bigint;
  await send(router, 'exactInputSingle', [token0.address, token1.address, FEE, owner, DEADLINE, amountIn, 0n, 0n]);
  const received = ((await token1.token.getFunction('balanceOf').staticCall(owner)) as bigint) - before;
  const expected = swapOutput(amountIn, amount, amount);
  assert.ok(received <= expected && received > expected - 10n ** 6n, `a full-range V3 swap pays as V2 would: expected about ${expected}, got ${received}`);

  await send(positions, 'collect', [1n, owner, 2n ** 128n - 1n, 2n ** 128n - 1n]);
  const pool = new Contract((await factory.getFunction('getPool').staticCall(token0.address, token1.address, FEE)) as string, (require(`${V3}/UniswapV3Pool.sol/UniswapV3Pool.json`) as Artifact).abi, actor);
  const slot0 = (await pool.getFunction('slot0').staticCall()) as { tick: bigint };
  assert.ok(slot0.tick < 0n, 'selling token0 lowered the price');
}
