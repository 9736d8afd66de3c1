// What the EVM learns from reading a contract's code once: valid jump destinations, pushed constants, opcode entries.
//
// Owns: keeping that analysis per machine and code hash instead of anew in every frame (half of a swap's time), and its bound.
// Does not own: the analysis itself, which stays EthereumJS's own. It is a method of the interpreter that the package does not
// export, so the interpreter's prototype is taken from a running one; a version that lost the method fails at start.
// Invariant: a result is reused only for code with the same keccak hash, in the machine that made it (it holds that machine's
// opcode entries). Init code is analysed every time: it is not from the state, so it has no hash and would only evict.
import { createEVM } from '@ethereumjs/evm';
import type { EVM } from '@ethereumjs/evm';
import type { CustomOpcode } from './surcharge.ts';

/** EthereumJS's result; frames only read it. */
export type JumpAnalysis = Readonly<Record<'jumps' | 'pushes' | 'opcodesCached', unknown>>;
interface Interpreter { readonly _evm: EVM; _getValidJumpDestinations(code: Uint8Array): JumpAnalysis }

/** Map key of the hash of code that came from the state; undefined for other bytes. */
export type HashOfCode = (code: Uint8Array) => string | undefined;

/** An analysis takes some 25 bytes per byte of code, so this is at most some 25 MiB for a machine that executes blocks. */
export const BLOCK_CODE_BYTES = 1_048_576;
/** Calls run on several machines. */
export const CALL_CODE_BYTES = 262_144;

/** Analyses by code hash; the least recently used go when their codes exceed `capacityBytes` together. */
export class AnalysisCache {
  readonly #hashOf: HashOfCode;
  readonly #capacityBytes: number;
  readonly #entries = new Map<string, { analysis: JumpAnalysis; sizeBytes: number }>();
  #heldBytes = 0;

  constructor(hashOf: HashOfCode, capacityBytes: number) {
    this.#hashOf = hashOf;
    this.#capacityBytes = capacityBytes;
  }

  /** Bytes of code whose analysis is kept. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get(code: Uint8Array, analyse: () => JumpAnalysis): JumpAnalysis {
    const hash = this.#hashOf(code);
    if (hash === undefined) return analyse();
    const kept = this.#entries.get(hash);
    if (kept !== undefined) {
      // A Map iterates in the order of insertion: the first entry is then the least recently used.
      this.#entries.delete(hash);
      this.#entries.set(hash, kept);
      return kept.analysis;
    }
    const entry = { analysis: analyse(), sizeBytes: code.length };
    this.#entries.set(hash, entry);
    this.#heldBytes += entry.sizeBytes;
    for (const [oldest, { sizeBytes }] of this.#entries) {
      if (this.#heldBytes <= this.#capacityBytes) break;
      this.#entries.delete(oldest);
      this.#heldBytes -= sizeBytes;
    }
    return entry.analysis;
  }
}

const caches = new WeakMap<EVM, AnalysisCache>();

/** Makes `evm` keep its analyses in `cache`. */
export function keepAnalyses(evm: EVM, cache: AnalysisCache): void {
  caches.set(evm, cache);
}

/** An opcode without meaning, whose handler shows the interpreter that runs it. */
const PROBE_OPCODE = 0x0c;

async function interpreterPrototype(): Promise<Interpreter> {
  const seen: { prototype: Interpreter | undefined } = { prototype: undefined };
  const probe: CustomOpcode = {
    opcode: PROBE_OPCODE, opcodeName: 'PROBE', baseFee: 0,
    logicFunction: ({ interpreter }) => { seen.prototype = Object.getPrototypeOf(interpreter) as Interpreter; },
  };
  const evm = await createEVM({ customOpcodes: [probe] });
  await evm.runCode({ code: Uint8Array.of(PROBE_OPCODE), gasLimit: 1_000n });
  if (typeof seen.prototype?._getValidJumpDestinations !== 'function') {
    throw new TypeError('expected an interpreter of @ethereumjs/evm with a method _getValidJumpDestinations, got none: another version?');
  }
  return seen.prototype;
}

const prototype = await interpreterPrototype();
// Called on the interpreter of the frame, never unbound.
const analyseAnew = prototype._getValidJumpDestinations as (this: Interpreter, code: Uint8Array) => JumpAnalysis;
prototype._getValidJumpDestinations = function analysisOf(this: Interpreter, code: Uint8Array): JumpAnalysis {
  const analyse = (): JumpAnalysis => analyseAnew.call(this, code);
  return caches.get(this._evm)?.get(code, analyse) ?? analyse();
};
