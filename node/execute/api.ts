// The execution engine's public types: what the node core and the RPC build against.
//
// Owns: the interfaces of the engine, of its key-value store and of everything that crosses them. Does not
// own: implementations (engine.ts and below), the byte encodings (node/protocol/SPEC.md).
// Conventions: binary values are Uint8Array, quantities (wei, gas, nonces, block numbers, seconds) are bigint,
// every expected refusal is a returned union, a thrown error is an operating fault (ExecutionFault) or a bug.
// Invariant: nothing here exposes a type of @ethereumjs/*; node/execute is its only importer within node/.

/** Key-value store the engine persists into. Keys are <= 256 bytes and compare bytewise. */
export interface StateKeyValue {
  /** Latest committed value, or undefined. Synchronous: the EVM reads through it. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** The first entry whose key is >= `from` and < `before`, in bytewise order, or undefined. */
  first(from: Uint8Array, before: Uint8Array): StateEntry | undefined;
  /** Applies all operations atomically, in order; resolves when they are durable and visible to get/first. */
  write(operations: readonly StateWrite[]): Promise<void>;
}
export interface StateEntry { key: Uint8Array; value: Uint8Array }
/** `value` undefined deletes the key. */
export interface StateWrite { key: Uint8Array; value: Uint8Array | undefined }

export interface AccessListItem { address: Uint8Array; storageKeys: readonly Uint8Array[] }
export interface Authorization {
  chainId: bigint; address: Uint8Array; nonce: bigint; yParity: bigint; r: bigint; s: bigint;
}

interface SignedTransactionFields {
  /** EIP-2718 bytes as they stand in the block (legacy: the RLP list). */
  raw: Uint8Array;
  /** keccak256(raw). */
  hash: Uint8Array;
  /** undefined only for a legacy transaction without EIP-155 replay protection. */
  chainId: bigint | undefined;
  nonce: bigint;
  gasLimit: bigint;
  /** undefined = contract creation. */
  to: Uint8Array | undefined;
  value: bigint;
  data: Uint8Array;
  accessList: readonly AccessListItem[];
  yParity: 0 | 1;
  r: bigint;
  s: bigint;
}
export interface LegacyTransaction extends SignedTransactionFields { type: 0; gasPrice: bigint; v: bigint }
export interface AccessListTransaction extends SignedTransactionFields { type: 1; gasPrice: bigint }
export interface FeeMarketTransaction extends SignedTransactionFields {
  type: 2; maxFeePerGas: bigint; maxPriorityFeePerGas: bigint;
}
export interface SetCodeTransaction extends SignedTransactionFields {
  type: 4; maxFeePerGas: bigint; maxPriorityFeePerGas: bigint; authorizationList: readonly Authorization[];
}
/** A decoded signed transaction; signature shape checked, sender not yet recovered. */
export type SignedTransaction = LegacyTransaction | AccessListTransaction | FeeMarketTransaction | SetCodeTransaction;
/** A transaction whose sender was recovered from its signature. */
export type SentTransaction = SignedTransaction & { readonly sender: Uint8Array };

/** A CALL or CREATE message as it stands in a block: transaction type 0x7E (SPEC.md section 3). */
export interface MessageTransaction {
  type: 0x7e;
  /** 0x7E || rlp([chainId, index, from, to, mint, value, gas, surcharge, data]). */
  raw: Uint8Array;
  hash: Uint8Array;
  chainId: bigint;
  /** Index of the Inbox message it executes. */
  messageIndex: bigint;
  /** Already aliased. */
  sender: Uint8Array;
  to: Uint8Array | undefined; mint: bigint; value: bigint; gasLimit: bigint; surchargeLimit: bigint; data: Uint8Array;
}
export type BlockTransaction = SentTransaction | MessageTransaction;

/** Why bytes are not a transaction this chain can carry. */
export type TransactionRefusal =
  | { ok: false; code: 'malformed'; message: string }
  | { ok: false; code: 'unsupported-type'; message: string; type: number }
  | { ok: false; code: 'invalid-signature'; message: string };
export type DecodedTransaction = { ok: true; transaction: SignedTransaction } | TransactionRefusal;
export type RecoveredTransaction = { ok: true; transaction: SentTransaction } | TransactionRefusal;

