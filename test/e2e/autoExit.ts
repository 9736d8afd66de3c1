// What the auto-exit tests share: an owner with withdrawals signed beforehand, a fee key, a watchtower process between two proxies, and a malicious
// upgrade that the governor schedules. Owns making them; what must come of it is for the tests to say.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { encryptKeystoreJsonSync } from 'ethers';
import { createPublicClient, encodeAbiParameters, encodeFunctionData, http, keccak256, parseAbi, parseTransaction, toHex, type AbiParameter, type Hex, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { UPGRADE_KINDS, MESSAGE_PASSER, decodeMessage, fromHex, toHex as bytesToHex } from '@keyfall/protocol';
import { ChaosProxy } from '../watchtower/chaos.ts';
import { WatchtowerProcess } from '../watchtower/process.ts';

const EXIT_GAS = 200_000n;
const EXIT_SURCHARGE = 100_000;
const PASSER = parseAbi(['function withdrawEth(address recipient) payable returns (bytes32)']);
const INBOX = parseAbi(['event MessageEnqueued(uint64 indexed index, bytes32 accumulator, bytes message)', 'function sendSigned(uint64 gas, uint64 surcharge, bytes rawTransaction) payable returns (uint64 index)']);
const TIMELOCK = parseAbi(['struct Upgrade { uint8 kind; bytes payload; bytes32 reportHash; bytes32 salt; }', 'function schedule(Upgrade upgrade) returns (bytes32 id)', 'function idOf(Upgrade upgrade) view returns (bytes32)', 'function state(bytes32 id) view returns (uint8)']);
/** Answers 1 to everything: as the Rollup's code it accepts any state. */
const ACCEPTS_ALL: Hex = '0x60015f5260205ff3';
const PASSWORD = 'password of the fee key';

interface ExitWorldOptions {
  readonly l1Url: string;
  readonly l2ChainId: number;
  readonly contracts: Readonly<Record<string, string>>;
  readonly deployBlock: number;
  readonly ownerKey: Hex;
  /** What each withdrawal takes out, from this L2 nonce on. */
  readonly amounts: readonly bigint[];
  readonly firstNonce: number;
  readonly maximumWei: bigint;
}

export class ExitWorld {
  readonly feeKey = privateKeyToAccount(keccak256(toHex('the fee key of the auto-exit tests')));
  readonly owner: Hex;
  readonly exits: readonly Hex[];
  readonly proxies: readonly [ChaosProxy, ChaosProxy];
  readonly watchtower: WatchtowerProcess;
  readonly l1: PublicClient;
  readonly #options: ExitWorldOptions;

  private constructor(options: ExitWorldOptions, parts: Pick<ExitWorld, 'owner' | 'exits' | 'proxies' | 'watchtower'>) {
    this.#options = options;
    ({ owner: this.owner, exits: this.exits, proxies: this.proxies, watchtower: this.watchtower } = parts);
    this.l1 = createPublicClient({ transport: http(options.l1Url), pollingInterval: 100, cacheTime: 0 });
  }

  static async make(t: TestContext, options: ExitWorldOptions): Promise<ExitWorld> {
    const owner = privateKeyToAccount(options.ownerKey);
    const exits = await Promise.all(options.amounts.map(async (value, position) => owner.signTransaction({
      type: 'eip1559', chainId: options.l2ChainId, nonce: options.firstNonce + position, to: MESSAGE_PASSER, value, gas: EXIT_GAS, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, data: encodeFunctionData({ abi: PASSER, functionName: 'withdrawEth', args: [owner.address] }),
    })));
    const proxies = [await ChaosProxy.start(options.l1Url), await ChaosProxy.start(options.l1Url)] as const;
    t.after(async () => { for (const proxy of proxies) await proxy.stop(); });
    const config: Record<string, unknown> = {
      l1: { chainId: 31_337, quorum: 2, pollMilliseconds: 250, timeoutMilliseconds: 5_000, endpoints: proxies.map(({ url }, index) => ({ url, operator: `operator${index + 1}` })) },
      deployment: { contracts: options.contracts, deployBlock: options.deployBlock }, isSimulating: false,
    };
    const watchtower = await WatchtowerProcess.prepare(t, { config, environment: { FEE_KEY_PASSWORD: PASSWORD } });
    const world = new ExitWorld(options, { owner: owner.address, exits, proxies, watchtower });
    const file = (name: string): string => join(watchtower.directory, name);
    writeFileSync(file('fee-key.json'), encryptKeystoreJsonSync({ address: world.feeKey.address, privateKey: keccak256(toHex('the fee key of the auto-exit tests')) }, PASSWORD, { scrypt: { N: 2 } }));
    writeFileSync(file('exits.json'), JSON.stringify({ version: 1, exits: exits.map((raw) => ({ raw, surcharge: EXIT_SURCHARGE })) }));
    config['autoExit'] = { owner: owner.address, presigned: file('exits.json'), keystore: file('fee-key.json'), passwordFrom: 'FEE_KEY_PASSWORD', graceSeconds: 3, maximumWei: String(options.maximumWei), vetoFile: file('veto'), isDryRun: false };
    await world.rpc('anvil_setBalance', world.feeKey.address, '0xde0b6b3a7640000');
    return world;
  }

  /** Changes the policy before the next start; undefined = the file says nothing of it. */
  set isDryRun(isDryRun: boolean | undefined) {
    Object.assign(this.watchtower.config['autoExit'] as object, { isDryRun });
  }

  async rpc<T>(method: string, ...params: unknown[]): Promise<T> {
    return this.l1.request({ method, params } as never) as Promise<T>;
  }

  address(name: string): Hex {
    const address = this.#options.contracts[name];
    assert.ok(address !== undefined, name);
    return address as Hex;
  }

  /** The governor schedules code for the Rollup that accepts anything. @returns the upgrade's id */
  async scheduleMaliciousUpgrade(): Promise<Hex> {
    const implementation: Hex = '0x00000000000000000000000000000000000e71e7';
    await this.rpc('anvil_setCode', implementation, ACCEPTS_ALL);
    const kind = UPGRADE_KINDS.findIndex(({ name }) => name === 'Core');
    const payload = encodeAbiParameters([UPGRADE_KINDS[kind]?.payload as AbiParameter], [{ implementation, codehash: keccak256(ACCEPTS_ALL), migrates: false }]);
    const one: Hex = `0x${'00'.repeat(31)}01`;
    const upgrade = { kind, payload, reportHash: one, salt: one };
    const governor = this.address('KeyfallGovernor');
    await this.rpc('anvil_impersonateAccount', governor);
    await this.rpc('anvil_setBalance', governor, '0xde0b6b3a7640000');
    const hash = await this.rpc<Hex>('eth_sendTransaction', { from: governor, to: this.address('UpgradeTimelock'), data: encodeFunctionData({ abi: TIMELOCK, functionName: 'schedule', args: [upgrade] }), gas: '0x100000' });
    const receipt = await this.l1.waitForTransactionReceipt({ hash, timeout: 30_000 });
    assert.equal(receipt.status, 'success', 'the upgrade is scheduled');
    return this.l1.readContract({ address: this.address('UpgradeTimelock'), abi: TIMELOCK, functionName: 'idOf', args: [upgrade] });
  }

  async stateOf(upgrade: Hex): Promise<number> {
    return this.l1.readContract({ address: this.address('UpgradeTimelock'), abi: TIMELOCK, functionName: 'state', args: [upgrade] });
  }

  /** Which of the signed exits are in the Inbox, by their numbers, in order. @param tag up to which block */
  async inInbox(tag: 'latest' | 'finalized' = 'latest'): Promise<readonly number[]> {
    const logs = await this.l1.getContractEvents({ address: this.address('Inbox'), abi: INBOX, eventName: 'MessageEnqueued', fromBlock: 0n, toBlock: tag });
    return logs.flatMap(({ args }) => {
      const message = decodeMessage(fromHex(args.message ?? '0x'));
      const found = message.ok ? this.exits.indexOf(bytesToHex(message.value.data)) : -1;
      return found < 0 ? [] : [found];
    });
  }

  told(pattern: RegExp): readonly string[] {
    return this.watchtower.received.filter(({ title }) => title.includes('auto-exit')).map(({ text }) => text).filter((text) => pattern.test(text));
  }
}

/** The exit that a transaction of the fee key would force; undefined when it is no call of the Inbox. */
export function forcedBy(world: ExitWorld, raw: Hex): { readonly exit: number; readonly nonce: number } {
  const { data = '0x', nonce = 0, to } = parseTransaction(raw);
  assert.equal(to?.toLowerCase(), world.address('Inbox').toLowerCase(), 'the fee key sends to nobody but the Inbox');
  return { exit: world.exits.findIndex((exit) => data.includes(exit.slice(2))), nonce };
}
