// From the Rollup's address alone to everything a fresh node needs to follow it.
//
// Owns: reading the contracts' parameters at one verified block and finding the block to start from. Does not own: trust in
// an endpoint's eth_call, which no root proves here. A false answer cannot be adopted unseen: a false Inbox or a start that
// is too late breaks the message indices or the accumulators of the first commit (node/derive/ledger.ts), a false genesis
// hash differs from the one this node computes, and profile and time scale follow from L1's chain id.
// Invariant: the start is a verified header below every event of the Rollup and its Inbox, if the endpoint told the truth.

import { DEVNET_L1_CHAIN_ID, toHex, type Hex } from '@keyfall/protocol';
import { contractInterface } from './contracts.ts';
import { FatalL1Fault, LyingL1Fault, RetryableL1Fault } from './fault.ts';
import { hexOf, hexQuantity, readAddress, readData } from './hex.ts';
import { L1Reader, readChainId } from './reader.ts';
import type { L1Rpc } from './rpc.ts';
import type { L1Point } from './api.ts';

export interface RollupParameters {
  readonly rollup: Hex;
  readonly inbox: Hex;
  readonly lifecycle: Hex;
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly genesisHash: Hex;
  /** "training-devnet" or "mainnet". */
  readonly chainProfile: string;
  /** Protocol durations are divided by it; 1 but on the devnet. */
  readonly timeScale: bigint;
  /** L1 block before the first that can hold an event. */
  readonly start: L1Point;
}

export interface DiscoveryOptions {
  readonly rpc: L1Rpc;
  readonly rollup: string;
  /** Refuse another L1. undefined = take the endpoint's. */
  readonly l1ChainId?: bigint;
  /** L1 block of the first deployment, for an endpoint without old states. undefined = searched. */
  readonly deployBlock?: bigint;
}

/** @throws FatalL1Fault 'no-contract' | 'wrong-chain' | 'unknown-parameters'; RetryableL1Fault; LyingL1Fault, also for a profile that cannot be on this L1 */
export async function discoverRollup(options: DiscoveryOptions, signal?: AbortSignal): Promise<RollupParameters> {
  const { rpc } = options;
  const rollup = readAddress(options.rollup, 'rollup address');
  const l1ChainId = await readChainId(rpc, options.l1ChainId, signal);
  const reader = new L1Reader({ rpc, addresses: [], follow: 'latest' });
  const { head } = await reader.tips(signal);
  const read = async (contract: 'Rollup' | 'Inbox' | 'Clock', address: Hex, name: string): Promise<unknown> => await callView(rpc, contract, address, name, head.hash, signal);
  if (await codeLength(rpc, rollup, hexQuantity(head.number), signal) === 0) {
    throw new FatalL1Fault('no-contract', `Rollup: expected a contract at ${rollup} on L1 ${l1ChainId}, block ${head.number} has none`, rpc.endpoint);
  }
  const inbox = readAddress(await read('Rollup', rollup, 'INBOX'), 'Rollup.INBOX()');
  const backReference = readAddress(await read('Inbox', inbox, 'ROLLUP'), 'Inbox.ROLLUP()');
  if (backReference !== rollup) throw new FatalL1Fault('no-contract', `Inbox ${inbox}: expected it to name the Rollup ${rollup}, it names ${backReference}`, rpc.endpoint);
  const clock = readAddress(await read('Rollup', rollup, 'CLOCK'), 'Rollup.CLOCK()');
  const lifecycle = readAddress(await read('Rollup', rollup, 'LIFECYCLE'), 'Rollup.LIFECYCLE()');
  const deployBlock = options.deployBlock ?? await firstBlockWithCode(rpc, [rollup, inbox], head.number, signal);
  const startNumber = deployBlock > 0n ? deployBlock - 1n : 0n;
  const [start] = await reader.headers(startNumber, startNumber, signal);
  if (start === undefined) throw new RetryableL1Fault('missing', `L1 endpoint: no block ${startNumber}`, rpc.endpoint);
  const chainProfile = String(await read('Rollup', rollup, 'chainProfile'));
  const timeScale = BigInt(await read('Clock', clock, 'TIME_SCALE') as bigint);
  checkProfile(l1ChainId, chainProfile, timeScale, rpc.endpoint);
  return {
    rollup, inbox, lifecycle, l1ChainId, l2ChainId: BigInt(await read('Rollup', rollup, 'l2ChainId') as bigint),
    genesisHash: toHex(readData(await read('Rollup', rollup, 'genesisHash'), 'Rollup.genesisHash()', 32)),
    timeScale, chainProfile, start: { number: start.number, hash: start.hash },
  };
}

