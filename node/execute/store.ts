// The state as it is kept: flat accounts, slots and code, trie nodes by path, and what each block replaced.
//
// Owns: the key layout, reads at the latest and at any retained block, the atomic write of a block's changes, their
// reversal and pruning. Does not own: the key-value engine (StateKeyValue), the meaning of a block, the EVM's overlay.
// Layout: n‖path account trie node, n‖hash‖0x10 account, m‖address‖path storage trie node, m‖address‖hash‖0x10 slot (paths
// and hashes in nibbles, one per byte, so that an account lies beside its leaf and a write touches few pages),
// c‖codeHash code (never deleted), b‖number header RLP, h‖key‖0xff‖number what block `number` replaced under key,
// d‖number the keys it replaced, M meta. No versioned key contains 0xff where another ends, so histories never mix.
// Invariant: value of key after block N = the earliest h-entry of a block > N, else the latest value. n and m
// are versioned so; a block's changes, history and head pointer are one atomic write.
import { fromKey, toFixedBytes, toKey } from './bytes.ts';
import type { StateKeyValue, StateWrite } from './api.ts';
import { ExecutionFault } from './api.ts';

const TAG = { node: 0x6e, storage: 0x6d, code: 0x63, header: 0x62, history: 0x68, diff: 0x64, meta: 0x4d } as const;
/** Ends the key of a value, as opposed to a node. */
const VALUE = Uint8Array.of(0x10);
const HISTORY = Uint8Array.of(0xff);

const ABSENT = Uint8Array.of(0);
/** Headers kept however few states are: BLOCKHASH reaches back 256 blocks. */
const MINIMUM_HEADERS = 256n;

/** tag ‖ parts. */
function stateKey(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 1;
  for (const part of parts) length += part.length;
  const key = new Uint8Array(length);
  key[0] = tag;
  let offset = 1;
  for (const part of parts) {
    key.set(part, offset);
    offset += part.length;
  }
  return key;
}

const numberKey = (tag: number, blockNumber: bigint): Uint8Array => stateKey(tag, toFixedBytes(blockNumber, 8));
const META_HEAD = stateKey(TAG.meta, Uint8Array.of(0));
const META_OLDEST = stateKey(TAG.meta, Uint8Array.of(1));

const META_GENESIS = stateKey(TAG.meta, Uint8Array.of(2));
const META_UNFINISHED = stateKey(TAG.meta, Uint8Array.of(3));

function historyKey(key: Uint8Array, blockNumber: bigint): Uint8Array {
  return stateKey(TAG.history, key, HISTORY, toFixedBytes(blockNumber, 8));
}

/** Key of an account; `hashNibbles` of its address. */
export function accountKey(hashNibbles: Uint8Array): Uint8Array {
  return stateKey(TAG.node, hashNibbles, VALUE);
}

/** Key of a slot; `hashNibbles` of its number. */
export function slotKey(address: Uint8Array, hashNibbles: Uint8Array): Uint8Array {
  return stateKey(TAG.storage, address, hashNibbles, VALUE);
}

/** Prefix, as a map key, of the nodes of the account trie, or of an account's storage trie. */
export function nodePrefix(addressKey: string | undefined): string {
  return addressKey === undefined ? String.fromCharCode(TAG.node) : String.fromCharCode(TAG.storage) + addressKey;
}

/** Prefix of everything an account stores. */
export function storagePrefix(address: Uint8Array): Uint8Array {
  return stateKey(TAG.storage, address);
}

/** One versioned key's new value; `before` is the committed value it replaces. */
export interface VersionedChange { key: Uint8Array; before: Uint8Array | undefined; after: Uint8Array | undefined }
export interface BlockChanges { versioned: readonly VersionedChange[]; code: readonly { hash: Uint8Array; code: Uint8Array }[] }

/** Versioned reads and writes of one engine over its key-value store. */
export class StateStore {
  readonly #kv: StateKeyValue;
  readonly #retained: bigint | undefined;
  #head: bigint | undefined;
  #oldest = 0n;
  /** Set while a write is under way: the latest values may be those of either block until it resolves. */
  #isWriting = false;
  /** Target of every unwind so far, so that a reader of a block that is gone notices. */
  readonly #unwindTargets: bigint[] = [];

  constructor(kv: StateKeyValue, retainedBlocks: bigint | undefined) {
    if (retainedBlocks !== undefined && retainedBlocks < 1n) throw new RangeError(`expected retainedBlocks of at least 1, got ${retainedBlocks}`);
    this.#kv = kv;
    this.#retained = retainedBlocks;
    const head = kv.get(META_HEAD);
    if (head !== undefined) this.#head = readNumber(head);
    const oldest = kv.get(META_OLDEST);
    if (oldest !== undefined) this.#oldest = readNumber(oldest);
  }

