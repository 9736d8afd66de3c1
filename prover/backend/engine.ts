// The kernel engine: module, memory, threads and the tables every operation shares.
// Owns: start-up and the task-splitting helpers. Does not own: proof operations (wasm-backend.ts and friends).
// Invariant: tables cover log sizes up to `maxLogSize`; they lie below every mark a proof releases to.

import { GENERATOR, inv, pow, twoAdicRoot } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import type { Ext } from "../field/ext4.ts";
import { EXTERNAL_FINAL, EXTERNAL_INITIAL, INTERNAL } from "../hash/poseidon2-constants.ts";
import { ROUND_CONSTANTS } from "../air/chips/keccak-round.ts";
import { Arena } from "./arena.ts";
import type { KernelTask } from "./kernels.ts";
import { MONTGOMERY_ONE, fromMontgomery, toMontgomery } from "./montgomery-form.ts";
import type { Platform } from "./platform.ts";
import { ThreadPool } from "./thread-pool.ts";

/** A proof needs a larger domain than the engine was started for. */
export class DomainTooLarge extends Error {
  readonly code = "DOMAIN_TOO_LARGE";
}
/** Three pairs of keccak states are the most that a kernel asks for. */
const HASH_SCRATCH_BYTES = 2048;

export type EngineOptions = {
  readonly threadCount: number;
  /** log2 of the largest codeword (trace height times blowup). */
  readonly maxLogSize: number;
  /** Node's when left out. */
  readonly platform?: Platform;
};

type Tables = {
  readonly inverseTwiddles: number;
  /** The tree of remainders that `cosetNodes` made last. */
  readonly nodes: number;
  /** s * w^rev(j), the same for every size. */
  readonly points: number;
  /** 1 / (w^rev(2i)), the same for every size. */
  readonly inversePoints: number;
};

export class Engine {
  readonly arena: Arena;
  readonly pool: ThreadPool;
  readonly tables: Tables;
  readonly maxLogSize: number;
  /** Per-thread hashing state. */
  readonly hashScratch: { readonly base: number; readonly stride: number };

  /** Log size and shift of the tree in tables.nodes. */
  #nodesOf = "";

  private constructor(arena: Arena, pool: ThreadPool, tables: Tables, maxLogSize: number, scratchBase: number) {
    this.arena = arena;
    this.pool = pool;
    this.tables = tables;
    this.maxLogSize = maxLogSize;
    this.hashScratch = { base: scratchBase, stride: HASH_SCRATCH_BYTES };
  }

  static async create({ threadCount, maxLogSize, ...given }: EngineOptions): Promise<Engine> {
    // Loaded on demand: a browser has its own and cannot load Node's.
    const platform = given.platform ?? (await import("./node-platform.ts")).nodePlatform;
    const module = await platform.loadModule();
    const arena = new Arena();
    const constants = [...EXTERNAL_INITIAL.flat(), ...INTERNAL, ...EXTERNAL_FINAL.flat()].map(toMontgomery);
    const poseidonConstants = arena.allocateWords(constants);
    const keccakConstants = arena.allocateWords(ROUND_CONSTANTS.flatMap((constant) => [Number(constant & 0xffffffffn), Number(constant >> 32n)]));
    const counter = arena.allocate(64);
    const scratchBase = arena.allocate(HASH_SCRATCH_BYTES * threadCount);
    const tables = {
      inverseTwiddles: arena.allocate(4 * 2 ** maxLogSize), nodes: arena.allocate(4 * 2 ** maxLogSize),
      points: arena.allocate(4 * 2 ** maxLogSize), inversePoints: arena.allocate(4 * 2 ** maxLogSize),
    };
    const pool = await ThreadPool.create(platform, threadCount, { module, memory: arena.memory, poseidonConstants, keccakConstants, counter });
    const engine = new Engine(arena, pool, tables, maxLogSize, scratchBase);
    await engine.#fillTables();
    return engine;
  }

  async #fillTables(): Promise<void> {
    const { arena, tables, maxLogSize } = this;
    const mark = arena.mark;
    const logs = Array.from({ length: maxLogSize + 1 }, (_, k) => k);
    const inverseRoots = arena.allocateWords(logs.map((k) => toMontgomery(inv(twoAdicRoot(k)))));
    const pointSteps = arena.allocateWords(logs.slice(1).map((k) => toMontgomery(twoAdicRoot(k))));
    const inverseSteps = arena.allocateWords(logs.slice(2).map((k) => toMontgomery(inv(twoAdicRoot(k)))));
    await this.pool.run([
      { kernel: "fillTwiddles", args: [tables.inverseTwiddles, maxLogSize, inverseRoots, MONTGOMERY_ONE] },
      { kernel: "fillPoints", args: [tables.points, maxLogSize, toMontgomery(GENERATOR), pointSteps] },
      { kernel: "fillPoints", args: [tables.inversePoints, Math.max(0, maxLogSize - 1), MONTGOMERY_ONE, inverseSteps] },
    ]);
    arena.release(mark);
  }

  /** The constants of the tree of remainders (assembly/matrix.ts) of shift * <w_logSize>: word 2^d + r is shift^(2^(logSize-1-d)) w_(d+1)^rev_d(r). */
  async cosetNodes(logSize: number, shift: Felt): Promise<number> {
    const { arena, tables: { nodes } } = this;
    const name = `${logSize},${shift}`;
    if (this.#nodesOf === name) return nodes;
    const mark = arena.mark;
    const steps = arena.allocateWords(Array.from({ length: logSize }, (_, m) => toMontgomery(twoAdicRoot(m + 2))));
    await this.pool.run(Array.from({ length: logSize }, (_, depth) => ({
      kernel: "fillPoints", args: [nodes + 4 * 2 ** depth, depth, toMontgomery(pow(shift, 2 ** (logSize - 1 - depth))), steps],
    })));
    arena.release(mark);
    this.#nodesOf = name;
    return nodes;
  }

  /** Throws DomainTooLarge if the tables do not reach this size. */
  requireSize(logSize: number): void {
    if (logSize > this.maxLogSize) {
      throw new DomainTooLarge(`codeword of 2^${logSize}: the engine was started for at most 2^${this.maxLogSize}`);
    }
  }

  /** Cuts [0, count) into pieces of whole `grain`s, several per thread, and makes a task of each. */
  split(count: number, grain: number, task: (start: number, end: number) => KernelTask): KernelTask[] {
    const pieces = Math.max(1, Math.min(Math.floor(count / grain), 4 * this.pool.threadCount));
    const size = Math.ceil(count / pieces / grain) * grain;
    const tasks: KernelTask[] = [];
    for (let start = 0; start < count; start += size) tasks.push(task(start, Math.min(count, start + size)));
    return tasks;
  }

  /** A block holding one element of E in Montgomery form. */
  allocateExt(value: Ext): number {
    return this.arena.allocateWords(value.map(toMontgomery));
  }

  /** The element of E at an address. */
  readExt(address: number): Ext {
    const [a, b, c, d] = this.arena.words(address, 4);
    return [fromMontgomery(a as number), fromMontgomery(b as number), fromMontgomery(c as number), fromMontgomery(d as number)];
  }

  /** A zeroed block. */
  allocateZero(byteCount: number): number {
    const address = this.arena.allocate(byteCount);
    this.arena.words(address, Math.ceil(byteCount / 4)).fill(0);
    return address;
  }
}
