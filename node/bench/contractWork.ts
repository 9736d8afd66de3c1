// The two workloads over contracts: transfers of an ERC-20, and swaps through Uniswap V2's router, both ways.
//
// Owns: the set-up of each (token, balances, pool, approvals) and its signed transactions. Does not own: deployment
// (deployment.ts), sending (load.ts). The contracts are Uniswap V2's own, as published on npm.
// Invariant: a sender's calls cannot revert: its balances cover any number of them, and a swap takes any price.

import { callData, deploy, hex, mine, type Deployed } from './deployment.ts';
import { load, type RpcClient } from './load.ts';
import { accountAddress, signedBy, tokenTransferData, type Sender } from './workload.ts';

const SUPPLY = 10n ** 32n;
const SHARE = 10n ** 24n;
const SET_UP_SECONDS = 240;
const TRANSFER_GAS = 80_000n;
const SWAP_GAS = 200_000n;
/** Both reserves of the pool; a swap moves a billionth of it, so that the price stays where it is. */
const RESERVE = 10n ** 27n;
const SWAP_AMOUNT = 10n ** 18n;
const NEVER_SECONDS = 2n ** 40n;

/** The token with a share of its supply at every sender. */
export async function deployToken(client: RpcClient, senders: readonly Sender[]): Promise<Deployed> {
  const [owner, ...others] = senders;
  if (owner === undefined) throw new RangeError('expected at least one sender');
  const token = await deploy(client, owner, '@uniswap/v2-core/build/ERC20.json', [SUPPLY]);
  const gifts = others.map(({ address }) => signedBy(owner, { to: token.address, value: 0n, gasLimit: TRANSFER_GAS, data: tokenTransferData(address, SHARE) }));
  await loadWhole(client, gifts, 'shares of the token');
  return token;
}

/** `count` calls of ERC-20 `transfer`, to accounts spread over the whole population. */
export function tokenTransfers(senders: readonly Sender[], count: number, accounts: number, token: Deployed): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => signedBy(senders[index % senders.length]!, {
    to: token.address, value: 0n, gasLimit: TRANSFER_GAS, data: tokenTransferData(accountAddress((index * 7_919) % accounts), 1n),
  }));
}

export interface SwapPool { readonly router: Deployed; readonly token: Deployed; readonly weth: Deployed }

/** WETH, factory, router and a pool of WETH and the token, with approvals of every sender. */
export async function deployPool(client: RpcClient, senders: readonly Sender[], token: Deployed): Promise<SwapPool> {
  const owner = senders[0]!;
  const weth = await deploy(client, owner, '@uniswap/v2-periphery/build/WETH9.json', []);
  const factory = await deploy(client, owner, '@uniswap/v2-core/build/UniswapV2Factory.json', [hex(owner.address)]);
  const router = await deploy(client, owner, '@uniswap/v2-periphery/build/UniswapV2Router02.json', [hex(factory.address), hex(weth.address)]);
  const approve = callData(token, 'approve', [hex(router.address), 2n ** 256n - 1n]);
  await loadWhole(client, senders.map((sender) => signedBy(sender, { to: token.address, value: 0n, gasLimit: TRANSFER_GAS, data: approve })), 'approvals');
  const addLiquidity = callData(router, 'addLiquidityETH', [hex(token.address), RESERVE, 0n, 0n, hex(owner.address), NEVER_SECONDS]);
  await mine(client, owner, { to: router.address, value: RESERVE, gasLimit: 5_000_000n, data: addLiquidity }, 'addLiquidityETH');
  return { router, token, weth };
}

/** `count` swaps by the router: senders with an even number sell ETH, the others the token. */
export function swaps(senders: readonly Sender[], count: number, { router, token, weth }: SwapPool): Uint8Array[] {
  const calls = senders.map(({ address }, index) => {
    const isSellingEther = index % 2 === 0;
    const data = isSellingEther
      ? callData(router, 'swapExactETHForTokens', [0n, [hex(weth.address), hex(token.address)], hex(address), NEVER_SECONDS])
      : callData(router, 'swapExactTokensForETH', [SWAP_AMOUNT, 0n, [hex(token.address), hex(weth.address)], hex(address), NEVER_SECONDS]);
    return { to: router.address, value: isSellingEther ? SWAP_AMOUNT : 0n, gasLimit: SWAP_GAS, data };
  });
  return Array.from({ length: count }, (_, index) => signedBy(senders[index % senders.length]!, calls[index % senders.length]!));
}

async function loadWhole(client: RpcClient, transactions: readonly Uint8Array[], what: string): Promise<void> {
  const { mined, reverted, firstRefusal } = await load(client, transactions, SET_UP_SECONDS);
  if (mined < transactions.length || reverted > 0) throw new Error(`${what}: expected ${transactions.length} to succeed, ${mined} were mined, ${reverted} reverted${firstRefusal === undefined ? '' : `; ${firstRefusal}`}`);
}