  /** Number of the committed head; undefined before genesis. */
  get head(): bigint | undefined {
    return this.#head;
  }

  get oldestRetained(): bigint {
    return this.#oldest;
  }

  /** Pass to assertReadable later. */
  get unwindCount(): number {
    return this.#unwindTargets.length;
  }

  /** Throws unless block `blockNumber` is committed, retained, and the same block as when unwindCount was `since`. */
  assertReadable(blockNumber: bigint, since: number): void {
    if (this.#head === undefined || blockNumber > this.#head || blockNumber < this.#oldest) {
      throw new ExecutionFault('not-retained', `expected a block from ${this.#oldest} to ${this.#head ?? 'none'}, got ${blockNumber}`);
    }
    for (let i = since; i < this.#unwindTargets.length; i++) {
      if (this.#unwindTargets[i]! < blockNumber) throw new ExecutionFault('not-retained', `block ${blockNumber} was unwound while its state was being read`);
    }
  }

  /** Value of a versioned key after block `blockNumber`, which must be retained. */
  read(key: Uint8Array, blockNumber: bigint): Uint8Array | undefined {
    if (blockNumber === this.#head && !this.#isWriting) return this.#kv.get(key);
    // The latest value is read before the history: if a write lands in between, its history entry is then found.
    const latest = this.#kv.get(key);
    const replaced = this.#kv.first(historyKey(key, blockNumber + 1n), historyKey(key, 0xffffffffffffffffn));
    if (replaced === undefined) return latest;
    return replaced.value[0] === 0 ? undefined : replaced.value.subarray(1);
  }

  /** Code by hash: content-addressed, the same at every block. */
  code(hash: Uint8Array): Uint8Array | undefined {
    return this.#kv.get(stateKey(TAG.code, hash));
  }

  /** Header RLP of a block on the committed chain. */
  header(blockNumber: bigint): Uint8Array | undefined {
    return this.#kv.get(numberKey(TAG.header, blockNumber));
  }

  /** Versioned keys with this prefix that exist at the head. Only for the rare clearing of an old account's storage. */
  headKeys(prefix: Uint8Array): Uint8Array[] {
    const end = prefix.slice();
    let last = end.length - 1;
    while (last >= 0 && end[last] === 255) last--;
    if (last < 0) throw new RangeError('expected a prefix below ff..ff');
    end[last]! += 1;
    const keys: Uint8Array[] = [];
    let from = prefix;
    for (;;) {
      const entry = this.#kv.first(from, end.subarray(0, last + 1));
      if (entry === undefined) return keys;
      const key = entry.key.slice();
      keys.push(key);
      from = stateKey(key[0]!, key.subarray(1), Uint8Array.of(0));
    }
  }

  /** Digest of the genesis input this store was made from; undefined before genesis. */
  get genesisDigest(): Uint8Array | undefined {
    return this.#kv.get(META_GENESIS)?.slice();
  }

  /** Removes what a genesis that never finished left behind. */
  async clearUnfinishedGenesis(): Promise<void> {
    if (this.#head !== undefined || this.#kv.get(META_UNFINISHED) === undefined) return;
    for (const tag of [TAG.node, TAG.storage]) await this.#write(this.headKeys(Uint8Array.of(tag)).map((key) => ({ key, value: undefined })));
  }

  /** Writes a part of a genesis too large for one write; until commitGenesis the store counts as empty. */
  async stageGenesis(changes: BlockChanges): Promise<void> {
    if (this.#head !== undefined) throw new ExecutionFault('stale-block', 'expected an empty store to stage a genesis in');
    await this.#write([{ key: META_UNFINISHED, value: ABSENT }, ...writesOf(changes)]);
  }

  /** Raw account trie node staged so far. */
  stagedNode(path: string): Uint8Array | undefined {
    return this.#kv.get(fromKey(nodePrefix(undefined) + path))?.slice();
  }

  /** Writes block 0, with the last part of its state. */
  async commitGenesis(headerRaw: Uint8Array, changes: BlockChanges, digest: Uint8Array): Promise<void> {
    await this.commit(0n, headerRaw, changes, [{ key: META_GENESIS, value: digest }, { key: META_UNFINISHED, value: undefined }]);
  }

  /** Writes block `blockNumber` = head + 1 with its changes, history and the caller's writes, atomically. @param onMoved runs in the same turn in which the head moves */
  async commit(blockNumber: bigint, headerRaw: Uint8Array, changes: BlockChanges, alongside: readonly StateWrite[], onMoved?: () => void): Promise<void> {
    const expected = this.#head === undefined ? 0n : this.#head + 1n;
    if (blockNumber !== expected) throw new ExecutionFault('stale-block', `expected to commit block ${expected}, got ${blockNumber}`);
    const operations = writesOf(changes);
    if (blockNumber > 0n) this.#recordHistory(blockNumber, changes.versioned, operations);
    operations.push({ key: numberKey(TAG.header, blockNumber), value: headerRaw }, { key: META_HEAD, value: toFixedBytes(blockNumber, 8) });
    const oldest = this.#prune(blockNumber, operations);
    operations.push(...alongside);
    await this.#write(operations);
    this.#head = blockNumber;
    this.#oldest = oldest;
    onMoved?.();
  }

  #recordHistory(blockNumber: bigint, changes: readonly VersionedChange[], operations: StateWrite[]): void {
    let length = 0;
    for (const { key } of changes) length += 1 + key.length;
    const keys = new Uint8Array(length);
    let offset = 0;
    for (const { key, before } of changes) {
      operations.push({ key: historyKey(key, blockNumber), value: before === undefined ? ABSENT : stateKey(1, before) });
      keys[offset] = key.length;
      keys.set(key, offset + 1);
      offset += 1 + key.length;
    }
    operations.push({ key: numberKey(TAG.diff, blockNumber), value: keys });
  }

  /** Adds the deletion of what the new head makes too old; returns the oldest block then readable. */
  #prune(head: bigint, operations: StateWrite[]): bigint {
    if (this.#retained === undefined) return this.#oldest;
    let oldest = this.#oldest;
    // At most two blocks' worth at a time, so that lowering the retention of an old store never stalls one block.
    for (let step = 0; step < 2 && head - oldest >= this.#retained; step++) {
      oldest += 1n;
      for (const key of this.#changedKeys(oldest)) operations.push({ key: historyKey(key, oldest), value: undefined });
      operations.push({ key: numberKey(TAG.diff, oldest), value: undefined });
    }
    const headersFrom = head - (this.#retained > MINIMUM_HEADERS ? this.#retained : MINIMUM_HEADERS);
    if (headersFrom > 0n) operations.push({ key: numberKey(TAG.header, headersFrom - 1n), value: undefined });
    if (oldest !== this.#oldest) operations.push({ key: META_OLDEST, value: toFixedBytes(oldest, 8) });
    return oldest;
  }

  #changedKeys(blockNumber: bigint): Uint8Array[] {
    const packed = this.#kv.get(numberKey(TAG.diff, blockNumber));
    if (packed === undefined) throw new ExecutionFault('store-corrupt', `expected the changes of block ${blockNumber}, found none`);
    const keys: Uint8Array[] = [];
    for (let offset = 0; offset < packed.length; ) {
      const end = offset + 1 + packed[offset]!;
      keys.push(packed.slice(offset + 1, end));
      offset = end;
    }
    return keys;
  }

  /** Makes `target` the head again, atomically with the caller's writes. */
  async unwind(target: bigint, alongside: readonly StateWrite[]): Promise<void> {
    const head = this.#head;
    if (head === undefined || target > head || target < this.#oldest) {
      throw new ExecutionFault('not-retained', `expected a block from ${this.#oldest} to ${head ?? 'none'} to unwind to, got ${target}`);
    }
    if (target === head && alongside.length === 0) return;
    // Newest first, so that the oldest block's replaced value is the one that remains.
    const restored = new Map<string, StateWrite>();
    const operations: StateWrite[] = [];
    for (let blockNumber = head; blockNumber > target; blockNumber--) {
      for (const key of this.#changedKeys(blockNumber)) {
        const entry = this.#kv.get(historyKey(key, blockNumber));
        if (entry === undefined) throw new ExecutionFault('store-corrupt', `expected what block ${blockNumber} replaced, found none`);
        restored.set(toKey(key), { key, value: entry[0] === 0 ? undefined : entry.slice(1) });
        operations.push({ key: historyKey(key, blockNumber), value: undefined });
      }
      operations.push({ key: numberKey(TAG.diff, blockNumber), value: undefined }, { key: numberKey(TAG.header, blockNumber), value: undefined });
    }
    operations.push(...restored.values(), { key: META_HEAD, value: toFixedBytes(target, 8) }, ...alongside);
    await this.#write(operations);
    this.#head = target;
    this.#unwindTargets.push(target);
  }

  async #write(operations: readonly StateWrite[]): Promise<void> {
    if (this.#isWriting) throw new ExecutionFault('stale-block', 'expected one commit or unwind at a time');
    this.#isWriting = true;
    try {
      await this.#kv.write(operations);
    } finally {
      this.#isWriting = false;
    }
  }
}

function writesOf({ versioned, code }: BlockChanges): StateWrite[] {
  const operations: StateWrite[] = versioned.map(({ key, after }) => ({ key, value: after }));
  for (const { hash, code: bytes } of code) operations.push({ key: stateKey(TAG.code, hash), value: bytes });
  return operations;
}

function readNumber(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}
