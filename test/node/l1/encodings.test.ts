// L1 headers, transactions and blooms against implementations we did not write: @ethereumjs/block, ethers, and mainnet's
// genesis header.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBlockHeader } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { Bloom } from '@ethereumjs/vm';
import { Transaction, Wallet, hexlify } from 'ethers';
import fc from 'fast-check';
import { toHex } from '@keyfall/protocol';
import { bloomMayContain, bloomOf } from '../../../node/l1/bloom.ts';
import { LyingL1Fault, RetryableL1Fault } from '../../../node/l1/fault.ts';
import { readHeader } from '../../../node/l1/header.ts';
import { hexOf } from '../../../node/l1/hex.ts';
import { encodeTransaction } from '../../../node/l1/transaction.ts';

const WALLET = new Wallet('0x' + '42'.repeat(32));
const ZERO_32 = `0x${'00'.repeat(32)}`;
const EMPTY_TRIE = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
/** Ethereum mainnet, block 0. */
const GENESIS = {
  parentHash: ZERO_32, sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347', miner: `0x${'00'.repeat(20)}`,
  stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544', transactionsRoot: EMPTY_TRIE, receiptsRoot: EMPTY_TRIE, logsBloom: `0x${'00'.repeat(256)}`,
  difficulty: '0x400000000', number: '0x0', gasLimit: '0x1388', gasUsed: '0x0', timestamp: '0x0', extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
  mixHash: ZERO_32, nonce: '0x0000000000000042', hash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
};
const hex = (bytes: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => toHex(value));
const wei = fc.bigInt({ min: 0n, max: 2n ** 80n });

describe('L1 headers', () => {
  it('hash mainnet’s genesis to its well-known hash', () => {
    assert.equal(readHeader(GENESIS).hash, GENESIS.hash);
  });

  it('hash as @ethereumjs/block does, for every fork that changed the header', () => {
    for (const hardfork of [Hardfork.Chainstart, Hardfork.London, Hardfork.Shanghai, Hardfork.Cancun, Hardfork.Prague, Hardfork.Osaka]) {
      const common = new Common({ chain: Mainnet, hardfork });
      const header = createBlockHeader({ number: 20_000_000n, timestamp: 1_800_000_000n, gasLimit: 30_000_000n, extraData: Uint8Array.of(1, 2, 3) }, { common, skipConsensusFormatValidation: true });
      const json = { ...header.toJSON(), miner: header.coinbase.toString(), sha3Uncles: header.toJSON().uncleHash, transactionsRoot: header.toJSON().transactionsTrie, receiptsRoot: header.toJSON().receiptTrie, hash: hexlify(header.hash()) };
      assert.equal(readHeader(json).hash, hexlify(header.hash()), hardfork);
    }
  });

  it('are refused when any one field is changed, missing or of another form', () => {
    const block = { ...GENESIS, baseFeePerGas: undefined };
    for (const name of Object.keys(GENESIS).filter((key) => key !== 'hash')) {
      const value = String(GENESIS[name as keyof typeof GENESIS]);
      const changed = value.endsWith('1') ? `${value.slice(0, -1)}2` : `${value.slice(0, -1)}1`;
      assert.throws(() => readHeader({ ...block, [name]: changed }), (fault) => fault instanceof LyingL1Fault && fault.code === 'forged-header', name);
      for (const bad of [undefined, null, 7, '', '0x', '0xzz', [value]]) {
        if (name === 'extraData' && bad === '0x') continue;
        assert.throws(() => readHeader({ ...block, [name]: bad }), (fault) => fault instanceof RetryableL1Fault && fault.code === 'malformed', `${name} = ${String(bad)}`);
      }
    }
    assert.throws(() => readHeader({ ...GENESIS, withdrawalsRoot: ZERO_32 }), (fault) => fault instanceof RetryableL1Fault);
    for (const notABlock of [null, undefined, 'x', 1, []]) assert.throws(() => readHeader(notABlock), RetryableL1Fault);
  });
});

