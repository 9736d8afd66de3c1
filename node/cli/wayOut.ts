// The contracts of the way out on L1, found from the Rollup's address alone, and the state they are in at one L1 block.
// Owns the reading. Does not own what follows from it (lifecycleStatus.ts) nor any sending.
// Invariants: one snapshot is of one L1 block; times are T unless a name says wall; what cannot be read throws, nothing is filled in.

import { Contract, ZeroAddress, getAddress, isError } from 'ethers';
import type { JsonRpcProvider } from 'ethers';
import { CommandFailure } from './failure.ts';
import { contractAbi } from './rollup.ts';

export const PHASES = ['none', 'operating', 'enforced', 'frozen'] as const;
export type PhaseName = (typeof PHASES)[number];
export const FREEZE_CAUSES = ['no-finality', 'skipped', 'dispute', 'no-lane'] as const;

export interface Episode {
  readonly number: bigint;
  readonly enteredT: bigint;
  readonly skipWidth: bigint;
  readonly firstSkipT: bigint;
  readonly lastSkipT: bigint;
  readonly announcedT: bigint;
  readonly returnRequestedT: bigint;
  readonly returnTarget: bigint;
}

/** Everything the lifecycle depends on, at one L1 block. */
export interface Snapshot {
  readonly l1Block: number;
  /** Timestamp of that block, seconds. */
  readonly wall: bigint;
  readonly baseFeeWei: bigint;
  readonly t: bigint;
  readonly timeScale: bigint;
  readonly isFinalityBlocked: boolean;
  readonly phase: PhaseName;
  readonly episode: Episode;
  readonly inboxCount: bigint;
  readonly settledIndex: bigint;
  /** T of the oldest message that is not settled; undefined = all are. */
  readonly oldestMessageT: bigint | undefined;
  readonly committed: bigint;
  readonly finalized: bigint;
  /** T of the commit of the oldest batch that is not final. */
  readonly oldestBatchT: bigint | undefined;
  readonly nextInboxIndex: bigint;
  readonly lastProofT: bigint;
  readonly lastFinalT: bigint;
  readonly canFinalize: boolean;
  readonly openDispute: bigint;
  /** Causes for which freezing is open now. */
  readonly freezable: readonly (typeof FREEZE_CAUSES)[number][];
  readonly pinned: { readonly batch: bigint; readonly root: string; readonly settledIndex: bigint; readonly timestamp: bigint; readonly atT: bigint } | undefined;
}

async function addressOf(contract: Contract, getter: string): Promise<string> {
  try {
    return (await contract.getFunction(getter).staticCall()) as string;
  } catch (cause) {
    if (!isError(cause, 'BAD_DATA') && !isError(cause, 'CALL_EXCEPTION')) throw cause;
    throw new CommandFailure('failed', `the contract at ${await contract.getAddress()} does not answer ${getter}(): it is no contract of this rollup`, { cause });
  }
}

export class WayOut {
  readonly l1: JsonRpcProvider;
  readonly rollup: Contract;
  readonly inbox: Contract;
  readonly clock: Contract;
  readonly lifecycle: Contract;
  readonly lanes: Contract;
  readonly seat: Contract;
  readonly vault: Contract;
  readonly hatch: Contract;

  private constructor(l1: JsonRpcProvider, contracts: Readonly<Record<'Rollup' | 'Inbox' | 'Clock' | 'Lifecycle' | 'Lanes' | 'OperatorSeat' | 'Vault' | 'EscapeHatch', Contract>>) {
    this.l1 = l1;
    this.rollup = contracts.Rollup;
    this.inbox = contracts.Inbox;
    this.clock = contracts.Clock;
    this.lifecycle = contracts.Lifecycle;
    this.lanes = contracts.Lanes;
    this.seat = contracts.OperatorSeat;
    this.vault = contracts.Vault;
    this.hatch = contracts.EscapeHatch;
  }

