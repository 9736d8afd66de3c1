// What the watchtower remembers: the rows of its store, each table's in one shape. Owns the shapes alone: no row is read or written here
// (store.ts), nor decided (engine.ts, incidents.ts, alerts/).

import type { Hex } from 'viem';
import type { Severity, Status } from './verdict.ts';

export interface StoredBlock {
  readonly number: number;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly timestamp: number;
}

export interface StoredVerdict {
  readonly monitor: string;
  readonly subject: string;
  readonly status: Status;
  readonly sentence: string;
  readonly expected: string;
  readonly got: string;
  readonly blockNumber: number;
  readonly blockHash: Hex;
  /** L1 time of the block at which this status began, seconds. */
  readonly since: number;
  /** L1 time of the last `ok`; undefined if there was none. */
  readonly lastOk: number | undefined;
  readonly hash: Hex;
  /** The number that it rests on, in seconds. */
  readonly measure?: number;
}

export type IncidentState = 'provisional' | 'firing' | 'resolved' | 'retracted';

export interface Incident {
  readonly id: Hex;
  readonly monitor: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly sentence: string;
  readonly expected: string;
  readonly got: string;
  readonly state: IncidentState;
  readonly blockNumber: number;
  readonly blockHash: Hex;
  readonly transaction: Hex | undefined;
  /** Wall time at which it was found, milliseconds. */
  readonly foundAt: number;
  /** What tells this finding from another about the same subject. */
  readonly finding?: string;
  readonly acknowledged?: Acknowledgement;
}

/** That a person has seen an alarm: who, and when by the watchtower's clock. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: string;
  readonly note: string;
}

export interface OutboxRow {
  readonly seq: number;
  readonly channel: string;
  readonly incident: Hex;
  readonly state: IncidentState | 'canary' | 'acknowledged';
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  /** It was acknowledged, and that does not hold any more: whoever keeps alarms by incident must open it again. */
  readonly isReopened?: true;
  readonly createdAt: number;
  readonly attempts: number;
  readonly nextAt: number;
  /** How long before `nextAt` the row was written: a clock that was set back must not hold an alarm up. */
  readonly pauseMilliseconds: number;
  readonly lastError: string | undefined;
}

export interface LogRow {
  readonly seq: number;
  readonly prev: Hex;
  readonly hash: Hex;
  readonly entry: Readonly<Record<string, unknown>>;
}

export interface CursorState {
  /** Highest block processed. */
  readonly tip: number;
  /** Highest block known to be final. */
  readonly finalized: number;
  /** First block ever processed. */
  readonly first: number;
  /** Blocks that could not be read and were passed, on the operator's word. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
}
