// An unmodified ERC-20 for the benchmark: the one of Uniswap V2's own tests, as published on npm.
//
// Owns: its deployment and the senders' first balances. Does not own: the transfers (workload.ts).

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { encodeRlp } from '../execute/rlp.ts';
import { keccak256 } from '../execute/crypto.ts';
import { load, type RpcClient } from './load.ts';
import { signedBy, tokenTransferData, type Sender } from './workload.ts';

const SUPPLY = 10n ** 30n;
const SHARE = 10n ** 24n;

/** Deploys the token with its whole supply at the sender; its address. */
export async function deployToken(client: RpcClient, sender: Sender): Promise<Uint8Array> {
  const path = createRequire(import.meta.url).resolve('@uniswap/v2-core/build/ERC20.json');
  const { bytecode } = JSON.parse(readFileSync(path, 'utf8')) as { bytecode: string };
  const address = keccak256(encodeRlp([sender.address, sender.nonce])).slice(12);
  const data = Buffer.from(bytecode.replace(/^0x/, '') + SUPPLY.toString(16).padStart(64, '0'), 'hex');
  const { mined, firstRefusal } = await load(client, [signedBy(sender, { to: undefined, value: 0n, gasLimit: 3_000_000n, data })], 240);
  if (mined === 0) throw new Error(`the token's deployment was not mined: ${firstRefusal ?? 'too slow'}`);
  const code = await client.call('eth_getCode', [`0x${Buffer.from(address).toString('hex')}`, 'latest']);
  if (code === '0x') throw new Error('the token was not deployed');
  return address;
}

/** A share of the supply for every other sender. */
export function fundSenders(senders: readonly Sender[], token: Uint8Array): Uint8Array[] {
  const [owner, ...others] = senders;
  if (owner === undefined) throw new RangeError('expected at least one sender');
  return others.map(({ address }) => signedBy(owner, { to: token, value: 0n, gasLimit: 80_000n, data: tokenTransferData(address, SHARE) }));
}
