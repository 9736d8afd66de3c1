// P-200 The contracts' walk through tries against clients we did not write: whatever is done to a proof, with every hash above the change made
// right again so that only its form is left to judge, the walk accepts nothing that @ethereumjs/mpt and OpenZeppelin do not, and where
// it is stricter the reason is one of those named here.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { createAccountFromRLP } from '@ethereumjs/util';
import { Contract, ContractFactory, JsonRpcProvider, decodeRlp, encodeRlp, getBytes, hexlify, keccak256, toBeHex } from 'ethers';
import { startAnvil, type Anvil } from '../node/l1/harness/anvil.ts';
import { compileSupport } from './compile.ts';
import { accountRlp, buildTrie } from './trie.ts';

/** Faults by which the walk may refuse what the client takes, each with its reason. The order is MerklePatricia.Fault's. */
const FAULTS = ['ElementMissing', 'HashMismatch', 'NodeTooShort', 'LengthInvalid', 'NotAList', 'ItemCount', 'ChildInvalid', 'ChildEmpty', 'BranchValue', 'PathInvalid', 'PathMismatch', 'ElementsLeft', 'ValueEmpty', 'ValueInvalid'];
const STRICTER: Readonly<Record<string, string>> = {
  HashMismatch: 'the client looks nodes up by hash, so their order and number are free; one value has one proof here',
  ElementsLeft: 'the same: what is not needed is not ignored',
  PathInvalid: 'spare bits of an even hex prefix, which the client does not read',
  BranchValue: 'keys have one length, so a branch holds no value',
  ChildInvalid: 'children off the path must be references, too',
  LengthInvalid: 'lengths are the shortest, off the path as well',
};

let anvil: Anvil;
let provider: JsonRpcProvider;
let readers: Contract;

before(async () => {
  anvil = await startAnvil();
  await anvil.rpc('evm_setAutomine', true);
  provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, pollingInterval: 20, batchMaxCount: 1 });
  const { abi, bytecode } = compileSupport('TrieReaders')['TrieReaders']!;
  const deployed = await new ContractFactory(abi, bytecode, await provider.getSigner(0)).deploy();
  await deployed.waitForDeployment();
  readers = new Contract(await deployed.getAddress(), abi, provider);
});
after(async () => {
  provider.destroy();
  await anvil.stop();
});

type Verdict = { readonly value: string } | { readonly refused: string };

async function read(method: 'ours' | 'openZeppelins', root: string, key: string, proof: readonly string[]): Promise<Verdict> {
  try {
    return { value: (await readers.getFunction(method).staticCall(root, keccak256(key), proof)) as string };
  } catch (error) {
    const { data } = error as { data?: string };
    const parsed = data === undefined || data === null ? null : readers.interface.parseError(data);
    return { refused: parsed === null ? 'reverted' : FAULTS[Number(parsed.args[0])] ?? String(parsed.args[0]) };
  }
}

