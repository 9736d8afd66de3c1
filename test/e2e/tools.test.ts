// Unmodified tools against the real node: ethers and viem over both transports, cast, forge, Hardhat, and an independent Merkle
// verifier. Each deploys, calls, sends, meets each kind of revert and sees its events, as it would on any Ethereum chain.
// Owns: that tools work. Does not own: protocol scenarios (scenarios/), the RPC's own rules (test/node/rpc).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { Contract, ContractFactory, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider, getBytes, isError, keccak256 } from 'ethers';
import type { BaseContract, CallExceptionError, ContractTransactionReceipt, InterfaceAbi, Provider } from 'ethers';
import { BaseError, ContractFunctionRevertedError, createPublicClient, createWalletClient, defineChain, http, parseEventLogs, webSocket } from 'viem';
import type { Abi, Hex, Transport } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Manifest } from '../../node/cli/manifest.ts';
import { compileSolidity } from '../solidity.ts';
import { TestDevnet } from './devnet.ts';
import { runUniswapByCast, runUniswapByViem } from './scenarios/uniswapTools.ts';
import { FoundryProject } from './tools/foundry.ts';

const require = createRequire(import.meta.url);
const HARDHAT_PROJECT = join(import.meta.dirname, 'tools', 'hardhat');
const PROBE_SOURCE = join(HARDHAT_PROJECT, 'contracts', 'Probe.sol');

interface Built { abi: Abi & InterfaceAbi; bytecode: Hex }

function built(): Built {
  const { abi, evm } = compileSolidity({ sources: { 'Probe.sol': { content: readFileSync(PROBE_SOURCE, 'utf8') } }, optimizerRuns: 200, load: (path) => assert.fail(`the probe imports ${path}`) })['Probe.sol']!['Probe']!;
  return { abi: abi as Built['abi'], bytecode: `0x${evm.bytecode.object}` };
}

interface Stage { manifest: Manifest; probe: Built; directory: string }

/** Each tool has an account of its own, so that they can run at once. */
function keyOf(manifest: Manifest, index: number): Hex {
  return manifest.accounts[index]!.privateKey as Hex;
}

test('unmodified tools work on the real node as on any Ethereum chain', { timeout: 500_000, concurrency: true }, async (t) => {
  const { manifest } = await new TestDevnet(t).start();
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-tools-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const stage: Stage = { manifest, directory, probe: built() };
  await Promise.all([
    t.test('ethers over HTTP: deploy, send, decode reverts, find events, trace', () => useEthers(stage, 1, new JsonRpcProvider(manifest.l2.rpc, undefined, { cacheTimeout: -1, pollingInterval: 250 }))),
    t.test('ethers over WebSocket: the same, with events and blocks pushed', () => useEthers(stage, 2, new WebSocketProvider(manifest.l2.ws))),
    t.test('viem over HTTP', () => useViem(stage, 3, http(manifest.l2.rpc))),
    t.test('viem over WebSocket', () => useViem(stage, 4, webSocket(manifest.l2.ws, { reconnect: false, keepAlive: false }))),
    t.test('Uniswap V2 by viem', () => runUniswapByViem(manifest.l2.chainId, manifest.l2.rpc, keyOf(manifest, 8))),
    t.test('cast and forge, with Uniswap V2 and an OpenZeppelin token', () => useFoundry(stage, 5)),
    t.test('Hardhat, with Uniswap V2 and V3 and an OpenZeppelin token', () => useHardhat(stage, 6)),
    t.test('proofs of the real state verify with another implementation, a withdrawal under its final root', () => useProofs(stage, 7)),
  ]);
});

async function useEthers({ manifest, probe }: Stage, account: number, provider: JsonRpcProvider | WebSocketProvider): Promise<void> {
  const signer = new NonceManager(new Wallet(keyOf(manifest, account), provider));
  try {
    const blocks: number[] = [];
    await provider.on('block', (number: number) => { blocks.push(number); });
    const deployed: BaseContract = await new ContractFactory(probe.abi, probe.bytecode, signer).deploy(5n);
    await deployed.waitForDeployment();
    const contract = new Contract(await deployed.getAddress(), probe.abi, signer);
    const heard: bigint[] = [];
    await contract.on('Stored', (_by: string, value: bigint) => { heard.push(value); });
    const response = await contract.getFunction('store')(7n, 'ethers', { value: 3n });
    const receipt = await response.wait();
    assert.equal(receipt.status, 1);
    assert.equal(await contract.getFunction('value')(), 7n);
    assert.equal(await provider.getBalance(await contract.getAddress()), 3n);
    assert.equal((await contract.queryFilter('Stored', receipt.blockNumber)).length, 1);
    await ethersReverts(contract);
    for (const type of [0, 1, 2]) {
      const sent = await signer.sendTransaction({ to: '0x00000000000000000000000000000000000000aa', value: 1n, type });
      const mined = await sent.wait();
      assert.deepEqual([mined?.type, mined?.status, mined?.gasUsed], [type, 1, 21_000n]);
    }
    const trace = await provider.send('debug_traceTransaction', [response.hash, { tracer: 'callTracer', tracerConfig: { withLog: true } }]) as { to: string; logs: unknown[] };
    assert.deepEqual([trace.to, trace.logs.length], [(await contract.getAddress()).toLowerCase(), 1]);
    await settles(() => heard.includes(7n) && blocks.includes(receipt.blockNumber), () => `events ${heard.join()}, blocks ${blocks.join()}`);
    await sameHeads(provider);
  } finally {
    // Unsubscribing is a call of its own that ethers does not wait for.
    await provider.removeAllListeners();
    await sleep(500);
    await provider.destroy();
  }
}

