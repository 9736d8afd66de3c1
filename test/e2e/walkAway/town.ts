// The people of the full walk-away: who holds what on L2 when everybody who ran the chain is gone, and what L1 therefore owes to whom.
// Owns giving it to them on a running devnet, and its destruction. Asserts only that its own steps worked; what must come of it is the
// test's to say.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contract, ContractFactory, MaxUint256, parseEther } from 'ethers';
import { readArtifact } from '../../../contracts/scripts/artifacts.ts';
import { isAlive } from '../devnet.ts';
import type { RunningDevnet, TestDevnet } from '../devnet.ts';
import { eventually, finalBatchOf, read, transact } from '../scenarios/bridge.ts';
import type { Devnet } from '../scenarios/bridge.ts';
import { deployToken } from '../scenarios/compile.ts';

/** Accounts by their part. */
export const PEOPLE = { rich: 1, bob: 2, carol: 3, dave: 4, erin: 5, frank: 6 } as const;
export const NFT_ID = 3n;
export const WITHDRAWN_NFT_ID = 4n;
export const MULTI_ID = 7n;
export const UNDECLARED_WEI = parseEther('1');
export const WITHDRAWN_WEI = parseEther('2');

export interface Town {
  readonly coin: string;
  readonly nft: string;
  readonly multi: string;
  readonly pool: string;
  readonly resolver: string;
  /** A pool that declared nothing: stranded in a frozen chain. */
  readonly undeclared: string;
  /** What each account held on L2 at the end, by its number. */
  readonly etherWei: readonly bigint[];
  readonly rollup: string;
  readonly feeVault: string;
}

async function messageFee(devnet: Devnet): Promise<bigint> {
  return (await read<bigint>(devnet.contract('Inbox', devnet.l1), 'price', 5_000_000n)) * 4n;
}

/** Tokens of every kind over the bridge: coins for several, an NFT and an ERC-1155 for the rich one, an NFT to be withdrawn. */
async function bridgeTokens(devnet: Devnet): Promise<Pick<Town, 'coin' | 'nft' | 'multi'>> {
  const rich = devnet.person(PEOPLE.rich);
  const [coin, nft, multi] = [await deployToken(rich.l1, 'PlainToken'), await deployToken(rich.l1, 'PlainNft'), await deployToken(rich.l1, 'PlainMulti')];
  const vault = devnet.contract('Vault', rich.l1);
  const address = await vault.getAddress();
  await transact(coin, 'approve', address, MaxUint256);
  await transact(nft, 'setApprovalForAll', address, true);
  await transact(multi, 'setApprovalForAll', address, true);
  const value = await messageFee(devnet);
  for (const [who, amount] of [['rich', '100'], ['bob', '40'], ['dave', '25']] as const) {
    await transact(vault, 'depositERC20', await coin.getAddress(), devnet.person(PEOPLE[who]).address, parseEther(amount), { value });
  }
  await transact(vault, 'depositERC721', await nft.getAddress(), rich.address, NFT_ID, { value });
  await transact(vault, 'depositERC721', await nft.getAddress(), devnet.person(PEOPLE.frank).address, WITHDRAWN_NFT_ID, { value });
  await transact(vault, 'depositERC1155', await multi.getAddress(), rich.address, MULTI_ID, 300n, { value });
  const bridge = devnet.contract('L2Bridge', devnet.l2);
  const last = await read<string>(bridge, 'tokenOf', 3, await multi.getAddress());
  await eventually('the tokens on L2', async () => (await devnet.l2.getCode(last)) !== '0x', 120);
  return { coin: await coin.getAddress(), nft: await nft.getAddress(), multi: await multi.getAddress() };
}