async function client(root: string, key: string, proof: readonly string[]): Promise<Verdict> {
  try {
    const value = await verifyMerkleProof(getBytes(key), proof.map((node) => getBytes(node)), { useKeyHashing: true, root: getBytes(root) });
    return value === null ? { refused: 'absent' } : { value: hexlify(value) };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

/** The proof with one element replaced and the hashes above it made right. */
function relinked(proof: readonly string[], element: number, changed: string): string[] {
  const next = [...proof];
  let [old, now] = [next[element]!, changed];
  next[element] = changed;
  for (let above = element - 1; above >= 0; above -= 1) {
    const replaced = next[above]!.replace(keccak256(old).slice(2), keccak256(now).slice(2));
    [old, now] = [next[above]!, replaced];
    next[above] = replaced;
  }
  return next;
}

/** Every kind of damage to one node. */
function damages(node: string): string[] {
  const bytes = getBytes(node);
  const items = decodeRlp(node) as string[];
  const flips = Array.from({ length: bytes.length }, (_, at) => at).filter((at) => bytes.length < 120 || at < 8 || at % 33 === 4 || at > bytes.length - 3)
    .flatMap((at) => [1, 0x10, 0x80].map((bit) => hexlify(bytes.with(at, bytes[at]! ^ bit))));
  const lists = [items.slice(1), [...items, '0x'], items.toReversed(), items.with(items.length - 1, '0x01'), items.with(0, items[0]!.length > 2 ? `0x${'0'}${items[0]!.slice(3)}` : '0x05'), items.with(0, `0x2f${items[0]!.slice(4)}`)];
  return [...flips, `${node}00`, node.slice(0, -2), `0xf9${toBeHex(bytes.length, 2).slice(2)}${node.slice(2)}`, ...lists.map((list) => encodeRlp(list))];
}

test('P-200 nothing is accepted that a client and OpenZeppelin do not accept, whatever is done to a node', { timeout: 240_000 }, async (t) => {
  const keys = Array.from({ length: 300 }, (_, i) => toBeHex(i * 7 + 1, 32));
  const trie = buildTrie(keys.map((key, i) => ({ key, value: encodeRlp(toBeHex(i + 1)) })));
  const seen: Record<string, number> = { tried: 0, accepted: 0 };
  const judge = async (root: string, key: string, proof: readonly string[]): Promise<void> => {
    seen['tried'] = (seen['tried'] ?? 0) + 1;
    const [ours, theirs] = [await read('ours', root, key, proof), await client(root, key, proof)];
    if ('value' in ours) {
      seen['accepted'] = (seen['accepted'] ?? 0) + 1;
      assert.deepEqual(theirs, ours, 'the client finds the same');
      assert.deepEqual(await read('openZeppelins', root, key, proof), ours, 'and so does OpenZeppelin');
    } else if ('value' in theirs) {
      assert.ok(ours.refused in STRICTER, `refused for ${ours.refused}, which no reason is given for: ${JSON.stringify(proof)}`);
      seen[ours.refused] = (seen[ours.refused] ?? 0) + 1;
    }
  };
  for (const key of [keys[3]!, keys[150]!]) {
    const proof = trie.prove(key);
    await judge(trie.root, key, proof);
    for (let element = 0; element < proof.length; element += 1) {
      for (const changed of damages(proof[element]!)) {
        const next = relinked(proof, element, changed);
        await judge(keccak256(next[0]!), key, next);
      }
      for (const next of [proof.toSpliced(element, 1), proof.toSpliced(element, 0, proof[element]!), proof.with(element, `${proof[element]!}00`)]) await judge(trie.root, key, next);
    }
    for (const next of [[...proof, '0x'], [...proof, proof[0]!], proof.toReversed(), [], trie.prove(keys[4]!)]) await judge(trie.root, key, next);
  }
  t.diagnostic(JSON.stringify(seen));
  assert.ok((seen['tried'] ?? 0) > 300 && (seen['accepted'] ?? 0) >= 2);
});

/** The four fields of an account in their one encoding, else undefined: what a client re-encodes to the same bytes. */
function canonicalAccount(value: string): [bigint, bigint, string, string] | undefined {
  try {
    const { nonce, balance, storageRoot, codeHash } = createAccountFromRLP(getBytes(value));
    const same = accountRlp(nonce, balance, hexlify(storageRoot), hexlify(codeHash)) === value;
    return same ? [nonce, balance, hexlify(storageRoot), hexlify(codeHash)] : undefined;
  } catch {
    return undefined;
  }
}

/** A storage word in its one encoding, never zero, else undefined. */
function canonicalWord(value: string): bigint | undefined {
  try {
    const bytes = decodeRlp(value);
    const isWord = typeof bytes === 'string' && bytes.length > 2 && bytes.length <= 66 && !bytes.startsWith('0x00') && encodeRlp(bytes) === value;
    return isWord ? BigInt(bytes) : undefined;
  } catch {
    return undefined;
  }
}

async function readOr<T>(method: 'account' | 'word', args: readonly unknown[], shape: (result: unknown) => T): Promise<T | undefined> {
  try {
    return shape(await readers.getFunction(method).staticCall(...args));
  } catch {
    return undefined;
  }
}

test('P-200 what is read of an account or a word is what a client reads, whichever bit of the value is changed', { timeout: 240_000 }, async () => {
  const owners = Array.from({ length: 20 }, (_, i) => toBeHex(i * 11 + 1, 20));
  const state = buildTrie(owners.map((owner, i) => ({ key: owner, value: accountRlp(BigInt(i), 10n ** 18n + BigInt(i), keccak256(owner), keccak256('0x')) })));
  const slots = owners.map((owner) => keccak256(owner));
  const storage = buildTrie(slots.map((slot, i) => ({ key: slot, value: encodeRlp(toBeHex(i === 3 ? 0x1234_5678_9abcn : 5n)) })));
  let accepted = 0;
  for (const [trie, key, method] of [[state, owners[3]!, 'account'], [storage, slots[3]!, 'word']] as const) {
    const proof = trie.prove(key);
    const leaf = proof.at(-1)!;
    // From the value on: what is before it is the path, which the test above is about.
    const start = getBytes(leaf).length - getBytes((decodeRlp(leaf) as string[])[1]!).length;
    const bytes = getBytes(leaf);
    for (let at = start; at < bytes.length; at += 1) {
      for (const bit of [1, 0x80]) {
        const next = relinked(proof, proof.length - 1, hexlify(bytes.with(at, bytes[at]! ^ bit)));
        const root = keccak256(next[0]!);
        const seen = await client(root, key, next);
        const value = 'value' in seen ? seen.value : '0x';
        const [ours, expected] = method === 'account'
          ? [await readOr('account', [root, key, next], (result) => [...result as unknown[]]), canonicalAccount(value)]
          : [await readOr('word', [root, key, next], (result) => result), canonicalWord(value)];
        assert.deepEqual(ours, expected, `${method}, byte ${at}, bit ${bit}`);
        if (ours !== undefined) accepted += 1;
      }
    }
  }
  assert.ok(accepted > 100, `${accepted} changes left a value that is one`);
});
