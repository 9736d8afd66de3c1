// The fast backend: every operation of prove/backend.ts on the WASM kernels.
// Owns: wiring and the lifetime of a proof's memory. Does not own: the operations (sibling files).
// Invariant: results equal the reference backend's bit for bit, with any number of threads.

import assert from "node:assert/strict";
import type { PermutationTrace } from "../air/permutation.ts";
import type { Ext } from "../field/ext4.ts";
import { P } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import type { HashName } from "../hash/suite.ts";
import type { Codeword, CommitMatrix, Commitment, DeepRequest, LookupRequest, ProverBackend, QuotientRequest } from "../prove/backend.ts";
import { NonceExhausted } from "../transcript/grind.ts";
import type { Label } from "../transcript/labels.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { commitCodeword, commitMatrices } from "./commit.ts";
import { KernelCommitment } from "./committed.ts";
import { Engine } from "./engine.ts";
import type { EngineOptions } from "./engine.ts";
import type { KernelTask } from "./kernels.ts";
import { MONTGOMERY_R_SQUARED, toMontgomery } from "./montgomery-form.ts";
import { OutOfDomain, foldCodeword, kernelWord } from "./out-of-domain.ts";
import { lookupOf } from "./lookup.ts";
import { quotientOf } from "./quotient.ts";

/** Nonces a thread takes at a time: about a millisecond, so little is searched in vain; each hit ends a search at once. */
const NONCES_PER_SHARE = 2 ** 12;

export class WasmBackend implements ProverBackend {
  readonly #engine: Engine;
  readonly #outOfDomain: OutOfDomain;
  /** Below this lie the tables, which no release touches. */
  readonly #floor: number;

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#outOfDomain = new OutOfDomain(engine);
    this.#floor = engine.arena.mark;
  }

  /** Starts threads and fills tables. Throws KernelsMissing if the kernels are not built. */
  static async create(options: EngineOptions): Promise<WasmBackend> {
    return new WasmBackend(await Engine.create(options));
  }

  /** Bytes of kernel memory ever in use at once. */
  get peakBytes(): number {
    return this.#engine.arena.peakBytes;
  }

  async commit(matrices: readonly CommitMatrix[], logBlowup: number, hash: HashName): Promise<Commitment> {
    const commitment = await commitMatrices(this.#engine, matrices, logBlowup, hash);
    for (const { logSize } of commitment.groups) this.#outOfDomain.note(logSize);
    return commitment;
  }

  async lookup(request: LookupRequest): Promise<PermutationTrace> {
    return lookupOf(this.#engine, request);
  }

  async quotient(request: QuotientRequest): Promise<CommitMatrix> {
    return quotientOf(this.#engine, request);
  }

  async evaluate(commitment: Commitment, matrix: number, point: Ext): Promise<Ext[]> {
    return this.#outOfDomain.evaluate(commitment, matrix, point);
  }

  async deep(request: DeepRequest): Promise<Codeword> {
    return this.#outOfDomain.deep(request);
  }

  async commitFold(codeword: Codeword, logArity: number, hash: HashName): Promise<Commitment> {
    return commitCodeword(this.#engine, kernelWord(codeword), logArity, hash);
  }

  async fold(codeword: Codeword, logArity: number, challenge: Ext, rollIn: Codeword | undefined): Promise<Codeword> {
    return foldCodeword(this.#engine, kernelWord(codeword), logArity, challenge, rollIn === undefined ? undefined : kernelWord(rollIn));
  }

  async read(codeword: Codeword): Promise<Ext[]> {
    const { base, logSize } = kernelWord(codeword);
    return Array.from({ length: 2 ** logSize }, (_, i) => this.#engine.readExt(base + 16 * i));
  }

  async grind(transcript: Transcript, label: Label, bitCount: number): Promise<Felt> {
    const { arena, pool } = this.#engine;
    const mark = arena.mark;
    let nonce: Felt;
    try {
      const search = arena.allocateWords([0, P]);
      const task = this.#grindTask(transcript, label, search, 2 ** bitCount - 1);
      await pool.run(Array.from({ length: pool.threadCount }, () => task));
      nonce = arena.words(search, 2)[1] as Felt;
    } finally {
      arena.release(mark);
    }
    if (nonce === P) throw new NonceExhausted(`grinding ${label}: no nonce below p gives ${bitCount} zero bits`);
    return nonce;
  }

  /** The kernel call that takes part in a search, after uploading what it hashes. */
  #grindTask(transcript: Transcript, label: Label, search: number, mask: number): KernelTask {
    const { arena, hashScratch } = this.#engine;
    const begin = transcript.grindStart(label);
    if (begin.hash === "keccak256") {
      const prefix = arena.allocate(begin.prefix.length);
      new Uint8Array(arena.memory.buffer, prefix, begin.prefix.length).set(begin.prefix);
      return { kernel: "grindKeccak", args: [hashScratch, prefix, search, NONCES_PER_SHARE, mask] };
    }
    const state = arena.allocateWords(Array.from(begin.state, toMontgomery));
    return { kernel: "grindPoseidon", args: [hashScratch, state, begin.noncePosition, search, NONCES_PER_SHARE, mask, MONTGOMERY_R_SQUARED] };
  }

  release(keep: readonly Commitment[]): void {
    const marks = keep.map((commitment) => {
      assert(commitment instanceof KernelCommitment, "a commitment of another backend");
      return commitment.endMark;
    });
    this.#engine.arena.release(Math.max(this.#floor, ...marks));
    this.#outOfDomain.clear();
  }

  /** Ends the threads. The backend cannot be used afterwards. */
  async stop(): Promise<void> {
    await this.#engine.pool.stop();
  }
}