export interface BlockHeader {
  parentHash: Uint8Array; ommersHash: Uint8Array; coinbase: Uint8Array; stateRoot: Uint8Array;
  transactionsRoot: Uint8Array; receiptsRoot: Uint8Array; logsBloom: Uint8Array; difficulty: bigint;
  number: bigint; gasLimit: bigint; gasUsed: bigint; timestamp: bigint; extraData: Uint8Array;
  prevRandao: Uint8Array; nonce: Uint8Array; baseFeePerGas: bigint; withdrawalsRoot: Uint8Array;
  blobGasUsed: bigint; excessBlobGas: bigint; parentBeaconBlockRoot: Uint8Array; requestsHash: Uint8Array;
}

export interface Log { address: Uint8Array; topics: readonly Uint8Array[]; data: Uint8Array }
export interface Receipt {
  type: number; status: 0 | 1; cumulativeGasUsed: bigint; logsBloom: Uint8Array; logs: readonly Log[];
  /** Below: not part of the consensus encoding. */
  gasUsed: bigint; effectiveGasPrice: bigint; contractAddress: Uint8Array | undefined;
  /** zkGas beyond gas that this transaction moved its surcharge counter by. */
  surchargeUsed: bigint;
  /** Wei paid for L1 data and for the surcharge, on top of gasUsed x effectiveGasPrice. */
  dataFee: bigint; surchargeFee: bigint;
  /** Consensus encoding (EIP-2718: type byte, then RLP; legacy: RLP). */
  raw: Uint8Array;
}

/** One Inbox message, decoded (SPEC.md section 2). */
export interface InboxMessage {
  /** Position in the queue, from 0. */
  index: bigint;
  /** 1 CALL, 2 CREATE, 3 SIGNED. */
  kind: 1 | 2 | 3;
  /** Already aliased; meaningless for SIGNED. */
  sender: Uint8Array;
  /** Meaningful for CALL only. */
  to: Uint8Array;
  mint: bigint; value: bigint;
  /** L2 gas limit; for SIGNED the gas prepaid. */
  gas: bigint;
  /** Surcharge budget in zkGas. */
  surcharge: bigint;
  /** L1 timestamp of the enqueueing block, seconds: a block's timestamp must not be below it. */
  l1Time: bigint;
  /** Calldata, init code or one raw signed transaction. */
  data: Uint8Array;
}
/** A SIGNED message that changed nothing; `reason` is 1..12 of SPEC.md section 4. */
export interface DroppedMessage { messageIndex: bigint; reason: number }

/** What the fees of a batch derive from (SPEC.md section 6). */
export interface FeeParameters {
  /** baseFeePerGas of the batch's origin, wei; 0 in Enforced, which has no origin. */
  originBaseFeeWei: bigint;
  /** Parts per million. */
  dataFeeScalar: bigint;
  /** Parts per million. */
  surchargeScalar: bigint;
}

export interface BlockInput {
  /** Must be the engine's head: executing on anything else is a bug of the caller. */
  parentHash: Uint8Array;
  timestamp: bigint;
  fees: FeeParameters;
  /** Consecutive messages, all of which this block consumes, in queue order; declared zkGas <= 10,000,000 in all. */
  messages: readonly InboxMessage[];
}
export interface StrictBlockInput extends BlockInput { transactions: readonly SentTransaction[] }

export interface IncludedTransaction { transaction: BlockTransaction; receipt: Receipt }
export interface ExecutedBlock {
  header: BlockHeader; hash: Uint8Array;
  /** Header RLP. */
  headerRaw: Uint8Array;
  /** CALL, CREATE and undropped SIGNED messages' transactions first, then the ordinary ones. */
  transactions: readonly IncludedTransaction[];
  dropped: readonly DroppedMessage[];
  /** gasUsed + all surcharges used. */
  zkGasUsed: bigint;
}

/** Why a strict block is invalid. `index` is the position among the user transactions. */
export type InvalidBlock =
  | { code: 'timestamp'; message: string }
  | { code: 'zk-gas'; message: string }
  | { code: 'transaction'; index: number; reason: TransactionInvalid; message: string };

