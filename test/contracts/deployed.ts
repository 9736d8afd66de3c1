/**
 * A real deployment for tests: anvil, the contracts' own deploy entry, and the few acts that make an L2 state final on it.
 *
 * Owns starting and stopping; asserts nothing. The attesters' keys are this file's, the profile is `training-devnet`.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Contract, HDNodeWallet, JsonRpcProvider, NonceManager, Wallet, getBytes, keccak256, type Interface, type TransactionReceipt } from 'ethers';
import { bindingHash, inputsHash, outputsHash, statementHash, type Hex, type StatementInputs, type StatementOutputs } from '@keyfall/protocol';
import { AbiCoder } from 'ethers';
import { startAnvil, type Anvil } from '../node/l1/harness/anvil.ts';

const execute = promisify(execFile);
const ENTRY = new URL('../../contracts/deploy/main.ts', import.meta.url).pathname;
const PHRASE = 'test test test test test test test test test test test junk';
export const COUNCIL_KEYS = [29, 30, 31, 32, 33, 34, 35, 36];
const OPEN_BINDING = { beneficiary: '0x00000000000000000000000000000000000000be' as Hex, minL1Time: 0n, maxL1Time: (1n << 64n) - 1n };

let parent: HDNodeWallet | undefined;

/** The phrase is stretched once: BIP-39 makes that slow on purpose. */
export function keyAt(index: number): HDNodeWallet {
  parent ??= HDNodeWallet.fromPhrase(PHRASE, undefined, "m/44'/60'/0'/0");
  return parent.deriveChild(index);
}

export interface Deployment {
  readonly profile: string;
  readonly timeScale: number;
  readonly deployBlock: number;
  readonly contracts: Readonly<Record<string, string>>;
  readonly genesis: { readonly hash: string; readonly stateRoot: string };
}

/** Runs the deploy entry as a process. @throws with its stderr if it fails */
export async function runDeploy(url: string, extra: readonly string[] = [], key: string = keyAt(20).privateKey): Promise<Deployment> {
  const attesters = [24, 25, 26, 27, 28].map((index) => keyAt(index).address).join(',');
  const council = COUNCIL_KEYS.map((index) => `${keyAt(index).address}${index % 2 === 0 ? '' : ':external'}`).join(',');
  const tokens = [23, 0, 1, 2, 3].map((index) => `${keyAt(index).address}=1000000`).join(',');
  const args = [ENTRY, '--l1', url, '--operator', keyAt(21).address, '--cold-key', keyAt(22).address, '--attesters', attesters, '--council', council, '--tokens', tokens, ...extra];
  const { stdout } = await execute(process.execPath, args, { env: { ...process.env, KEYFALL_DEPLOYER_KEY: key } });
  return JSON.parse(stdout) as Deployment;
}

export function abiOf(name: string): never {
  return JSON.parse(readFileSync(new URL(`../../contracts/abi/${name}.json`, import.meta.url), 'utf8')) as never;
}

export class DeployedSystem {
  readonly anvil: Anvil;
  readonly provider: JsonRpcProvider;
  readonly deployment: Deployment;
  readonly user: NonceManager;
  readonly operator: NonceManager;

  private constructor(anvil: Anvil, provider: JsonRpcProvider, deployment: Deployment) {
    this.anvil = anvil;
    this.provider = provider;
    this.deployment = deployment;
    this.user = new NonceManager(new Wallet(keyAt(0).privateKey, provider));
    this.operator = new NonceManager(new Wallet(keyAt(21).privateKey, provider));
  }

