// A chain that its operator has left, for the journeys: a real L1 with the contracts, deposits of ether, a token and an NFT, a batch that a
// stranger proved, and a follower of the node that anyone can run, as L2 endpoint. Owns making it and its end; the phases are entered by
// the journeys. No key of an operator or attester signs anything.
// Invariant: nothing of it outlives the test.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NonceManager, parseEther } from 'ethers';
import type { Contract } from 'ethers';
import { startAnvil } from '../../node/l1/harness/anvil.ts';
import { runDeploy } from '../../contracts/deployed.ts';
import { deployToken } from '../scenarios/compile.ts';
import { Stranger, keyAt } from '../walkAway/stranger.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
export const SCALE = 600;
export const DAY = 86_400 / SCALE;
export const [SENDER, OWNER, RELAYER] = [10, 11, 12];
const prover = join(import.meta.dirname, '..', 'walkAway', 'keyedProver.ts');

export interface FrozenWorld {
  readonly stranger: Stranger;
  readonly l1Url: string;
  readonly l2Url: string;
  readonly rollup: string;
  readonly token: Contract;
  readonly nft: Contract;
  /** After the operator's monopoly has ended: proves what is in the Inbox, and makes it final. */
  readonly proveQueue: () => Promise<void>;
  /** Waits until the follower has read L1 to its head. */
  readonly caughtUp: () => Promise<void>;
  readonly depositEther: (account: number, ether: string) => Promise<void>;
}

export async function startFrozenWorld(t: Pick<TestContext, 'after'>): Promise<FrozenWorld> {
  const anvil = await startAnvil(['--accounts', '30', '--gas-limit', '60000000']);
  t.after(async () => anvil.stop());
  await anvil.rpc('evm_setAutomine', true);
  const home = mkdtempSync(join(tmpdir(), 'keyfall-frozen-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const rollup = (await runDeploy(anvil.url, ['--time-scale', String(SCALE)])).contracts['Rollup'] ?? '';
  const stranger = new Stranger(anvil.url, rollup, home);
  t.after(() => stranger.close());
  await stranger.placeLane();
  const depositEther = async (account: number, ether: string): Promise<void> => {
    const inbox = (await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox')).connect(new NonceManager(keyAt(account).connect(stranger.l1))) as Contract;
    const amount = parseEther(ether);
    await mined(inbox, 'sendCall', [keyAt(account).address, amount, 0n, 100_000, 20_000, '0x'], amount + parseEther('0.1'));
  };
  await depositEther(SENDER, '3');
  await depositEther(OWNER, '2');
  const signer = new NonceManager(keyAt(OWNER).connect(stranger.l1));
  const [token, nft] = [await deployToken(signer, 'PlainToken'), await deployToken(signer, 'PlainNft')];
  const inbox = await stranger.named(stranger.rollupContract(), 'INBOX', 'Inbox');
  const vault = (await stranger.named(inbox, 'VAULT', 'Vault')).connect(signer) as Contract;
  const vaultAddress = await vault.getAddress();
  await mined(token, 'approve', [vaultAddress, parseEther('10')]);
  await mined(vault, 'depositERC20', [await token.getAddress(), keyAt(OWNER).address, parseEther('10')], parseEther('0.1'));
  await mined(nft, 'approve', [vaultAddress, 1n]);
  await mined(vault, 'depositERC721', [await nft.getAddress(), keyAt(OWNER).address, 1n], parseEther('0.1'));
  const l2Url = await follower(t, anvil.url, rollup, join(home, 'follower'));
  return {
    stranger, l1Url: anvil.url, l2Url, rollup, token, nft, depositEther, caughtUp: async () => caughtUp(l2Url, stranger),
    proveQueue: async () => {
      await stranger.json(SENDER, 4, 'exit', 'force', '0.25', '--yes', '--timeout', '0');
      await stranger.warp(3_600 / SCALE + 1);
      await stranger.json(SENDER, 4, 'exit', 'force', '--resume', '--yes', '--timeout', '20', '--prover', prover);
      await stranger.warp(3 * DAY + 2);
      assert.equal((await stranger.json(SENDER, 0, 'exit', 'force', '--resume', '--yes', '--timeout', '60', '--prover', prover))['outcome'], 'paid');
    },
  };
}

async function mined(contract: Contract, method: string, args: readonly unknown[], value = 0n): Promise<void> {
  const sent = (await contract.getFunction(method)(...args, { value })) as { wait(): Promise<{ status: number } | null> };
  assert.equal((await sent.wait())?.status, 1, method);
}

/** The rollup's node as anyone starts it, deriving from L1 alone. @returns its RPC */
async function follower(t: Pick<TestContext, 'after'>, l1: string, rollup: string, data: string): Promise<string> {
  const child = spawn(process.execPath, [join(ROOT, 'node/main.ts'), '--l1', l1, '--rollup', rollup, '--data', data, '--port', '0', '--log-level', 'error', '--parent-pipe', '--l1-poll-ms', '200', '--retained-blocks', '0'], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end();
    await Promise.race([ended, sleep(15_000, undefined, { ref: false })]);
    child.kill('SIGKILL');
  });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return `http://127.0.0.1:${(JSON.parse(text.split('\n')[0] ?? '') as { port: number }).port}`;
}

async function caughtUp(l2Url: string, stranger: Stranger): Promise<void> {
  const target = await stranger.l1.getBlockNumber();
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const response = await fetch(l2Url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'keyfall_chain', params: [] }) });
    const { result } = (await response.json()) as { result: { l1: { head: { number: string }; committedBatch: string }; heads: { safe: { batchIndex: string } } } };
    if (Number(result.l1.head.number) >= target && BigInt(result.heads.safe.batchIndex) === BigInt(result.l1.committedBatch)) return;
    await sleep(100);
  }
  assert.fail('the follower did not catch up with L1');
}