/** Why an ordinary transaction cannot be included now. */
export type TransactionInvalid =
  | 'chain-id' | 'nonce-too-low' | 'nonce-too-high' | 'nonce-overflow' | 'insufficient-funds' | 'fee-cap-below-base-fee'
  | 'tip-above-fee-cap' | 'intrinsic-gas' | 'gas-limit' | 'init-code-size' | 'sender-not-eoa' | 'empty-authorization-list'
  | 'block-gas' | 'authorization-destination' | 'arithmetic-overflow';

/**
 * A block computed but not persisted. Exactly one of the following: `commit`, once; or drop the object, which
 * undoes it for free. Committing anything else first makes this one stale (commit then throws).
 */
export interface PendingBlock {
  readonly block: ExecutedBlock;
  /** Persists the state together with the caller's own writes in one atomic write; then it is the head. */
  commit(alongside?: readonly StateWrite[]): Promise<void>;
}
export type ExecuteBlockResult = { ok: true; pending: PendingBlock } | { ok: false; invalid: InvalidBlock };

/** Feeds buildBlock. `next` returns the next candidate or undefined to close the block. */
export interface CandidateSource {
  next(room: { gasLeft: bigint; zkGasLeft: bigint }): SentTransaction | undefined;
  /** Told once per candidate taken. A refused candidate left no trace in the block. */
  outcome(transaction: SentTransaction, result: CandidateOutcome): void;
}
/** `neededZkGas`: it was run, and its surcharge is above what the block had left; with less room than this it need not be tried again. */
export type CandidateOutcome = { included: true } | { included: false; reason: TransactionInvalid; message: string; neededZkGas?: bigint };

export interface Account { nonce: bigint; balance: bigint; codeHash: Uint8Array; storageRoot: Uint8Array }
export interface StorageProof { key: Uint8Array; value: bigint; proof: readonly Uint8Array[] }
/** EIP-1186. An absent account has zero fields, the empty hashes, and a proof of absence. */
export interface AccountProof {
  address: Uint8Array; account: Account; accountProof: readonly Uint8Array[]; storageProof: readonly StorageProof[];
}

/** Reads of one retained block's state; stays valid while later blocks are committed, until that block is pruned. */
export interface StateReader {
  readonly blockNumber: bigint;
  /** undefined = the account does not exist. */
  account(address: Uint8Array): Account | undefined;
  /** Empty for an account without code. */
  code(address: Uint8Array): Uint8Array;
  /** The slot's value, 32 bytes. */
  storage(address: Uint8Array, slot: Uint8Array): Uint8Array;
  proof(address: Uint8Array, slots: readonly Uint8Array[]): AccountProof;
}
export type StateAt = { ok: true; state: StateReader } | { ok: false; code: 'unknown-block' | 'pruned'; message: string };

export interface CallRequest {
  from?: Uint8Array; to?: Uint8Array; gas?: bigint; gasPrice?: bigint; maxFeePerGas?: bigint; maxPriorityFeePerGas?: bigint;
  value?: bigint; data?: Uint8Array; nonce?: bigint; accessList?: readonly AccessListItem[];
  authorizationList?: readonly Authorization[];
}
export interface AccountOverride {
  balance?: bigint; nonce?: bigint; code?: Uint8Array;
  /** Replaces the whole storage. Excludes stateDiff. */
  state?: readonly { slot: Uint8Array; value: Uint8Array }[];
  stateDiff?: readonly { slot: Uint8Array; value: Uint8Array }[];
}
export interface BlockOverrides {
  number?: bigint; timestamp?: bigint; gasLimit?: bigint; coinbase?: Uint8Array; prevRandao?: Uint8Array; baseFeePerGas?: bigint;
}
/** Where and under which bounds a call runs. */
export interface CallContext {
  /** The block whose post-state and header the call sees. */
  header: BlockHeader;
  stateOverrides?: readonly { address: Uint8Array; override: AccountOverride }[];
  blockOverrides?: BlockOverrides;
  /** Gas cap, default 50,000,000; the request's own gas is clipped to it. */
  gasCap?: bigint;
  /** Wall-clock cap in milliseconds, default 5000. The call yields to the event loop as it runs. */
  timeCapMilliseconds?: number;
  signal?: AbortSignal;
}
/** Common refusals of calls, estimates and traces. */
export type CallRefusal =
  | { ok: false; code: 'state'; reason: 'unknown-block' | 'pruned'; message: string }
  | { ok: false; code: 'invalid'; reason: TransactionInvalid | 'overrides' | 'unsupported'; message: string }
  | { ok: false; code: 'timeout' | 'aborted'; message: string };