  /** @throws CommandFailure (failed) when a contract of the way out is not there */
  static async find(l1: JsonRpcProvider, rollupAddress: string): Promise<WayOut> {
    if ((await l1.getCode(rollupAddress)) === '0x') throw new CommandFailure('failed', `L1 chain ${l1._network.chainId} has no contract at the Rollup address ${rollupAddress}: is it another network?`);
    const at = (name: string, address: string): Contract => new Contract(getAddress(address), contractAbi(name), l1);
    const named = async (contract: Contract, getter: string, name: string): Promise<Contract> => {
      const address = await addressOf(contract, getter);
      if (address === ZeroAddress || (await l1.getCode(address)) === '0x') throw new CommandFailure('failed', `this deployment has no ${name} (${getter} names ${address})`);
      return at(name, address);
    };
    const rollup = at('Rollup', rollupAddress);
    const inbox = await named(rollup, 'INBOX', 'Inbox');
    const lifecycle = await named(rollup, 'LIFECYCLE', 'Lifecycle');
    const vault = await named(inbox, 'VAULT', 'Vault');
    return new WayOut(l1, {
      Rollup: rollup, Inbox: inbox, Lifecycle: lifecycle, Vault: vault, Clock: await named(rollup, 'CLOCK', 'Clock'), Lanes: await named(lifecycle, 'LANES', 'Lanes'),
      OperatorSeat: await named(lifecycle, 'SEAT', 'OperatorSeat'), EscapeHatch: await named(vault, 'ESCAPE_HATCH', 'EscapeHatch'),
    });
  }

  /** The state at L1's latest block. */
  async snapshot(): Promise<Snapshot> {
    const block = await this.l1.getBlock('latest');
    if (block === null) throw new CommandFailure('unreachable', 'the L1 endpoint has no latest block');
    const blockTag = block.number;
    const read = async <T>(contract: Contract, name: string, ...args: readonly unknown[]): Promise<T> => (await contract.getFunction(name).staticCall(...args, { blockTag })) as T;
    const [inboxCount, settledIndex, committed, finalized] = await Promise.all([
      read<bigint>(this.inbox, 'count'), read<bigint>(this.rollup, 'settledIndex'), read<bigint>(this.rollup, 'committedCount'), read<bigint>(this.rollup, 'finalizedCount'),
    ]);
    const phase = PHASES[Number(await read<bigint>(this.lifecycle, 'phase'))] ?? 'none';
    const messageT = async (index: bigint): Promise<bigint> => read<bigint>(this.clock, 'timeAt', (await read<{ time: bigint }>(this.inbox, 'prefix', index + 1n)).time);
    const openDispute = await read<bigint>(this.lanes, 'latestOpenDispute');
    const causes = await Promise.all(FREEZE_CAUSES.map(async (cause, code) => {
      if (cause === 'dispute' && openDispute === 0n) return undefined;
      return (await read<boolean>(this.lifecycle, 'isFreezable', code, cause === 'dispute' ? openDispute : 0n)) ? cause : undefined;
    }));
    return {
      l1Block: block.number, wall: BigInt(block.timestamp), baseFeeWei: block.baseFeePerGas ?? 0n,
      t: await read(this.clock, 'current'), timeScale: await read(this.clock, 'TIME_SCALE'), isFinalityBlocked: await read(this.clock, 'isBlocked'),
      phase, episode: await read(this.lifecycle, 'episode'), inboxCount, settledIndex,
      oldestMessageT: settledIndex < inboxCount ? await messageT(settledIndex) : undefined, committed, finalized,
      oldestBatchT: finalized < committed ? await read(this.clock, 'timeAt', (await read<{ commitTime: bigint }>(this.rollup, 'batch', finalized + 1n)).commitTime) : undefined,
      nextInboxIndex: await read(this.rollup, 'nextInboxIndex'), lastProofT: await read(this.rollup, 'lastProofT'), lastFinalT: await read(this.rollup, 'lastFinalT'),
      canFinalize: await read(this.rollup, 'canFinalize'), openDispute, freezable: causes.flatMap((cause) => cause ?? []),
      pinned: phase !== 'frozen' ? undefined : {
        batch: await read(this.lifecycle, 'pinnedBatch'), root: await read(this.lifecycle, 'pinnedRoot'), settledIndex: await read(this.lifecycle, 'pinnedSettledIndex'),
        timestamp: await read(this.lifecycle, 'pinnedTimestamp'), atT: await read(this.lifecycle, 'frozenAtT'),
      },
    };
  }

  /**
   * The first committed batch without a proof that counts, as the Rollup itself judges it: whether it could be dropped, or only not yet.
   * 0 if every one has a proof.
   */
  async firstUnproven({ finalized, committed }: Pick<Snapshot, 'finalized' | 'committed'>): Promise<bigint> {
    for (let index = finalized + 1n; index <= committed; index += 1n) {
      try {
        await this.rollup.getFunction('drop').staticCall(index);
        return index;
      } catch (error) {
        const refusal = isError(error, 'CALL_EXCEPTION') && error.data !== null ? this.rollup.interface.parseError(error.data) : null;
        if (refusal?.name !== 'NotDroppable') throw error;
        if (refusal.args['isProven'] !== true) return index;
      }
    }
    return 0n;
  }
}
