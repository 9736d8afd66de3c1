// Block 0 of the L2 from its allocation: state root and header hash (SPEC 6). Owns the second computation of it, beside the node's:
// trie by @ethereumjs/mpt, header by ethers' RLP, nothing shared with the engine that executes. The Rollup is deployed with these.

import { createMPT } from '@ethereumjs/mpt';
import { AbiCoder, concat, encodeRlp, getBytes, keccak256, sha256, stripZerosLeft, toBeHex } from 'ethers';
import { evaluateNumber } from './constants.ts';
import { predeployAddress, type GenesisAccount } from './genesis.ts';

const ZERO_HASH = `0x${'00'.repeat(32)}`;
const EMPTY_TRIE = keccak256(encodeRlp('0x'));
const EXTRA_DATA = '0x4b657966616c6c';

export interface GenesisHead {
  readonly hash: string;
  readonly stateRoot: string;
}

function quantity(value: bigint): string {
  return value === 0n ? '0x' : stripZerosLeft(toBeHex(value));
}

async function stateRootOf(alloc: Readonly<Record<string, GenesisAccount>>): Promise<string> {
  const trie = await createMPT({ useKeyHashing: true });
  for (const [address, { balance, nonce, code, storage }] of Object.entries(alloc)) {
    if (Object.keys(storage).length !== 0) throw new Error(`expected no storage in the genesis, ${address} has some`);
    const account = encodeRlp([quantity(BigInt(nonce)), quantity(BigInt(balance)), EMPTY_TRIE, keccak256(code)]);
    await trie.put(getBytes(address), getBytes(account));
  }
  return `0x${Buffer.from(trie.root()).toString('hex')}`;
}

/** @param constants text of Constants.sol */
export async function computeGenesisHead(alloc: Readonly<Record<string, GenesisAccount>>, constants: string): Promise<GenesisHead> {
  const number = (name: string): bigint => {
    const match = new RegExp(`uint256 internal constant ${name} = ([^;]+);`).exec(constants);
    if (match?.[1] === undefined) throw new Error(`expected a constant ${name}`);
    return evaluateNumber(match[1]);
  };
  const stateRoot = await stateRootOf(alloc);
  const mixHash = keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [ZERO_HASH, 0n]));
  const header = encodeRlp([
    ZERO_HASH, keccak256(encodeRlp([])), predeployAddress('FEE_VAULT'), stateRoot, EMPTY_TRIE, EMPTY_TRIE, concat(Array<string>(8).fill(ZERO_HASH)),
    '0x', '0x', quantity(number('BLOCK_GAS_LIMIT')), '0x', '0x', EXTRA_DATA, mixHash, '0x0000000000000000',
    quantity(number('GENESIS_BASE_FEE_WEI')), EMPTY_TRIE, '0x', '0x', ZERO_HASH, sha256('0x'),
  ]);
  return { hash: keccak256(header), stateRoot };
}
