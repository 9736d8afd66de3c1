// Prometheus metrics of the RPC server and of the chain it shows.
//
// Owns: names, labels and how they are read. Does not own: the registry (given), the endpoint (transport/http.ts).
// Invariant: label values come from fixed sets (the table of methods, three outcomes), never from a client.

import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ChainView } from '../chainView.ts';

const OUTCOMES = ['ok', 'refused', 'fault'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** What the server itself counts, read when scraped. */
export interface ServerGauges {
  inProgress: () => number; heavyRunning: () => number; heavyWaiting: () => number;
  webSockets: () => number; filters: () => number; subscriptions: () => number;
}

export class RpcMetrics {
  readonly refused: Counter;
  readonly unknownMethod: Counter;
  readonly slowReaders: Counter;
  readonly #registry: Registry;
  readonly #finished = new Map<string, (outcome: Outcome, seconds: number) => void>();

  constructor(registry: Registry, methodNames: readonly string[]) {
    this.#registry = registry;
    const registers = [registry];
    this.refused = new Counter({ name: 'keyfall_rpc_refused_total', help: 'Calls refused for lack of room or while stopping.', registers });
    this.unknownMethod = new Counter({ name: 'keyfall_rpc_unknown_method_total', help: 'Calls of methods that do not exist.', registers });
    this.slowReaders = new Counter({ name: 'keyfall_rpc_slow_readers_total', help: 'WebSockets closed because they did not read.', registers });
    const calls = new Counter({ name: 'keyfall_rpc_calls_total', help: 'Finished calls by method and outcome.', labelNames: ['method', 'outcome'], registers });
    const duration = new Histogram({
      name: 'keyfall_rpc_call_seconds', help: 'Duration of calls by method, waiting included.', labelNames: ['method'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30], registers,
    });
    // Children are looked up once: the busiest method runs thousands of times a second.
    for (const method of methodNames) {
      const counters = new Map(OUTCOMES.map((outcome) => [outcome, calls.labels(method, outcome)]));
      const timer = duration.labels(method);
      this.#finished.set(method, (outcome, seconds) => { counters.get(outcome)!.inc(); timer.observe(seconds); });
    }
  }

  /** Starts timing a call of a method of the table; the result ends it. */
  started(method: string): (outcome: Outcome) => void {
    const finished = this.#finished.get(method)!;
    const start = performance.now();
    return (outcome) => finished(outcome, (performance.now() - start) / 1000);
  }

  /** Registers gauges that are read at scrape time. */
  observe(server: ServerGauges, chain: ChainView): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      this.#registry.registerMetric(new Gauge({ name, help, registers: [], collect() { this.set(read()); } }));
    };
    gauge('keyfall_rpc_in_progress', 'Calls in progress.', server.inProgress);
    gauge('keyfall_rpc_heavy_running', 'Executions, traces and scans in progress.', server.heavyRunning);
    gauge('keyfall_rpc_heavy_waiting', 'Executions, traces and scans waiting.', server.heavyWaiting);
    gauge('keyfall_rpc_websockets', 'Open WebSocket connections.', server.webSockets);
    gauge('keyfall_rpc_filters', 'Installed polled filters.', server.filters);
    gauge('keyfall_rpc_subscriptions', 'Filters and subscriptions listening to the chain.', server.subscriptions);
    gauge('keyfall_block_unsafe', 'Number of the tip.', () => Number(chain.heads().unsafe.number));
    gauge('keyfall_block_safe', 'Last block whose batch is committed on L1.', () => Number(chain.heads().safe.number));
    gauge('keyfall_block_finalized', 'Last block of a final batch.', () => Number(chain.heads().finalized.number));
    gauge('keyfall_batch_closed', 'Last closed batch of the local chain.', () => Number(chain.heads().closedBatch));
    gauge('keyfall_batch_committed', 'Last batch committed on L1.', () => Number(chain.heads().progress.committedBatch));
    gauge('keyfall_batch_final', 'Last batch final in Rollup.', () => Number(chain.heads().progress.finalBatch));
    gauge('keyfall_l1_block', 'Last L1 block applied.', () => Number(chain.heads().l1.number));
    gauge('keyfall_inbox_messages', 'Messages enqueued on L1.', () => Number(chain.heads().progress.inboxCount));
    gauge('keyfall_pool_pending', 'Executable pooled transactions.', () => chain.pool.counts().pending);
    gauge('keyfall_pool_queued', 'Pooled transactions behind a nonce gap.', () => chain.pool.counts().queued);
    gauge('keyfall_halted', '1 while the node does not follow L1.', () => (chain.status().haltedBecause === undefined ? 0 : 1));
  }
}