  /** Blocks are one second apart, whatever the time of day. */
  static async start(extra: readonly string[] = [], anvilExtra: readonly string[] = []): Promise<DeployedSystem> {
    const anvil = await startAnvil(['--accounts', '40', '--gas-limit', '60000000', ...anvilExtra]);
    try {
      await anvil.rpc('anvil_setBlockTimestampInterval', 1);
      await anvil.rpc('evm_setAutomine', true);
      const deployment = await runDeploy(anvil.url, extra);
      const provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 });
      return new DeployedSystem(anvil, provider, deployment);
    } catch (error) {
      // A chain that nobody is told of would keep the test's process alive for ever.
      await anvil.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.provider.destroy();
    await this.anvil.stop();
  }

  /** Mines a block that is so many seconds after the last. */
  async pass(seconds: bigint): Promise<void> {
    const latest = await this.provider.getBlock('latest');
    if (latest === null) throw new Error('expected a latest block');
    await this.anvil.rpc('evm_setNextBlockTimestamp', latest.timestamp + Number(seconds));
    await this.anvil.rpc('evm_mine');
  }

  contract(name: string, runner: NonceManager = this.user): Contract {
    return new Contract(this.deployment.contracts[name] ?? '', abiOf(name), runner);
  }

  async send(contract: Contract, method: string, args: readonly unknown[], value = 0n): Promise<TransactionReceipt> {
    const response = await contract.getFunction(method).send(...args, { value, gasPrice: 3_000_000_000n }).catch((error: unknown) => {
      // The nonce of a transaction that was refused before it was sent is still free.
      if (contract.runner instanceof NonceManager) contract.runner.reset();
      throw error;
    });
    return this.#succeeded(method, response.hash);
  }

  /** An act of an account whose key nobody here has, the cold key or the governor for example; back when it is mined. */
  async sendAs(from: string, contract: Contract, method: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    await this.anvil.rpc('anvil_impersonateAccount', from);
    await this.anvil.rpc('anvil_setBalance', from, '0xde0b6b3a7640000');
    const data = contract.interface.encodeFunctionData(method, [...args]);
    return this.#succeeded(method, String(await this.anvil.rpc('eth_sendTransaction', { from, to: await contract.getAddress(), data, gas: '0x100000' })));
  }

  async #succeeded(method: string, hash: string): Promise<TransactionReceipt> {
    const receipt = await this.#receiptOf(hash);
    if (receipt.status !== 1) throw new Error(`${method} failed`);
    return receipt;
  }

  /**
   * Asks until it is there. `response.wait()` asks once and then at each new block: where the one block of a transaction comes between the two, as
   * it does once in some thousand times on a chain that mines nothing else, it waits for ever.
   */
  async #receiptOf(hash: string): Promise<TransactionReceipt> {
    for (let attempt = 0; attempt < 3_000; attempt += 1) {
      const receipt = await this.provider.getTransactionReceipt(hash);
      if (receipt !== null) return receipt;
      await sleep(20);
    }
    throw new Error(`expected transaction ${hash} to be mined within a minute`);
  }

  /**
   * Commits a batch with all messages so far, has the attesters answer it with `stateRoot`, and makes it final.
   * @param by another set of attesters; and a ScriptedLane that says the same, for once a zk lane is enabled attesters alone finalize nothing
   */
  async finalizeRoot(stateRoot: string, by: { readonly zkLane?: Contract; readonly attesters?: Attesters } = {}): Promise<{ index: bigint; receipts: Readonly<Record<'commit' | 'submit' | 'answer' | 'finalize', TransactionReceipt>> }> {
    const batch = await this.commitBatch();
    const { submit, answer } = await this.attest(batch, stateRoot, by.attesters);
    if (by.zkLane !== undefined) await this.prove(batch, stateRoot, by.zkLane);
    const finalize = await this.send(this.contract('Rollup', this.operator), 'finalize', [batch.index]);
    return { index: batch.index, receipts: { commit: batch.receipt, submit, answer, finalize } };
  }

  /** Commits the next batch with all messages so far, on the last final block. */
  async commitBatch(): Promise<CommittedBatch> {
    const rollup = this.contract('Rollup', this.operator);
    const index = ((await rollup.getFunction('committedCount').staticCall()) as bigint) + 1n;
    const head = (await rollup.getFunction('finalHead').staticCall()) as { lastHash: string };
    const count = (await this.contract('Inbox').getFunction('count').staticCall()) as bigint;
    const payload = `0x01${'c7'.repeat(1_000)}`;
    const receipt = await this.send(rollup, 'commit', [index, head.lastHash, count, await this.provider.getBlockNumber(), payload]);
    return { index, receipt, ...readCommit(rollup.interface, receipt) };
  }

  /** The attesters' answer to a committed batch. */
  async attest(batch: CommittedBatch, stateRoot: string, attesters?: Attesters): Promise<{ submit: TransactionReceipt; answer: TransactionReceipt }> {
    const lane = attesters?.lane ?? this.contract('AttesterLane', this.operator);
    const outputs = outputsOf(batch, stateRoot);
    const [hashes, statement] = hashAll(batch.inputs, outputs);
    const digest = (await lane.getFunction('digest').staticCall(hashes[0], hashes[1])) as string;
    const signers = (attesters?.keys ?? [24, 25, 26, 27]).map(keyAt).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
    const signatures = signers.map((signer) => signer.signingKey.sign(getBytes(digest)).serialized);
    const data = AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32', 'bytes32', 'bytes[]'], [...hashes, signatures]);
    const submit = await this.send(lane, 'submit', [statement, 0, data]);
    const answer = await this.send(this.contract('Rollup', this.operator), 'answer', [batch.index, await lane.getAddress(), outputs, OPEN_BINDING]);
    return { submit, answer };
  }

  /** The answer of a ScriptedLane, which accepts what it is told. */
  async prove(batch: CommittedBatch, stateRoot: string, zkLane: Contract): Promise<void> {
    const outputs = outputsOf(batch, stateRoot);
    const [, statement] = hashAll(batch.inputs, outputs);
    await this.send(zkLane, 'submit', [statement, 0, '0x']);
    await this.send(this.contract('Rollup', this.operator), 'answer', [batch.index, await zkLane.getAddress(), outputs, OPEN_BINDING]);
  }
}