/** The execution failed: `returnData` is the revert data (empty unless `reverted`). */
export interface CallFailure { ok: false; code: 'execution'; reverted: boolean; error: string; returnData: Uint8Array; gasUsed: bigint }
export type CallResult = { ok: true; returnData: Uint8Array; gasUsed: bigint; surchargeUsed: bigint; logs: readonly Log[] } | CallFailure | CallRefusal;
export type EstimateResult = { ok: true; gas: bigint } | CallFailure | CallRefusal;
export type AccessListResult =
  | { ok: true; accessList: readonly AccessListItem[]; gasUsed: bigint; error: string | undefined } | CallRefusal;

/** Why a simulation as a whole is refused; the RPC gives each the number that execution-apis gives it. */
export type SimulationInvalid = 'nonce-too-low' | 'nonce-too-high' | 'fee-cap-below-base-fee' | 'sender-not-eoa' | 'gas-limit' | 'block-gas' | 'block-number' | 'block-timestamp' | 'limit';
/** Made-up blocks on a block's post-state (eth_simulateV1). */
export interface SimulationRequest {
  blocks: readonly { calls: readonly CallRequest[]; stateOverrides?: CallContext['stateOverrides']; blockOverrides?: BlockOverrides }[];
  /** Checks nonces, base fee and senders as a block would; without, calls run that no block could hold. */
  isValidating: boolean;
  /** Movements of ETH appear among the logs. */
  tracesTransfers: boolean;
  /** Of all calls together. */
  gasCap: bigint;
  timeCapMilliseconds?: number;
  signal?: AbortSignal;
  /** The unsigned transaction that a call stands for. */
  encode(request: CallRequest, nonce: bigint): { type: number; raw: Uint8Array; hash: Uint8Array };
}
export interface SimulatedCall {
  /** With sender, gas and nonce filled in. */
  request: CallRequest;
  type: number; raw: Uint8Array; hash: Uint8Array;
  status: 0 | 1; error: string | undefined; returnData: Uint8Array; gasUsed: bigint; gasPriceWei: bigint;
  logs: readonly Log[];
  /** Those of the execution alone, which bloom and receipts are made of. */
  executedLogs: readonly Log[];
}
export interface SimulatedBlock { header: BlockHeader; headerRaw: Uint8Array; hash: Uint8Array; calls: readonly SimulatedCall[] }
export type SimulationResult = { ok: true; blocks: readonly SimulatedBlock[] } | { ok: false; code: 'simulation'; reason: SimulationInvalid; message: string } | CallRefusal;

export type TracerName = 'struct' | 'callTracer' | 'prestateTracer';
export interface TraceOptions {
  tracer?: TracerName;
  /** Struct logger (geth's defaults: memory and return data off, stack and storage on). */
  enableMemory?: boolean; disableStack?: boolean; disableStorage?: boolean; enableReturnData?: boolean;
  /** Maximum number of struct log steps; without one a trace too large to hold is refused, not cut. */
  limit?: number;
  /** callTracer. */
  onlyTopCall?: boolean; withLog?: boolean;
  /** prestateTracer. */
  diffMode?: boolean; disableCode?: boolean; disableStorageValues?: boolean;
}
/** A JSON value exactly as geth's debug_trace* returns it (quantities as it formats them). */
export type TraceJson = null | boolean | number | string | readonly TraceJson[] | { readonly [key: string]: TraceJson };
export type TraceResult = { ok: true; trace: TraceJson } | CallRefusal;
export type BlockTraceResult = { ok: true; traces: readonly { transactionHash: Uint8Array; trace: TraceJson }[] } | CallRefusal;

/** Replays a block for tracing: what its execution was given. `header` is the block itself, `parent` its parent. */
export interface BlockReplay { parent: BlockHeader; header: BlockHeader; fees: FeeParameters; messages: readonly InboxMessage[]; transactions: readonly SentTransaction[] }

