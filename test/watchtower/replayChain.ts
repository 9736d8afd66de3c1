/**
 * Random L2 blocks, run by the node's engine and by the watchtower's machine. Owns making blocks that reach the corners: creations, reverts, selfdestruct,
 * delegations, precompiles, aborted surcharges, dropped messages. Asserts that both give one hash, and that both refuse the same transactions.
 */
import assert from 'node:assert/strict';
import type { TransactionLike, Wallet } from 'ethers';
import { DROP_REASONS, toHex, type Drop, type InboxMessage } from '@keyfall/protocol';
import type { ExecutionEngine, InboxMessage as EngineMessage, SentTransaction } from '../../node/execute/index.ts';
import { genesisHead, InvalidBlock, runBlock, type BlockHead } from '../../watchtower/replay/blockRun.ts';
import { createMachine, writeGenesis, type Allocation, type Machine } from '../../watchtower/replay/machine.ts';
import { TrieStore } from '../../watchtower/replay/trieStore.ts';
import { addressOf, assemble, callTo, CHAIN_ID, contractAddress, ETHER, FEES, FEE_VAULT_ADDRESS, HISTORY_ADDRESS, HISTORY_CODE, keccakOf, ListSource, newChain, sign, wallets } from '../node/execute/chain-fixture.ts';

/** Numerical Recipes' generator: the seed replays the story. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

const SIZES = [0, 1, 32, 96, 128, 160, 192, 213, 256, 384];
const RETURN_RUNTIME = (runtime: Uint8Array): Uint8Array => assemble(0x60, runtime.length.toString(16).padStart(2, '0'), 0x60, '0b', 0x5f, 0x39, 0x60, runtime.length.toString(16).padStart(2, '0'), 0x5f, 0xf3, runtime);

function fragment(random: Random): Uint8Array {
  const slot = Uint8Array.of(random.below(4));
  const target = random.one([contractAddress(random.below(8)), addressOf(random.one(wallets)), HISTORY_ADDRESS, FEE_VAULT_ADDRESS]);
  switch (random.below(14)) {
    case 0: return assemble(0x60, Uint8Array.of(random.below(3)), 0x60, slot, 0x55);
    case 1: return assemble(0x60, slot, 0x54, 0x50);
    case 2: return keccakOf(random.below(400));
    case 3: return callTo(target);
    case 4: return assemble(0x5f, 0x5f, 0x5f, 0x5f, 0x73, target, 0x5a, random.one([0xf4, 0xfa]), 0x50);
    case 5: return assemble(0x5f, 0x5f, 0x61, random.one(SIZES).toString(16).padStart(4, '0'), 0x5f, 0x60, Uint8Array.of(1 + random.below(0x11)), 0x61, '4fff', 0xfa, 0x50);
    case 6: return assemble(0x73, target, random.one([0x31, 0x3b, 0x3f]), 0x50);
    case 7: return assemble(0x60, slot, 0x5f, 0x5f, random.one([0xa0, 0xa1]));
    case 8: return assemble(0x60, Uint8Array.of(1 + random.below(3)), 0x43, 0x03, 0x40, 0x60, slot, 0x55);
    case 9: return assemble(0x60, '01', 0x60, slot, 0x5d, 0x60, slot, 0x5c, 0x50);
    case 10: return assemble(random.one([0x48, 0x3a, 0x41, 0x44, 0x42, 0x45, 0x46, 0x47, 0x4a, 0x32, 0x34]), 0x60, slot, 0x55);
    case 11: return assemble(0x60, '01', 0x5f, 0x5f, 0x5f, 0x5f, 0x73, target, 0x5a, 0xf1, 0x50);
    case 12: return assemble(0x5f, 0x5f, 0x5f, 0xf0, 0x50);
    default: return assemble(0x73, addressOf(random.one(wallets)), 0xff);
  }
}

const codeOf = (random: Random): Uint8Array => assemble(...Array.from({ length: 1 + random.below(6) }, () => fragment(random)), ...(random.below(6) === 0 ? [0x5f, 0x5f, 0xfd] : []));

/** Both executors over one genesis. */
export class Twins {
  readonly engine: ExecutionEngine;
  readonly machine: Machine;
  readonly #random: Random;
  #head: BlockHead;
  readonly #hashes = new Map<bigint, Uint8Array>();
  #messageIndex = 0n;

  private constructor(engine: ExecutionEngine, machine: Machine, head: BlockHead, random: Random) {
    this.engine = engine;
    this.machine = machine;
    this.#head = head;
    this.#random = random;
    this.#hashes.set(0n, engine.head.hash);
    machine.blockHash = (number) => this.#hashes.get(number) ?? new Uint8Array(32);
  }

