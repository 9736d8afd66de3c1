/**
 * A frozen chain for tests of the exits: an L2 whose state the node's own execution made from the messages of a real L1, pinned there.
 *
 * Owns executing L1's messages and signed transactions into blocks, and EIP-1186 proofs of the result. The freeze itself is scripted: a
 * Lifecycle that says what it is told stands at the Lifecycle's address (its own tests say when a chain freezes). Asserts nothing.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { AbiCoder, Contract, Interface, ZeroAddress, ZeroHash, getBytes, hexlify, keccak256, toBeHex, type TransactionReceipt } from 'ethers';
import { ASSET_KINDS, EXIT_REGISTRY, L2_BRIDGE, MESSAGE_KINDS, MESSAGE_PASSER, assetKey, decodeMessage, mappingSlot, type AssetKind, type Hex } from '@keyfall/protocol';
import { createEngine, parseGenesisAlloc, MemoryStore, type ExecutionEngine, type InboxMessage, type SentTransaction, type StateReader } from '../../node/execute/index.ts';
import { blockInput, execute, CHAIN_ID } from '../node/execute/chain-fixture.ts';
import { compileSupport } from './compile.ts';
import { abiOf, type DeployedSystem } from './deployed.ts';

export const NOBODY = { to: ZeroAddress, delegate: ZeroAddress, accountProof: [], registryAccountProof: [], registryProof: [], deadline: 0n, signature: '0x' };
export const ENTITLEMENTS = { key: 0, keyAccount: 1, alias: 2, recipient: 3, resolver: 4 } as const;

export interface AssetOf { readonly kind: AssetKind; readonly token: Hex; readonly id: bigint }
export const ETH: AssetOf = { kind: 'eth', token: ZeroAddress as Hex, id: 0n };
export const tupleOf = ({ kind, token, id }: AssetOf): [number, string, bigint] => [ASSET_KINDS[kind], token, id];

export class FrozenChain {
  readonly system: DeployedSystem;
  readonly engine: ExecutionEngine;
  readonly hatch: Contract;
  readonly messages: string[] = [];
  #executed = 0;

  private constructor(system: DeployedSystem, engine: ExecutionEngine) {
    this.system = system;
    this.engine = engine;
    this.hatch = system.contract('EscapeHatch');
  }

  static async start(system: DeployedSystem): Promise<FrozenChain> {
    const json = JSON.parse(readFileSync(new URL('../../contracts/generated/genesis.json', import.meta.url), 'utf8')) as unknown;
    const engine = await createEngine({ chainId: CHAIN_ID, store: new MemoryStore(), genesis: { timestamp: 0n, alloc: parseGenesisAlloc(json) }, recoveryWorkers: 0 });
    return new FrozenChain(system, engine);
  }

  /** Remembers the messages of L1 transactions, in order. */
  enqueued(receipt: TransactionReceipt): void {
    const inbox = this.system.contract('Inbox');
    for (const log of receipt.logs) {
      const event = log.address === inbox.target ? inbox.interface.parseLog(log) : null;
      if (event?.name === 'MessageEnqueued') this.messages.push(event.args['message'] as string);
    }
  }

  /** One L2 block: all messages not executed yet, then the transactions; every one of these must succeed. */
  async block(transactions: readonly SentTransaction[] = [], laterSeconds = 1n): Promise<readonly Uint8Array[]> {
    const messages = this.messages.slice(this.#executed).map((raw, position) => toExecuted(raw, BigInt(this.#executed + position)));
    this.#executed = this.messages.length;
    const timestamp = [...messages.map(({ l1Time }) => l1Time), this.engine.head.header.timestamp].reduce((a, b) => (a > b ? a : b)) + laterSeconds;
    const pending = await execute(this.engine, transactions, { ...blockInput(this.engine), messages, timestamp });
    pending.block.transactions.forEach(({ receipt }, position) => assert.equal(receipt.status, 1, `transaction ${position} of the block`));
    await pending.commit();
    return pending.block.transactions.map(({ receipt }) => receipt.contractAddress ?? new Uint8Array());
  }

  get executed(): number { return this.#executed; }

  state(): StateReader {
    const at = this.engine.stateAt(this.engine.head.header.number);
    assert.ok(at.ok);
    return at.state;
  }

  /** Freezes L1 on the head, with the messages executed so far settled. */
  async freeze(): Promise<void> {
    const { stateRoot, timestamp } = this.engine.head.header;
    await scriptFreeze(this.system, hexlify(stateRoot), BigInt(this.#executed), timestamp);
  }

  accountProof(account: string): string[] {
    return this.state().proof(getBytes(account), []).accountProof.map((node) => hexlify(node));
  }

  slotProof(account: string, slot: string): string[] {
    return this.state().proof(getBytes(account), [getBytes(slot)]).storageProof[0]!.proof.map((node) => hexlify(node));
  }

  async tokenOf(asset: AssetOf): Promise<string> {
    return (await this.hatch.getFunction('bridgedTokenOf').staticCall(ASSET_KINDS[asset.kind], asset.token)) as string;
  }

  /** What the hatch calls a Claimant: the account proven, and its declaration if it leaves by one. */
  claimant(owner: string, entitlement: keyof typeof ENTITLEMENTS, more: Partial<Record<keyof typeof NOBODY, unknown>> = {}): Record<string, unknown> {
    const slot = entitlement === 'recipient' ? 0n : 1n;
    const isDeclared = entitlement === 'recipient' || entitlement === 'resolver';
    const declared = isDeclared ? { registryAccountProof: this.accountProof(EXIT_REGISTRY), registryProof: this.slotProof(EXIT_REGISTRY, addressSlot(owner, slot)) } : {};
    return { ...NOBODY, owner, entitlement: ENTITLEMENTS[entitlement], accountProof: this.accountProof(owner), ...declared, ...more };
  }

  async holding(asset: AssetOf, owner: string): Promise<Record<string, unknown>> {
    if (asset.kind === 'eth') return { asset: tupleOf(asset), isUncredited: false, accountProof: [], storageProof: [] };
    const token = await this.tokenOf(asset);
    return { asset: tupleOf(asset), isUncredited: false, accountProof: this.accountProof(token), storageProof: this.slotProof(token, holdingSlot(asset, owner)) };
  }

  async fix(asset: AssetOf): Promise<TransactionReceipt> {
    const burned = asset.kind === 'eth' ? [] : this.slotProof(MESSAGE_PASSER, mappingSlot(assetKey(asset.kind, asset.token, asset.id), 1n));
    return await this.system.send(this.hatch, 'fixRatio', [tupleOf(asset), this.accountProof(MESSAGE_PASSER), burned]);
  }
}

/** Puts a Lifecycle that says what it is told at the Lifecycle's address, and freezes there. */
export async function scriptFreeze(system: DeployedSystem, stateRoot: string, settledIndex: bigint, timestamp: bigint): Promise<void> {
  const at = system.deployment.contracts['Lifecycle'] ?? '';
  const { abi, runtime } = compileSupport('ScriptedLifecycle')['ScriptedLifecycle']!;
  for (let slot = 0; slot < 8; slot += 1) await system.anvil.rpc('anvil_setStorageAt', at, toBeHex(slot, 32), ZeroHash);
  await system.anvil.rpc('anvil_setCode', at, runtime);
  await system.send(new Contract(at, abi, system.user), 'freeze', [stateRoot, settledIndex, timestamp]);
}

export function addressSlot(account: string, slot: bigint): Hex {
  return mappingSlot(toBeHex(account, 32) as Hex, slot);
}

/** Where L2 keeps an owner's holding, by SPEC section 11. */
export function holdingSlot(asset: AssetOf, owner: string): Hex {
  if (asset.kind === 'erc20') return addressSlot(owner, 0n);
  const byId = mappingSlot(toBeHex(asset.id, 32) as Hex, asset.kind === 'erc721' ? 2n : 0n);
  return asset.kind === 'erc721' ? byId : keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'bytes32'], [owner, byId])) as Hex;
}

export const l2 = { registry: new Interface(abiOf('ExitRegistry')), bridge: new Interface(abiOf('L2Bridge')), passer: new Interface(abiOf('MessagePasser')), erc20: new Interface(abiOf('BridgedERC20')) };
export const PREDEPLOYS = { MESSAGE_PASSER, L2_BRIDGE, EXIT_REGISTRY };

function toExecuted(raw: string, index: bigint): InboxMessage {
  const decoded = decodeMessage(getBytes(raw));
  assert.ok(decoded.ok);
  const { kind, sender, to, mintWei, valueWei, gas, surcharge, l1Time, data } = decoded.value;
  return { index, kind: MESSAGE_KINDS[kind], sender: getBytes(sender), to: getBytes(to), mint: mintWei, value: valueWei, gas, surcharge, l1Time, data };
}
