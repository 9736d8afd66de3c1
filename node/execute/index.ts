// Public surface of the execution engine. Import from here (or types alone from ./api.ts); the rest is internal.
//
//   createEngine(options)            opens or creates a chain in a StateKeyValue           -> ExecutionEngine
//   engine.buildBlock / executeBlock compute a block on the head, all or nothing           -> PendingBlock.commit(writes)
//   engine.unwind(number, writes)    takes blocks back, by what each of them replaced
//   engine.stateAt(number)           account, code, storage, EIP-1186 proof at any retained block
//   engine.call / estimateGas / createAccessList / traceCall / traceTransaction / traceBlock
//   engine.recoverTransactions       decode and recover senders on worker threads
//   parseGenesisAlloc(json)          geth-style allocation -> GenesisInput.alloc
//   MemoryStore                      StateKeyValue for tests
export { createEngine } from './engine.ts';
export { parseGenesisAlloc } from './genesis.ts';
export { decodeHeader, encodeHeader } from './header.ts';
export { MemoryStore } from './memory-store.ts';
export { recoverTransaction } from './transaction.ts';
export * from './api.ts';