  static async start(seed: number): Promise<Twins> {
    const random = new Random(seed);
    const codes = Array.from({ length: 8 }, (_, tag) => ({ address: contractAddress(tag), account: { nonce: 1n, balance: 5n, code: codeOf(random) } }));
    const engine = await newChain({ alloc: codes });
    const machine = await createMachine(CHAIN_ID, new TrieStore(() => undefined));
    const allocation: Allocation = Object.fromEntries([
      [toHex(HISTORY_ADDRESS), { nonce: '1', code: toHex(HISTORY_CODE) }], [toHex(FEE_VAULT_ADDRESS), { nonce: '1', code: '0x00' }],
      ...wallets.map((wallet) => [wallet.address, { balance: String(1000n * ETHER) }] as const), ...codes.map(({ address, account }) => [toHex(address), { nonce: '1', balance: '5', code: toHex(account.code) }] as const),
    ]);
    const head = genesisHead(await writeGenesis(machine, allocation));
    assert.equal(head.hash, toHex(engine.head.hash), 'one genesis');
    return new Twins(engine, machine, head, random);
  }

  /** The two after another block. @param given its messages; of random content without */
  async block(given?: readonly Omit<EngineMessage, 'index'>[]): Promise<readonly Drop[]> {
    const random = this.#random;
    const timestamp = this.#head.timestamp + 1n + BigInt(random.below(3));
    const messages: EngineMessage[] = [];
    for (const message of given ?? []) messages.push({ ...message, index: this.#messageIndex++ });
    for (let count = given === undefined ? random.below(3) : 0; count > 0; count -= 1) messages.push(await this.#message(timestamp));
    const source = new ListSource(await this.#candidates());
    const fees = { ...FEES, surchargeScalar: random.one([0n, 1_000_000n, 400_000_000n]) };
    const pending = await this.engine.buildBlock({ parentHash: this.engine.head.hash, timestamp, messages, fees }, source);
    assert.ok(pending.ok, 'the node builds it');
    const { block } = pending.pending;
    const included = block.transactions.map(({ transaction }) => transaction).filter((transaction): transaction is SentTransaction => transaction.type !== 0x7e).map(({ raw }) => raw);
    const signed = new Set(messages.filter(({ kind }) => kind === 3).map(({ data }) => toHex(data)));
    const input = {
      timestamp, messages: messages.map((message) => ({ index: message.index, message: protocolMessage(message) })), originBaseFeeWei: fees.originBaseFeeWei, fees,
      transactions: included.filter((raw) => !signed.has(toHex(raw))),
    };
    await this.#refusals(source, input);
    const outcome = await runBlock(this.machine, this.#head, input);
    assert.equal(outcome.head.stateRoot, toHex(block.header.stateRoot), `state of block ${block.header.number}`);
    assert.equal(outcome.head.hash, toHex(block.hash), `block ${block.header.number}`);
    assert.equal(outcome.zkGasUsed, block.zkGasUsed);
    assert.deepEqual(outcome.drops.map(({ index, reason }) => [index, DROP_REASONS[reason]]), block.dropped.map(({ messageIndex, reason }) => [messageIndex, reason]));
    await pending.pending.commit();
    this.#hashes.set(block.header.number, block.hash);
    this.#head = outcome.head;
    return outcome.drops;
  }

  /** What the node refuses on the parent's state, the machine refuses too. */
  async #refusals(source: ListSource, input: Parameters<typeof runBlock>[2]): Promise<void> {
    const refused = source.outcomes.find((outcome) => !outcome.included);
    if (refused === undefined || this.#lastRefused === undefined) return;
    await assert.rejects(runBlock(this.machine, this.#head, { ...input, transactions: [this.#lastRefused] }), InvalidBlock);
    await this.machine.state.setStateRoot(Buffer.from(this.#head.stateRoot.slice(2), 'hex'));
  }

  #lastRefused: Uint8Array | undefined;

  async #candidates(): Promise<SentTransaction[]> {
    const random = this.#random;
    this.#lastRefused = undefined;
    const nonces = new Map<string, number>();
    const transactions: SentTransaction[] = [];
    for (let count = random.below(5); count > 0; count -= 1) {
      const wallet = random.one(wallets.slice(0, 6));
      const nonce = nonces.get(wallet.address) ?? Number(await this.#nonce(wallet));
      nonces.set(wallet.address, nonce + 1);
      transactions.push(await sign(wallet, { nonce, ...await this.#fields(wallet, nonce) }));
    }
    if (random.below(3) === 0) {
      const wallet = wallets[6] as Wallet;
      const nonce = Number(await this.#nonce(wallet));
      const bad = await sign(wallet, { to: wallet.address, ...random.one<Partial<TransactionLike>>([{ nonce: nonce + 1 }, { nonce, value: 10n ** 30n }, { nonce, gasLimit: 20_999n }, { nonce, maxFeePerGas: 1n }, { nonce, gasLimit: 10_000_001n }]), } as never);
      this.#lastRefused = bad.raw;
      transactions.unshift(bad);
    }
    return transactions;
  }

  /** As both have it at the head: their state roots are one. */
  account(address: Uint8Array): { readonly nonce: bigint } | undefined {
    const at = this.engine.stateAt(this.engine.head.header.number);
    assert.ok(at.ok);
    return at.state.account(address);
  }

  async #nonce(wallet: Wallet): Promise<bigint> {
    return this.account(addressOf(wallet))?.nonce ?? 0n;
  }

  async #fields(wallet: Wallet, nonce: number): Promise<Partial<TransactionLike>> {
    const random = this.#random;
    const to = toHex(random.one([contractAddress(random.below(8)), addressOf(random.one(wallets))]));
    const accessList = random.below(2) === 0 ? [] : [{ address: to, storageKeys: [`0x${'00'.repeat(31)}0${random.below(4)}`] }];
    const gasLimit = BigInt(random.one([60_000, 300_000, 1_000_000]));
    switch (random.below(5)) {
      case 0: return { type: 0, to, gasLimit, gasPrice: 10n ** 10n, maxFeePerGas: null, maxPriorityFeePerGas: null, value: BigInt(random.below(9)) };
      case 1: return { type: 1, to, gasLimit, gasPrice: 10n ** 10n, maxFeePerGas: null, maxPriorityFeePerGas: null, accessList };
      case 2: return { gasLimit, data: toHex(random.below(4) === 0 ? codeOf(random) : RETURN_RUNTIME(codeOf(random))), value: BigInt(random.below(3)) };
      case 3: {
        const other = random.one(wallets.slice(0, 6));
        const isSelf = other.address === wallet.address;
        const authorization = await other.authorize({ address: toHex(contractAddress(random.below(8))), chainId: random.one([0n, CHAIN_ID, 1n]), nonce: isSelf ? BigInt(nonce + 1) : await this.#nonce(other) });
        return { type: 4, to, gasLimit, authorizationList: [authorization] } as Partial<TransactionLike>;
      }
      default: return { to, gasLimit, maxPriorityFeePerGas: BigInt(random.below(2)) * 10n ** 9n, accessList, value: BigInt(random.below(5)) };
    }
  }

  async #message(timestamp: bigint): Promise<EngineMessage> {
    const random = this.#random;
    const index = this.#messageIndex++;
    const base = { index, l1Time: timestamp - 1n, gas: BigInt(random.one([50_000, 400_000, 1_500_000])), surcharge: BigInt(random.one([0, 300, 20_000, 1_000_000])) };
    const sender = random.one([addressOf(random.one(wallets)), contractAddress(200 + random.below(3))]);
    switch (random.below(3)) {
      case 0: return { ...base, kind: 1, sender, to: contractAddress(random.below(8)), mint: BigInt(random.below(9)), value: BigInt(random.below(12)), data: new Uint8Array(random.below(40)) };
      case 1: return { ...base, kind: 2, sender, to: new Uint8Array(20), mint: 3n, value: BigInt(random.below(3)), data: RETURN_RUNTIME(codeOf(random)) };
      default: {
        const wallet = wallets[7] as Wallet;
        const nonce = Number(await this.#nonce(wallet)) + random.one([0, 0, 0, 1, -1]);
        const raw = nonce < 0 ? new Uint8Array(random.below(5)) : (await sign(wallet, { nonce, to: toHex(contractAddress(random.below(8))), gasLimit: random.one([30_000n, 300_000n]), value: random.one([0n, 0n, 10n ** 40n]), chainId: random.one([CHAIN_ID, CHAIN_ID, 1n]) })).raw;
        return { ...base, kind: 3, sender, to: new Uint8Array(20), mint: 0n, value: 0n, data: mutated(random, raw) };
      }
    }
  }
}

/** Now and then cut, extended, or with one byte changed: each way must be dropped for the same reason by both. */
function mutated(random: Random, raw: Uint8Array): Uint8Array {
  switch (random.below(6)) {
    case 0: return raw.slice(0, -1);
    case 1: return Uint8Array.from([...raw, 0]);
    case 2: case 3: {
      const changed = Uint8Array.from(raw);
      if (changed.length > 0) changed[random.below(changed.length)] = random.below(256);
      return changed;
    }
    default: return raw;
  }
}

function protocolMessage({ kind, sender, to, mint, value, gas, surcharge, l1Time, data }: EngineMessage): InboxMessage {
  return { kind: (['call', 'create', 'signed'] as const)[kind - 1] ?? 'call', sender: toHex(sender), to: toHex(to), mintWei: mint, valueWei: value, gas, surcharge, l1Time, data };
}