async function ethersReverts(contract: Contract): Promise<void> {
  const store = contract.getFunction('store');
  const failing: [() => Promise<unknown>, (error: CallExceptionError) => void][] = [
    [() => store.staticCall(1_000_001n, ''), ({ revert }) => assert.deepEqual([revert?.name, [...revert?.args ?? []]], ['TooLarge', [1_000_001n, 1_000_000n]])],
    [() => store.estimateGas(1_000_001n, ''), ({ data }) => assert.equal(contract.interface.parseError(data ?? '0x')?.name, 'TooLarge')],
    [() => store.staticCall(13n, ''), ({ reason }) => assert.equal(reason, 'thirteen is refused')],
    [() => contract.getFunction('divide')(0n), ({ revert }) => assert.deepEqual([revert?.name, Number(revert?.args[0])], ['Panic', 18])],
  ];
  for (const [work, check] of failing) {
    await assert.rejects(work(), (error: unknown) => {
      assert.ok(isError(error, 'CALL_EXCEPTION'), String(error));
      check(error);
      return true;
    });
  }
  // Sent with a gas limit of its own, a failing transaction is mined as failed.
  const response = await store(1_000_001n, '', { gasLimit: 100_000n });
  await assert.rejects(response.wait(), (error: unknown) => isError(error, 'CALL_EXCEPTION') && error.receipt?.status === 0);
}

async function sameHeads(provider: Provider): Promise<void> {
  const [latest, safe, finalized] = await Promise.all(['latest', 'safe', 'finalized'].map((tag) => provider.getBlock(tag)));
  assert.ok(finalized!.number <= safe!.number && safe!.number <= latest!.number);
  assert.equal((await provider.getBlock(latest!.hash!))?.number, latest!.number);
}

/** Waits up to 20 s for something that a transport announces in its own time. */
async function settles(isDone: () => boolean, seen: () => string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isDone()) {
    assert.ok(Date.now() < deadline, `expected within 20 s; seen: ${seen()}`);
    await sleep(50);
  }
}

async function useViem({ manifest, probe }: Stage, index: number, transport: Transport): Promise<void> {
  const chain = defineChain({ id: manifest.l2.chainId, name: 'Keyfall', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [manifest.l2.rpc] } } });
  const account = privateKeyToAccount(keyOf(manifest, index));
  const client = createPublicClient({ chain, transport, pollingInterval: 250 });
  const wallet = createWalletClient({ chain, transport, account });
  const { abi, bytecode } = probe;
  const hash = await wallet.deployContract({ abi, bytecode, args: [5n] });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  const address = contractAddress!;
  const heard: bigint[] = [];
  const unwatch = client.watchContractEvent({ address, abi, eventName: 'Stored', onLogs: (logs) => { for (const log of logs) heard.push((log as unknown as { args: { value: bigint } }).args.value); } });
  const blocks: bigint[] = [];
  const unwatchBlocks = client.watchBlockNumber({ onBlockNumber: (number) => { blocks.push(number); } });
  try {
    await sleep(500);
    const { request } = await client.simulateContract({ address, abi, functionName: 'store', args: [7n, 'viem'], account });
    const stored = await client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
    assert.equal(stored.status, 'success');
    assert.deepEqual(parseEventLogs({ abi, logs: stored.logs, eventName: 'Stored' }).length, 1);
    assert.equal(await client.readContract({ address, abi, functionName: 'value' }), 7n);
    for (const [value, expected] of [[1_000_001n, 'TooLarge'], [13n, 'thirteen is refused']] as const) {
      await assert.rejects(client.simulateContract({ address, abi, functionName: 'store', args: [value, ''], account }), (error: unknown) => {
        const reverted = error instanceof BaseError ? error.walk((cause) => cause instanceof ContractFunctionRevertedError) : undefined;
        assert.ok(reverted instanceof ContractFunctionRevertedError, String(error));
        assert.ok([reverted.data?.errorName, reverted.reason].includes(expected), String(reverted));
        return true;
      });
    }
    for (const type of ['legacy', 'eip2930', 'eip1559'] as const) {
      const sent = await wallet.sendTransaction({ to: '0x00000000000000000000000000000000000000aa', value: 1n, type } as Parameters<typeof wallet.sendTransaction>[0]);
      assert.equal((await client.waitForTransactionReceipt({ hash: sent })).type, type);
    }
    const authorization = await wallet.signAuthorization({ contractAddress: address, executor: 'self' });
    const delegated = await client.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ authorizationList: [authorization], to: '0x00000000000000000000000000000000000000aa' }) });
    assert.equal(delegated.type, 'eip7702');
    assert.equal(await client.getCode({ address: account.address }), `0xef0100${address.slice(2)}`);
    assert.ok((await client.estimateFeesPerGas()).maxFeePerGas > 0n);
    assert.equal((await client.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] })).reward?.length, 2);
    await settles(() => heard.includes(7n) && blocks.some((number) => number >= stored.blockNumber), () => `events ${heard.join()}, blocks ${blocks.join()}`);
  } finally {
    unwatch();
    unwatchBlocks();
    if (transport({ chain }).config.type === 'webSocket') (await (client.transport as unknown as { getRpcClient(): Promise<{ close(): void }> }).getRpcClient()).close();
  }
}

