// debug_traceCall, debug_traceTransaction, debug_traceBlock: running with a tracer attached.
//
// Owns: which tracer, replaying a block up to and through the traced transactions. Does not own: tracers' formats
// (trace/), execution (block.ts, call.ts).
// Invariant: a replay passes through the code that executed the block, and must reproduce its gas; else the trace would
// be of something else, and is refused as a bug.
import { BlockRun, blockContext } from './block.ts';
import { gasOf, prepareCall, runCallFrame, withCallState } from './call.ts';
import type { Machine } from './machine.ts';
import type { MachinePool } from './machine-pool.ts';
import { toKey } from './bytes.ts';
import { ABSENT_ACCOUNT } from './overlay.ts';
import { CallTracer } from './trace/call-tracer.ts';
import { PrestateTracer } from './trace/prestate-tracer.ts';
import { StructLogger } from './trace/struct-logger.ts';
import type { Tracer } from './trace/tracer.ts';
import { COINBASE } from './header.ts';
import { creationAddress } from './transition.ts';
import type { TransactionOutcome } from './transition.ts';
import type { BlockReplay, BlockTraceResult, BlockTransaction, CallContext, CallRefusal, CallRequest, TraceJson, TraceOptions, TraceResult } from './api.ts';

export interface TraceLimits { timeCapMilliseconds?: number; signal?: AbortSignal }

function createTracer(options: TraceOptions): Tracer {
  switch (options.tracer ?? 'struct') {
    case 'struct': return new StructLogger(options);
    case 'callTracer': return new CallTracer(options);
    case 'prestateTracer': return new PrestateTracer(options);
  }
}

/** Traces a call on a block's post-state. */
export async function traceCall(pool: MachinePool, request: CallRequest, context: CallContext, options: TraceOptions): Promise<TraceResult> {
  return withCallState(pool, context, async (machine, environment): Promise<TraceResult> => {
    const tracer = createTracer(options);
    const [sender, gasLimit] = [request.from ?? new Uint8Array(20), gasOf(request, context)];
    const { nonce } = machine.state.read(toKey(sender)) ?? ABSENT_ACCOUNT;
    const creates = request.to === undefined ? creationAddress(sender, nonce) : undefined;
    tracer.attach(machine, { sender, to: request.to, value: request.value ?? 0n, gasLimit, data: request.data ?? new Uint8Array(0), creates, coinbase: environment.coinbase });
    const prepared = prepareCall(machine, environment, request, gasLimit);
    if (!prepared.ok) return prepared;
    const { gasUsed, status, error, returnData } = await runCallFrame(machine, prepared);
    return { ok: true, trace: tracer.result(machine, { gasUsed, status, error, returnData }) };
  });
}

class ReplayDone extends Error {}

interface Traced { transactionHash: Uint8Array; trace: TraceJson }

/** Replays a block and traces the transactions `isTraced` selects, until `last`. */
async function replay(pool: MachinePool, block: BlockReplay, isTraced: (position: number) => boolean, last: number, options: TraceOptions, limits: TraceLimits): Promise<{ ok: true; traces: Traced[] } | CallRefusal> {
  return pool.run(block.parent.number, limits, async (machine) => {
    const traces: Traced[] = [];
    let tracer: Tracer | undefined;
    const run: BlockRun = new BlockRun(machine, blockContext(pool.chainId, block.parent, block.header.parentHash, block.header.timestamp, block.fees), {
      before: (transaction, position) => {
        if (!isTraced(position)) return;
        tracer = createTracer(options);
        attachTo(machine, tracer, transaction);
      },
      after: (transaction, position, outcome) => {
        if (tracer !== undefined) traces.push({ transactionHash: transaction.hash, trace: finish(machine, tracer, outcome) });
        tracer = undefined;
        if (position === last) throw new ReplayDone();
      },
      dropped: () => {
        detach(machine);
        tracer = undefined;
      },
    });
    try {
      await run.start(block.header.parentHash);
      for (const message of block.messages) await run.message(message);
      for (const transaction of block.transactions) {
        const result = await run.ordinary(transaction);
        if (!result.ok) throw new Error(`expected block ${block.header.number} to replay, but ${result.message}`);
      }
    } catch (error) {
      if (!(error instanceof ReplayDone)) throw error;
      return { ok: true, traces };
    }
    if (run.gasUsed !== block.header.gasUsed) throw new Error(`expected block ${block.header.number} to use ${block.header.gasUsed} gas again, got ${run.gasUsed}`);
    return { ok: true, traces };
  });
}

function attachTo(machine: Machine, tracer: Tracer, transaction: BlockTransaction): void {
  const { sender, to, value, gasLimit, data } = transaction;
  const { nonce } = machine.state.read(toKey(sender)) ?? ABSENT_ACCOUNT;
  tracer.attach(machine, { sender, to, value, gasLimit, data, creates: to === undefined ? creationAddress(sender, nonce) : undefined, coinbase: COINBASE });
}

function finish(machine: Machine, tracer: Tracer, { gasUsed, status, error, returnData }: TransactionOutcome): TraceJson {
  const trace = tracer.result(machine, { gasUsed, status, error, returnData });
  detach(machine);
  return trace;
}

function detach(machine: Machine): void {
  machine.evm.events.removeAllListeners();
  machine.observer = undefined;
}

/** Traces the transaction at `position` of a block. */
export async function traceTransaction(pool: MachinePool, block: BlockReplay, position: number, options: TraceOptions, limits: TraceLimits): Promise<TraceResult> {
  const result = await replay(pool, block, (candidate) => candidate === position, position, options, limits);
  if (!result.ok) return result;
  const [traced] = result.traces;
  if (traced === undefined) return { ok: false, code: 'invalid', reason: 'unsupported', message: `expected a transaction at position ${position} of block ${block.header.number}, found none` };
  return { ok: true, trace: traced.trace };
}

/** Traces every transaction of a block. */
export async function traceBlock(pool: MachinePool, block: BlockReplay, options: TraceOptions, limits: TraceLimits): Promise<BlockTraceResult> {
  return replay(pool, block, () => true, -1, options, limits);
}