interface Attesters { readonly lane: Contract; readonly keys: readonly number[] }
interface CommittedBatch { readonly index: bigint; readonly inputs: StatementInputs; readonly time: bigint; readonly receipt: TransactionReceipt }

function outputsOf({ index, time }: CommittedBatch, stateRoot: string): StatementOutputs {
  return { lastNumber: index, lastHash: keccak256(stateRoot) as Hex, stateRoot: stateRoot as Hex, lastTimestamp: time, zkGasUsed: 21_000n, dropRoot: `0x${'00'.repeat(32)}` };
}

function readCommit(rollup: Interface, receipt: TransactionReceipt): { inputs: StatementInputs; time: bigint } {
  const event = receipt.logs.map((log) => rollup.parseLog(log)).find((parsed) => parsed?.name === 'BatchCommitted');
  if (event === undefined || event === null) throw new Error('expected BatchCommitted');
  const fields = event.args['inputs'] as StatementInputs & { mode: bigint; payloadKind: bigint };
  const inputs: StatementInputs = {
    l1ChainId: fields.l1ChainId, l2ChainId: fields.l2ChainId, rollup: fields.rollup, specId: fields.specId, mode: Number(fields.mode),
    parentHash: fields.parentHash, payloadKind: Number(fields.payloadKind), payloadCommitment: fields.payloadCommitment, inboxFrom: fields.inboxFrom,
    accFrom: fields.accFrom, inboxTo: fields.inboxTo, accTo: fields.accTo, skipRoot: fields.skipRoot, originNumber: fields.originNumber,
    originHash: fields.originHash, feeConfigHash: fields.feeConfigHash,
  };
  return { inputs, time: event.args['commitTime'] as bigint };
}

/** The three hashes and the statement, by the protocol package: the contracts accept them only if both agree. */
function hashAll(inputs: StatementInputs, outputs: StatementOutputs): [[Hex, Hex, Hex], Hex] {
  const hashes: [Hex, Hex, Hex] = [inputsHash(inputs), outputsHash(outputs), bindingHash(OPEN_BINDING)];
  return [hashes, statementHash(...hashes)];
}