async function useFoundry({ manifest, directory }: Stage, account: number): Promise<void> {
  const project = new FoundryProject(join(directory, 'foundry'), manifest.l2.rpc, PROBE_SOURCE);
  const key = ['--private-key', keyOf(manifest, account)];
  const created = await project.forge('create', 'src/Probe.sol:Probe', '--broadcast', ...key, '--constructor-args', '5');
  assert.equal(created.code, 0, created.output);
  const address = /Deployed to: (0x[0-9a-fA-F]{40})/.exec(created.output)?.[1];
  assert.ok(address !== undefined, created.output);
  const sent = await project.cast('send', address, 'store(uint256,string)', '7', 'cast', ...key, '--json');
  assert.equal(sent.code, 0, sent.output);
  const receipt = JSON.parse(sent.output) as { status: string; logs: unknown[]; transactionHash: string };
  assert.deepEqual([receipt.status, receipt.logs.length], ['0x1', 1]);
  assert.equal((await project.cast('call', address, 'value()(uint256)')).output.trim(), '7');
  const refused = await project.cast('call', address, 'store(uint256,string)', '1000001', '');
  assert.notEqual(refused.code, 0);
  assert.match(refused.output, /TooLarge|0x30dd0ef4|execution reverted/);
  assert.match((await project.cast('call', address, 'store(uint256,string)', '13', '')).output, /thirteen is refused/);
  assert.match((await project.cast('estimate', address, 'store(uint256,string)', '8', 'x')).output, /^\d+$/m);
  assert.equal((await project.cast('storage', address, '0')).output.trim(), '0x' + '7'.padStart(64, '0'));
  assert.match((await project.cast('logs', '--from-block', '0', '--address', address)).output, /logIndex: 0/);
  const scripted = await project.forge('script', 'script/Use.s.sol:Use', '--broadcast', ...key);
  assert.equal(scripted.code, 0, scripted.output);
  assert.match(scripted.output, /ONCHAIN EXECUTION COMPLETE & SUCCESSFUL/);
  assert.match((await project.cast('run', receipt.transactionHash)).output, /Transaction successfully executed/, 'cast re-executes a transaction on the state it reads');
  assert.match((await project.cast('tx', receipt.transactionHash)).output, /type\s+2/);
  assert.match((await project.cast('block', 'finalized')).output, /number\s+\d+/);
  const token = await project.forge('create', 'src/Token.sol:Token', '--broadcast', ...key);
  assert.match(token.output, /Deployed to: 0x[0-9a-fA-F]{40}/, 'forge compiles and deploys an OpenZeppelin token');
  await runUniswapByCast((command, ...args) => project.cast(command, ...args), manifest.accounts[account]!.address, key);
  const first = JSON.parse((await project.cast('rpc', 'eth_getBlockByNumber', '0x2', 'false')).output) as { transactions: string[] };
  assert.match((await project.cast('tx', first.transactions[0]!)).output, /type\s+0x7e/, 'cast shows a message from L1');
}

