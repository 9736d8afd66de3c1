// What a monitor is and what it may see. Owns the two interfaces. A monitor checks one property and lives in one file of monitors/; it never
// alerts, stores or retries.
// Invariant: a monitor sees one finalized block (or one event) and gives verdicts about it: same block, same verdicts.

import type { Hex } from 'viem';
import type { AssetKind } from '@keyfall/protocol';
import type { Config } from './config.ts';
import type { Contracts, DecodedEvent } from './contracts.ts';
import type { L1Header } from './l1/header.ts';
import type { OperatorAnswer } from './l1/quorum.ts';
import type { BatchResult, Finding, ReplayState } from './replay/records.ts';
import type { CursorState, StoredVerdict } from './rows.ts';
import type { Severity, Verdict } from './verdict.ts';

/** Group letters of the design: data, upgrades, simulation, proofs, chain, people, time, itself. */
export type Group = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H';

export interface ProvenAccount {
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly codeHash: Hex;
  readonly storage: ReadonlyMap<Hex, bigint>;
}

/** The finalized state that a monitor judges. Reads throw Unverifiable when too few operators agree. */
export interface View {
  readonly header: L1Header;
  readonly answers: readonly OperatorAnswer[];
  readonly cursor: CursorState;
  readonly config: Config;
  readonly contracts: Contracts;
  /** A view function at this block, agreed by quorum. */
  readonly read: <T>(contract: string, functionName: string, args?: readonly unknown[]) => Promise<T>;
  /** The same of a contract that is not part of the deployment, with the ABI of one of ours; asked by `from` if it may matter who asks. */
  readonly readAt: <T>(address: Hex, abiOf: string, functionName: string, args?: readonly unknown[], from?: Hex) => Promise<T>;
  /** Code whose hash is proven; '0x' for none. */
  readonly code: (address: Hex) => Promise<Hex>;
  /** An account and storage words, proven against this block's state root. */
  readonly prove: (address: Hex, slots?: readonly Hex[]) => Promise<ProvenAccount>;
  /** Finalized events of one kind, oldest first. */
  readonly events: (contract: string, name: string) => readonly StoredEvent[];
  /** Those of one kind from a block on, and how many there are: for what grows without end. */
  readonly eventsFrom: (contract: string, name: string, block: number) => readonly StoredEvent[];
  readonly eventCount: (contract: string, name: string) => number;
  readonly lastEvent: (contract: string, name: string) => StoredEvent | undefined;
  /** What a monitor keeps between blocks to save work; never what it decides. */
  readonly memory: Map<string, unknown>;
  /** A block's JSON whose header hashes to what the quorum agreed; its transactions are what one endpoint says. */
  readonly block: (number: bigint) => Promise<Readonly<Record<string, unknown>>>;
  /** Whether upgrades are tried out on forks. */
  readonly isSimulating: boolean;
  /** What re-execution came to so far; undefined when it is switched off or has not begun. */
  readonly reexecuted: () => Reexecuted | undefined;
  /** The last verdict of every check, this block's of those that ran before. */
  readonly verdicts: () => readonly StoredVerdict[];
  /** A hash of a block of the L2 node of your own; undefined when none is configured. */
  readonly l2BlockHash: ((number: bigint) => Promise<Hex | undefined>) | undefined;
}

export interface Reexecuted {
  readonly state: ReplayState;
  readonly findings: readonly Finding[];
  /** Why it cannot go on at the moment. */
  readonly fault: string | undefined;
  readonly resultOf: (batch: number) => BatchResult | undefined;
  /** What was burned on L2 for withdrawals of an asset, in the state executed last; ETH by the key of ETH. */
  readonly burnedOf: (asset: { readonly kind: AssetKind; readonly token: Hex; readonly id: bigint }) => Promise<bigint>;
}

/** A finalized event as it was kept: integers as decimal strings. */
export interface StoredEvent {
  readonly blockNumber: number;
  readonly timestamp: number;
  readonly transactionHash: Hex;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What every check says of itself, whether it judges L1 or the watchtower. */
export interface Check {
  readonly id: string;
  readonly group: Group;
  /** The property, in one sentence. */
  readonly about: string;
  readonly severity: Severity;
  /** Contracts without which there is nothing to check: then the verdict is `unverifiable`, with the reason. */
  readonly needs: readonly string[];
  /** L1 seconds without an `ok` after which that is itself alarmed. */
  readonly staleAfterSeconds: number;
}

export interface Monitor extends Check {
  /** Judges the finalized state. */
  readonly evaluate?: (view: View) => Promise<readonly Verdict[]>;
  /** Events that are alarmed when they happen, also before they are final. */
  readonly notices?: readonly Notice[];
}

export interface Notice {
  readonly contract: string;
  readonly event: string;
  readonly severity: Severity;
  readonly sentence: (event: DecodedEvent) => string;
  readonly subject?: (event: DecodedEvent) => string;
  /** Whether the event is the deployment's own first setting, which replaces nothing: then it is no alarm. */
  readonly isFirst?: (event: DecodedEvent, at: { readonly blockNumber: number; readonly deployBlock: number }) => boolean;
}