describe('L1 transactions', () => {
  const quantity = (value: bigint | number | null): string => `0x${BigInt(value ?? 0).toString(16)}`;
  /** As a node's JSON-RPC shows a signed transaction. */
  const jsonOf = (tx: Transaction): Record<string, unknown> => ({
    type: quantity(tx.type), chainId: quantity(tx.chainId), nonce: quantity(tx.nonce), gas: quantity(tx.gasLimit), to: tx.to, value: quantity(tx.value), input: tx.data,
    gasPrice: quantity(tx.gasPrice), maxFeePerGas: quantity(tx.maxFeePerGas), maxPriorityFeePerGas: quantity(tx.maxPriorityFeePerGas), accessList: tx.accessList ?? [],
    maxFeePerBlobGas: quantity(tx.maxFeePerBlobGas), blobVersionedHashes: tx.blobVersionedHashes ?? [],
    authorizationList: (tx.authorizationList ?? []).map((item) => ({ chainId: quantity(item.chainId), address: item.address, nonce: quantity(item.nonce), yParity: quantity(item.signature.yParity), r: quantity(BigInt(item.signature.r)), s: quantity(BigInt(item.signature.s)) })),
    r: quantity(BigInt(tx.signature?.r ?? 0)), s: quantity(BigInt(tx.signature?.s ?? 0)), v: tx.type === 0 ? quantity(tx.signature?.legacyChainId === null ? BigInt(tx.signature.v) : BigInt(tx.signature?.networkV ?? tx.signature?.v ?? 0)) : quantity(tx.signature?.yParity ?? 0), yParity: quantity(tx.signature?.yParity ?? 0),
  });

  it('of every type have the bytes that ethers gives them', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(0, 1, 2, 3, 4), fc.nat(1_000_000), wei, wei, wei, fc.uint8Array({ maxLength: 80 }), fc.array(fc.tuple(hex(20), fc.array(hex(32), { maxLength: 2 })), { maxLength: 2 }), hex(20), fc.boolean(), async (type, nonce, value, fee, tip, data, list, to, isCreate) => {
      const fees = type < 2 ? { gasPrice: fee } : { maxFeePerGas: fee + tip, maxPriorityFeePerGas: tip };
      const authorization = await WALLET.authorize({ address: to, chainId: 1n, nonce: 3n });
      const raw = await WALLET.signTransaction({
        type, chainId: 1, nonce, value, gasLimit: 21_000 + nonce, data: toHex(data), to: isCreate && type < 3 ? null : to, ...fees,
        ...(type >= 1 ? { accessList: list.map(([address, storageKeys]) => ({ address, storageKeys })) } : {}),
        ...(type === 3 ? { maxFeePerBlobGas: fee, blobVersionedHashes: [`0x01${'ab'.repeat(31)}`] } : {}), ...(type === 4 ? { authorizationList: [authorization] } : {}),
      });
      assert.equal(hexOf(encodeTransaction(jsonOf(Transaction.from(raw)))), raw);
    }), { numRuns: 60 });
  });

  it('of a type after Osaka are malformed, not guessed', () => {
    assert.throws(() => encodeTransaction({ type: '0x5' }), (fault) => fault instanceof RetryableL1Fault && fault.code === 'malformed');
  });
});

describe('log blooms', () => {
  it('are those of @ethereumjs/vm, and contain whatever was put in', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 4 })), { maxLength: 6 }), (logs) => {
      const ours = bloomOf(logs.map(([address, topics]) => ({ address, topics })));
      const theirs = new Bloom();
      for (const item of logs.flatMap(([address, topics]) => [address, ...topics])) {
        theirs.add(item);
        assert.ok(bloomMayContain(ours, item));
      }
      assert.deepEqual([...ours], [...theirs.bitvector]);
    }));
  });
});