/** A pool that holds ETH and coins, three parts bob's and one part carol's, and that declares its resolver. */
async function makePool(devnet: Devnet, coin: string): Promise<Pick<Town, 'pool' | 'resolver'>> {
  const [bob, carol] = [devnet.person(PEOPLE.bob), devnet.person(PEOPLE.carol)];
  const pool = await deployToken(bob.l2, 'SharePool');
  const address = await pool.getAddress();
  const artifact = readArtifact('PoolResolver');
  const resolver = await new ContractFactory(artifact.abi as never, artifact.bytecode, bob.l1).deploy(devnet.manifest.contracts['EscapeHatch'], address, address, 0n, 2n);
  await resolver.waitForDeployment();
  await transact(pool, 'declare', devnet.manifest.predeploys['ExitRegistry'], await resolver.getAddress());
  await transact(pool, 'join', { value: parseEther('30') });
  await transact(pool.connect(carol.l2) as Contract, 'join', { value: parseEther('10') });
  const bridged = await read<string>(devnet.contract('L2Bridge', devnet.l2), 'tokenOf', 1, coin);
  await transact(new Contract(bridged, ['function transfer(address,uint256) returns (bool)'], bob.l2), 'transfer', address, parseEther('20'));
  return { pool: address, resolver: await resolver.getAddress() };
}

/** Everything as it stands before the end, final on L1: also a withdrawal of ETH and one of an NFT that nobody has claimed. */
export async function settle(devnet: Devnet): Promise<Town> {
  const tokens = await bridgeTokens(devnet);
  const pool = await makePool(devnet, tokens.coin);
  const undeclared = await deployToken(devnet.person(PEOPLE.carol).l2, 'SharePool');
  await transact(undeclared, 'join', { value: UNDECLARED_WEI });
  const [dave, frank] = [devnet.person(PEOPLE.dave), devnet.person(PEOPLE.frank)];
  await transact(devnet.contract('MessagePasser', dave.l2), 'withdrawEth', dave.address, { value: WITHDRAWN_WEI });
  const last = await transact(devnet.contract('L2Bridge', frank.l2), 'withdraw', 2, tokens.nft, WITHDRAWN_NFT_ID, 1n, frank.address);
  const { lastNumber } = await finalBatchOf(devnet, last.blockNumber, 240);
  const etherWei = await Promise.all(devnet.manifest.accounts.map(async ({ address }) => devnet.l2.getBalance(address, Number(lastNumber))));
  return { ...tokens, ...pool, undeclared: await undeclared.getAddress(), etherWei, rollup: devnet.manifest.contracts['Rollup'] ?? '', feeVault: devnet.manifest.predeploys['FeeVault'] ?? '' };
}

/** Lets batches be committed that nobody will ever answer: the attesters stand still, as they would if their keys were gone. */
export async function commitUnanswered(devnet: Devnet, running: RunningDevnet): Promise<void> {
  for (const [name, pid] of Object.entries(running.manifest.pids)) if (name.startsWith('attester')) process.kill(pid, 'SIGSTOP');
  const rollup = devnet.contract('Rollup', devnet.l1);
  const [from] = await read<[bigint]>(rollup, 'finalHead');
  const rich = devnet.person(PEOPLE.rich);
  await rich.l2.sendTransaction({ to: rich.address, value: 1n });
  await eventually('a batch that is committed and not final', async () => {
    const [committed, final] = [await read<bigint>(rollup, 'committedCount'), await read<bigint>(rollup, 'finalizedCount')];
    return committed > final && final >= from;
  }, 120);
}

/** Ends every process with SIGKILL and removes every file except L1's own. @returns where L1's state and the date of its first block are */
export async function destroy({ home }: TestDevnet, running: RunningDevnet, remains: string): Promise<{ state: string; genesisTime: string }> {
  const { pids } = running.manifest;
  for (const [name, pid] of Object.entries(pids)) if (name !== 'l1' && name !== 'up') process.kill(pid, 'SIGSTOP');
  // L1 is the world, not ours to destroy: it ends by itself when `up` is gone, and writes what it has.
  await running.end('SIGKILL');
  for (const [name, pid] of Object.entries(pids)) if (name !== 'l1' && name !== 'up' && isAlive(pid)) process.kill(pid, 'SIGKILL');
  for (let waited = 0; isAlive(pids['l1'] ?? 0); waited += 1) {
    assert.ok(waited < 600, 'L1 ends within a minute');
    await sleep(100);
  }
  mkdirSync(remains, { recursive: true });
  const state = join(remains, 'l1.json');
  copyFileSync(join(home, 'devnet', 'l1', 'exit.json'), state);
  const genesisTime = readFileSync(join(home, 'devnet', 'l1', 'genesis-time'), 'utf8');
  rmSync(join(home, 'devnet'), { recursive: true, force: true });
  return { state, genesisTime };
}