/**
 * The profile and the time scale rest on an eth_call alone, and how final a block is rests on them. L1's chain id, which `--l1-chain-id` pins,
 * settles both: every deployment on the devnet's id is a training devnet, no other is, and there the Clock takes no other scale than 1.
 */
function checkProfile(l1ChainId: bigint, chainProfile: string, timeScale: bigint, endpoint: string | undefined): void {
  const isDevnet = l1ChainId === DEVNET_L1_CHAIN_ID;
  const expected = isDevnet ? 'training-devnet' : 'mainnet';
  if (chainProfile !== expected) throw new LyingL1Fault('contradiction', `Rollup.chainProfile(): expected "${expected}" on L1 ${l1ChainId}, got ${JSON.stringify(chainProfile.slice(0, 80))}`, endpoint);
  if (timeScale < 1n || (timeScale !== 1n && !isDevnet)) throw new LyingL1Fault('contradiction', `Clock.TIME_SCALE(): expected ${isDevnet ? 'at least 1' : '1'} on L1 ${l1ChainId}, got ${timeScale}`, endpoint);
}

const interfaces = new Map<string, ReturnType<typeof contractInterface>>();

/** One view without arguments, at the block with this hash. */
export async function callView(rpc: L1Rpc, contract: string, address: Hex, name: string, blockHash: Hex | 'latest', signal?: AbortSignal, args: readonly unknown[] = []): Promise<unknown> {
  const abi = interfaces.get(contract) ?? contractInterface(contract);
  interfaces.set(contract, abi);
  const block = blockHash === 'latest' ? 'latest' : { blockHash };
  const answer = readData(await rpc.call('eth_call', [{ to: address, data: abi.encodeFunctionData(name, [...args]) }, block], signal), `${contract}.${name}()`);
  try {
    const decoded: unknown = abi.decodeFunctionResult(name, hexOf(answer))[0];
    return decoded;
  } catch (cause) {
    throw new FatalL1Fault('no-contract', `${contract} at ${address}: ${name}() gave ${answer.length} bytes that are not its result`, rpc.endpoint, { cause });
  }
}

async function codeLength(rpc: L1Rpc, address: Hex, block: string, signal: AbortSignal | undefined): Promise<number> {
  return readData(await rpc.call('eth_getCode', [address, block], signal), 'eth_getCode').length;
}

/** Headers of a chain up to this long are read from the beginning when old states are gone: minutes, not hours. */
const LONGEST_FULL_SCAN = 1_000_000n;

/**
 * Lowest block in which any of the contracts has code; they never lose it (Osaka keeps code that was not created in the same
 * transaction). 0 if the endpoint has no old states and the chain is short enough to be read whole.
 */
async function firstBlockWithCode(rpc: L1Rpc, addresses: readonly Hex[], headNumber: bigint, signal: AbortSignal | undefined): Promise<bigint> {
  const hasCode = async (block: bigint): Promise<boolean | undefined> => {
    try {
      const lengths = await Promise.all(addresses.map(async (address) => await codeLength(rpc, address, hexQuantity(block), signal)));
      return lengths.some((length) => length > 0);
    } catch (cause) {
      if (!(cause instanceof RetryableL1Fault) || cause.rpc === undefined) throw cause;
      if (headNumber <= LONGEST_FULL_SCAN) return undefined;
      throw new FatalL1Fault('unknown-parameters', `L1 endpoint: it has no state of block ${block}, which finding the deployment needs; give the deployment's block, or an archive endpoint`, rpc.endpoint, { cause });
    }
  };
  let [low, high] = [0n, headNumber];
  while (low < high) {
    const middle = (low + high) / 2n;
    const found = await hasCode(middle);
    if (found === undefined) return 0n;
    if (found) high = middle;
    else low = middle + 1n;
  }
  return low;
}
