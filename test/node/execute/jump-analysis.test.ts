// Kept jump analyses: execution with them equals execution that analyses every frame anew (EthereumJS as published), over random
// code; what is kept is bounded, belongs to one code hash, and is not made for init code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Address } from '@ethereumjs/util';
import fc from 'fast-check';
import { toHex, toKey } from '../../../node/execute/bytes.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from '../../../node/execute/crypto.ts';
import { AnalysisCache, keepAnalyses } from '../../../node/execute/jump-analysis.ts';
import type { JumpAnalysis } from '../../../node/execute/jump-analysis.ts';
import { createMachine } from '../../../node/execute/machine.ts';
import type { Machine } from '../../../node/execute/machine.ts';
import { assemble, callTo, CHAIN_ID, contractAddress } from './chain-fixture.ts';

const GAS = 60_000n;
const caller = new Address(contractAddress(0xee));
const addressOf = (tag: number): Address => new Address(contractAddress(tag));

function attach(machine: Machine, codes: readonly Uint8Array[]): void {
  const byHash = new Map(codes.map((code) => [toKey(keccak256(code)), code]));
  const byAddress = new Map(codes.map((code, tag) => [toKey(contractAddress(tag)), { nonce: 1n, balance: 0n, codeHash: keccak256(code), storageRoot: EMPTY_TRIE_ROOT }]));
  machine.begin({ baseAccount: (key) => byAddress.get(key), baseStorage: () => new Uint8Array(0), baseCode: (hash) => byHash.get(toKey(hash))! }, () => new Uint8Array(32));
}

async function outcome(machine: Machine, codes: readonly Uint8Array[]): Promise<unknown> {
  attach(machine, codes);
  machine.state.beginTransaction();
  machine.meter.start(Infinity);
  const { execResult } = await machine.evm.runCall({ caller, to: addressOf(0), gasLimit: GAS, data: Uint8Array.of(1, 2, 3), skipNonceIncrement: true });
  return { gas: execResult.executionGasUsed, error: execResult.exceptionError?.error, data: toHex(execResult.returnValue), logs: execResult.logs?.map(([, , data]) => toHex(data)), zkGas: machine.meter.used };
}

/** A machine that analyses every frame anew. */
async function uncached(): Promise<Machine> {
  const machine = await createMachine(CHAIN_ID, false);
  keepAnalyses(machine.evm, new AnalysisCache(() => undefined, 0));
  return machine;
}

/** Code that jumps, mostly to places that exist: destinations inside push data, at the end and beyond it included. */
const code = fc.array(fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0x5b, 0x56, 0x57, 0x5f, 0x50, 0x01, 0x15, 0x5a, 0x58, 0x52, 0x51, 0x20, 0xa0, 0x00, 0xf3, 0xfd, 0xfe, 0x0c, 0xef).map((opcode) => [opcode]) },
  { weight: 3, arbitrary: fc.nat({ max: 60 }).map((to) => [0x60, to, 0x56]) },
  { weight: 2, arbitrary: fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 2 })).map(([to, condition]) => [0x60, condition, 0x60, to, 0x57]) },
  { weight: 2, arbitrary: fc.tuple(fc.integer({ min: 1, max: 32 }), fc.array(fc.constantFrom(0x5b, 0x56, 0x00, 0xff), { maxLength: 32 })).map(([size, data]) => [0x5f + size, ...data.slice(0, size)]) },
  { weight: 1, arbitrary: fc.nat({ max: 1 }).map((tag) => [...callTo(contractAddress(tag))]) },
), { maxLength: 24 }).map((parts) => Uint8Array.from(parts.flat()));

test('random codes that jump and call each other run the same with kept analyses, the first time and again', async () => {
  const [kept, interruptible, anew] = await Promise.all([createMachine(CHAIN_ID, false), createMachine(CHAIN_ID, true), uncached()]);
  await fc.assert(fc.asyncProperty(code, code, async (first, second) => {
    const codes = [first, second];
    const expected = await outcome(anew, codes);
    for (const machine of [kept, kept, interruptible, interruptible]) assert.deepEqual(await outcome(machine, codes), expected);
  }), { numRuns: 150 });
});

test('a code is analysed once for many frames, code of the same hash shares it, init code is not kept', async () => {
  const machine = await createMachine(CHAIN_ID, false);
  const cache = new AnalysisCache((bytes) => machine.state.hashOfCode(bytes), 1_000);
  keepAnalyses(machine.evm, cache);
  const jumps = assemble(0x60, 4, 0x56, 0xfe, 0x5b);
  await outcome(machine, [assemble(callTo(contractAddress(1)), callTo(contractAddress(1)), callTo(contractAddress(2))), jumps, Uint8Array.from(jumps)]);
  assert.equal(cache.heldBytes, jumps.length);
  attach(machine, []);
  await machine.evm.runCall({ caller, gasLimit: GAS, data: assemble(0x60, 4, 0x56, 0xfe, 0x5b, 0x00) });
  assert.equal(cache.heldBytes, jumps.length);
});

test('what is kept stays within its bound, is never that of another hash, and the least recently used goes first', () => {
  const made = (bytes: Uint8Array): JumpAnalysis => ({ jumps: toHex(bytes), pushes: undefined, opcodesCached: undefined });
  fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 6, max: 2 }), { maxLength: 60 }), (uses) => {
    const cache = new AnalysisCache(toKey, 12);
    let recent: string[] = [];
    for (const bytes of uses) {
      let isAnew = false;
      assert.equal(cache.get(bytes, () => { isAnew = true; return made(bytes); }).jumps, toHex(bytes));
      const key = toHex(bytes);
      assert.equal(isAnew, !recent.includes(key));
      recent = [...recent.filter((other) => other !== key), key];
      const size = (): number => recent.reduce((sum, hex) => sum + (hex.length - 2) / 2, 0);
      while (size() > 12) recent.shift();
      assert.equal(cache.heldBytes, size());
    }
  }));
});