export interface ExecutionEngine {
  readonly chainId: bigint;
  /** Header of the committed head; genesis after creation. */
  readonly head: { header: BlockHeader; hash: Uint8Array };
  /** Oldest block whose post-state can still be read. */
  readonly oldestRetained: bigint;

  /** All or nothing: an invalid element gives `invalid`, and nothing changed. */
  executeBlock(input: StrictBlockInput): Promise<ExecuteBlockResult>;
  /**
   * Executes the messages, then candidates until the source ends or the block is full. Never invalid through a candidate. One that would fail, and
   * pay, only because others left too little zkGas for its surcharge is refused for `block-gas`: its place must not harm it.
   */
  buildBlock(input: BlockInput, candidates: CandidateSource): Promise<ExecuteBlockResult>;
  /** Reverts committed blocks above `blockNumber` (down to `oldestRetained`), with the caller's writes, atomically. */
  unwind(blockNumber: bigint, alongside?: readonly StateWrite[]): Promise<void>;

  /** Post-state of block `blockNumber`. */
  stateAt(blockNumber: bigint): StateAt;
  call(request: CallRequest, context: CallContext): Promise<CallResult>;
  estimateGas(request: CallRequest, context: CallContext): Promise<EstimateResult>;
  createAccessList(request: CallRequest, context: CallContext): Promise<AccessListResult>;
  traceCall(request: CallRequest, context: CallContext, options: TraceOptions): Promise<TraceResult>;
  /** Runs blocks that nobody built on the state after `base`. */
  simulate(base: { header: BlockHeader; hash: Uint8Array }, request: SimulationRequest): Promise<SimulationResult>;
  /** Traces one transaction of a block, by position in the block (messages' transactions included). */
  traceTransaction(replay: BlockReplay, position: number, options: TraceOptions, limits?: { timeCapMilliseconds?: number; signal?: AbortSignal }): Promise<TraceResult>;
  traceBlock(replay: BlockReplay, options: TraceOptions, limits?: { timeCapMilliseconds?: number; signal?: AbortSignal }): Promise<BlockTraceResult>;

  /** Stateless part of admission: decode without recovering the sender. */
  decodeTransaction(raw: Uint8Array): DecodedTransaction;
  /** Decodes and recovers on this thread: for single calls. */
  recoverTransaction(raw: Uint8Array): RecoveredTransaction;
  /** Decodes and recovers off the main thread, in order; waits while the queue is full. */
  recoverTransactions(raws: readonly Uint8Array[]): Promise<readonly RecoveredTransaction[]>;
  /** Fee an ordinary transaction with these EIP-2718 bytes pays for L1 data, in wei. */
  dataFee(raw: Uint8Array, fees: FeeParameters): bigint;
  /** Checks a transaction against the head's state as admission needs it: everything but an exact nonce. */
  admission(transaction: SentTransaction, fees: FeeParameters): AdmissionResult;

  /** Stops the recovery workers. The store stays open: it is the caller's. */
  close(): Promise<void>;
}
export type AdmissionResult =
  | { ok: true; accountNonce: bigint; balance: bigint; maxCostWei: bigint }
  | { ok: false; reason: TransactionInvalid; message: string };

export interface GenesisAccount { balance?: bigint; nonce?: bigint; code?: Uint8Array; storage?: readonly { slot: Uint8Array; value: Uint8Array }[] }
export interface GenesisInput { timestamp: bigint; alloc: readonly { address: Uint8Array; account: GenesisAccount }[] }

export interface EngineOptions {
  chainId: bigint;
  store: StateKeyValue;
  genesis: GenesisInput;
  /** Post-states kept for reads and unwinding; undefined = all (archive). Default 100,000. */
  retainedBlocks?: bigint;
  /** Worker threads for sender recovery; 0 = recover on the calling thread. Default 1. */
  recoveryWorkers?: number;
}

/** A fault of the machinery (store, worker, caller's misuse), never a property of the input. */
export class ExecutionFault extends Error {
  readonly code: 'store-corrupt' | 'stale-block' | 'wrong-genesis' | 'not-retained' | 'worker' | 'closed';
  constructor(code: ExecutionFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExecutionFault';
    this.code = code;
  }
}
