// Every bound of the RPC server, in one table with its unit in the name.
//
// Owns: the defaults and why they are what they are. Does not own: enforcement (the file that names the limit).
// Invariant: nothing a client controls is unbounded: bytes, items, time, gas, blocks, results, filters, sockets.

export interface RpcLimits {
  /** One HTTP body or WebSocket message. anvil: 2 MB, geth: 5 MiB; parsing 5 MiB of brackets holds the thread for a second. */
  bodyBytes: number;
  /** Calls in one batch. geth: 1,000. */
  batchCalls: number;
  /** Response text of one batch; further answers become an error. geth: 25 MB. */
  batchResponseBytes: number;
  /** Calls in progress over all connections; more are refused. */
  concurrentCalls: number;
  /** Calls in progress on one connection; more are refused (WebSocket) or wait their turn (a batch's own calls). */
  concurrentCallsPerConnection: number;
  /** EVM executions, traces and scans at once. They share one core, so more at once would only slow each other. */
  concurrentHeavyCalls: number;
  /** Heavy calls waiting for a place; more are refused. */
  queuedHeavyCalls: number;
  /** HTTP connections; more are closed by the server. */
  httpConnections: number;
  webSocketConnections: number;
  /** Bytes a slow WebSocket reader may leave unread before it is disconnected (code 1013). */
  webSocketBufferBytes: number;
  /** Unanswered pings close a dead socket after twice this time. */
  webSocketPingSeconds: number;
  subscriptionsPerConnection: number;
  /** Filters and subscriptions over all clients. */
  listeners: number;
  /** Polled filters over all clients. */
  filters: number;
  /** A filter not polled for this long is removed. geth: 5 minutes. */
  filterExpirySeconds: number;
  /** Entries a filter holds between two polls; it is removed when more would be lost. */
  filterPendingEntries: number;
  /** Blocks one eth_getLogs may span, both ends included. */
  logRangeBlocks: number;
  logResults: number;
  /** Blocks of one eth_feeHistory. geth: 1,024. */
  feeHistoryBlocks: number;
  /** Percentiles of one eth_feeHistory. geth: 100. */
  feeHistoryPercentiles: number;
  /** Storage keys of one eth_getProof. geth: 1,024. */
  proofKeys: number;
  /** Gas of one eth_call, estimate, access list or trace call. geth: 50 M. */
  callGas: bigint;
  /** Wall-clock time of one such call. geth: 5 s. */
  callTimeMilliseconds: number;
  /** Wall-clock time of one debug_traceTransaction or debug_traceBlock. */
  traceTimeMilliseconds: number;
  /** How long eth_sendRawTransactionSync waits for a receipt if its caller names no time, and at most. EIP-7966 recommends 2 s; a block comes each second. */
  syncDefaultMilliseconds: number;
  syncMaximumMilliseconds: number;
  /** Calls of it that wait at once; more are refused before they submit anything. */
  syncWaiting: number;
  /** Time a client has to send a whole HTTP request (a slow one is cut off). */
  requestSeconds: number;
  /** Transactions listed by one txpool_content or txpool_inspect. */
  txpoolTransactions: number;
}

export const DEFAULT_LIMITS: RpcLimits = {
  bodyBytes: 2 * 1024 * 1024,
  batchCalls: 1_000,
  batchResponseBytes: 25_000_000,
  concurrentCalls: 5_000,
  concurrentCallsPerConnection: 256,
  concurrentHeavyCalls: 4,
  queuedHeavyCalls: 512,
  httpConnections: 4_000,
  webSocketConnections: 1_000,
  webSocketBufferBytes: 16 * 1024 * 1024,
  webSocketPingSeconds: 30,
  subscriptionsPerConnection: 128,
  listeners: 20_000,
  filters: 1_000,
  filterExpirySeconds: 300,
  filterPendingEntries: 10_000,
  logRangeBlocks: 10_000,
  logResults: 10_000,
  feeHistoryBlocks: 1_024,
  feeHistoryPercentiles: 100,
  proofKeys: 1_024,
  callGas: 50_000_000n,
  callTimeMilliseconds: 5_000,
  traceTimeMilliseconds: 30_000,
  syncDefaultMilliseconds: 5_000,
  syncMaximumMilliseconds: 30_000,
  syncWaiting: 1_000,
  requestSeconds: 30,
  txpoolTransactions: 5_000,
};
