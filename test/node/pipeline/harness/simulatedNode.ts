// A node without clock, network or threads: the real core, engine, store and mempool, driven event by event.
//
// Owns: putting them together over a simulated disk. Invariant: nothing happens but what the test asks for.

import pino from 'pino';
import { GENESIS_FEE_CONFIG } from '@keyfall/protocol';
import { createEngine, type ExecutionEngine, type GenesisInput } from '../../../../node/execute/index.ts';
import type { Notice, Submission } from '../../../../node/chainView.ts';
import { L1Clock } from '../../../../node/clock.ts';
import { PROTOCOL_CAPS } from '../../../../node/config.ts';
import { Driver } from '../../../../node/pipeline/driver.ts';
import type { CoreEvent } from '../../../../node/pipeline/event.ts';
import { coreReads } from '../../../../node/pipeline/reads.ts';
import { startState, type ChainCaps, type CoreState, type SequencingConfig } from '../../../../node/pipeline/state.ts';
import { Mempool } from '../../../../node/sequence/mempool.ts';
import { DEFAULT_POOL_LIMITS } from '../../../../node/sequence/pool.ts';
import { ChainStore } from '../../../../node/store/chainStore.ts';
import { initialWrites } from '../../../../node/store/initial.ts';
import { START } from '../../derive/harness/l1World.ts';
import { addressOf, CHAIN_ID, ETHER, FEE_VAULT_ADDRESS, HISTORY_ADDRESS, HISTORY_CODE, wallets } from '../../execute/chain-fixture.ts';
import type { SimulatedDisk } from './disk.ts';

export const SEQUENCING: SequencingConfig = {
  heartbeatSeconds: 600n, batchAgeSeconds: 30n, confirmations: 0n, maxLeadSeconds: 600n, forcedInclusionSeconds: 86_400n, maxTimestampLagSeconds: 259_200n,
};

const GENESIS: GenesisInput = {
  timestamp: 0n,
  alloc: [
    { address: HISTORY_ADDRESS, account: { nonce: 1n, code: HISTORY_CODE } },
    { address: FEE_VAULT_ADDRESS, account: { nonce: 1n, code: Uint8Array.of(0) } },
    ...wallets.map((wallet) => ({ address: addressOf(wallet), account: { balance: 1000n * ETHER } })),
  ],
};

export class SimulatedNode {
  readonly disk: SimulatedDisk;
  readonly store: ChainStore;
  readonly engine: ExecutionEngine;
  readonly driver: Driver;
  readonly mempool: Mempool | undefined;
  readonly notices: Notice[] = [];

  private constructor(disk: SimulatedDisk, store: ChainStore, engine: ExecutionEngine, driver: Driver, mempool: Mempool | undefined) {
    this.disk = disk;
    this.store = store;
    this.engine = engine;
    this.driver = driver;
    this.mempool = mempool;
    driver.subscribe((notice) => { this.notices.push(notice); });
  }

  static async start(disk: SimulatedDisk, sequencing: SequencingConfig | undefined, caps: ChainCaps = PROTOCOL_CAPS): Promise<SimulatedNode> {
    const store = new ChainStore(disk);
    const engine = await createEngine({ chainId: CHAIN_ID, store: disk, genesis: GENESIS, recoveryWorkers: 0 });
    if (store.head() === undefined) await disk.write(initialWrites(engine.head, START));
    const head = store.head()!;
    const core = startState({ sequencing, caps, genesisFeeScalars: GENESIS_FEE_CONFIG }, head, store.block(head.unsafe.number)!);
    const fees = () => ({ originBaseFeeWei: driver.state.head.l1.baseFeeWei, ...GENESIS_FEE_CONFIG });
    const mempool = sequencing === undefined ? undefined : new Mempool({
      engine, kv: disk, limits: DEFAULT_POOL_LIMITS, blockGasLimit: caps.blockZkGas, maxTransactionBytes: 100_000, fees, onPending: () => undefined, onFault: () => undefined,
    });
    const source = { next: () => new Promise<never>(() => undefined) };
    const driver: Driver = new Driver({
      store, reads: coreReads(store), engine, mempool, source, clock: new L1Clock(0n, () => 0), logger: pino({ level: 'silent' }), l1Target: () => undefined, tickMilliseconds: 1,
    }, core);
    const node = new SimulatedNode(disk, store, engine, driver, mempool);
    await mempool?.reload();
    await driver.take({ kind: 'resume' });
    return node;
  }

  get state(): CoreState {
    return this.driver.state;
  }
  async take(event: CoreEvent): Promise<void> {
    await this.driver.take(event);
  }
  async submit(raw: Uint8Array): Promise<Submission> {
    return this.mempool!.submit(raw);
  }
  /** One look of the sequencer at L1 time `seconds`. */
  async tick(seconds: bigint): Promise<void> {
    await this.take({ kind: 'tick', l1Seconds: seconds, pending: this.mempool!.pendingCount, l1Target: this.state.head.l1.number });
  }
}