async function useHardhat({ manifest, directory }: Stage, account: number): Promise<void> {
  const env = { ...process.env, PROBE_OUTPUT: join(directory, 'hardhat'), PROBE_URL: manifest.l2.rpc, PROBE_KEY: keyOf(manifest, account) };
  const cli = join(require.resolve('hardhat/package.json'), '..', 'dist', 'src', 'cli.js');
  const hardhat = (...args: string[]): Promise<string> => new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...args], { cwd: HARDHAT_PROJECT, env, timeout: 180_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`hardhat ${args.join(' ')} failed:\n${stdout}${stderr}`));
    });
  });
  await hardhat('build');
  const output = await hardhat('run', 'scripts/use.ts', '--network', 'keyfall');
  const line = /^PROBE (.*)$/m.exec(output)?.[1];
  assert.ok(line !== undefined, output);
  const seen = JSON.parse(line) as { status: number; value: string; events: number; errors: string[]; sendError: string };
  assert.deepEqual([seen.status, seen.value, seen.events, seen.errors], [1, '7', 2, ['TooLarge', 'Error']]);
  assert.match(seen.sendError, /execution reverted|TooLarge/);
  const uniswap = /^UNISWAP (.*)$/m.exec(await hardhat('run', 'scripts/uniswap.ts', '--network', 'keyfall'))?.[1];
  assert.ok(uniswap !== undefined, 'the Uniswap script printed its line');
  assert.equal((JSON.parse(uniswap) as { tokens: string }).tokens, '5');
}

interface ProofAnswer { accountProof: string[]; storageHash: string; storageProof: { key: string; value: string; proof: string[] }[] }

/** The storage value that the proof shows under `stateRoot`, checked node by node with @ethereumjs/mpt. */
async function provenValue(stateRoot: string, address: string, answer: ProofAnswer): Promise<bigint> {
  const account = await verifyMerkleProof(getBytes(keccak256(address)), answer.accountProof.map((node) => getBytes(node)), { root: getBytes(stateRoot) });
  assert.ok(account !== null, 'the account is proven');
  const [, , storageRoot] = RLP.decode(account) as [Uint8Array, Uint8Array, Uint8Array];
  assert.deepEqual(storageRoot, getBytes(answer.storageHash));
  const slot = answer.storageProof[0]!;
  const value = await verifyMerkleProof(getBytes(keccak256(slot.key)), slot.proof.map((node) => getBytes(node)), { root: storageRoot });
  assert.ok(value !== null, 'the slot is proven');
  const proven = BigInt('0x' + Buffer.from(RLP.decode(value) as Uint8Array).toString('hex'));
  assert.equal(proven, BigInt(slot.value));
  return proven;
}

async function useProofs({ manifest }: Stage, account: number): Promise<void> {
  const provider = new JsonRpcProvider(manifest.l2.rpc, undefined, { cacheTimeout: -1, pollingInterval: 250 });
  try {
    const signer = new Wallet(keyOf(manifest, account), provider);
    const passer = manifest.predeploys['MessagePasser']!;
    const nonceSlot = '0x' + '2'.padStart(64, '0');
    const abi = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'contracts', 'abi', 'MessagePasser.json'), 'utf8')) as InterfaceAbi;
    const contract = new Contract(passer, abi, signer);
    const receipt = await (await contract.getFunction('withdrawEth')(signer.address, { value: 10n ** 15n })).wait() as ContractTransactionReceipt;
    const sent = receipt.logs.map((log) => contract.interface.parseLog(log)).find((log) => log?.name === 'WithdrawalSent');
    const block = await provider.send('eth_getBlockByNumber', ['0x' + receipt.blockNumber.toString(16), false]) as { stateRoot: string; number: string };
    const nonceProof = await provider.send('eth_getProof', [passer, [nonceSlot], block.number]) as ProofAnswer;
    assert.ok(await provenValue(block.stateRoot, passer, nonceProof) >= 1n);
    const hash = sent!.args['withdrawalHash'] as string;
    let answer: { status: string; stateRoot: string; blockHash: string; headerRaw: string; proof: ProofAnswer | null };
    const deadline = Date.now() + 240_000;
    do {
      answer = await provider.send('keyfall_withdrawalProof', [hash]) as typeof answer;
      assert.notEqual(answer.status, 'unknown');
      assert.ok(Date.now() < deadline, 'expected the withdrawal to become final within 240 s');
      await sleep(500);
    } while (answer.status !== 'final');
    assert.equal(keccak256(answer.headerRaw), answer.blockHash);
    assert.equal(await provenValue(answer.stateRoot, passer, answer.proof!), 1n);
    assert.equal((await provider.send('keyfall_withdrawalProof', [keccak256(hash)]) as typeof answer).status, 'unknown');
  } finally {
    provider.destroy();
  }
}
