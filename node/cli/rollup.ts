// The rollup a command talks to: its two endpoints and its L1 contracts, from the devnet's manifest or from --l1, --l2 and
// --rollup. Contract addresses other than the Rollup's are read from chain; ABIs come from contracts/abi, which the build
// generates, so that nothing is typed twice.
// Owns connecting and the errors of it. Invariant: an endpoint that does not answer is *unreachable*, one that answers for
// another chain is *failed*; neither is retried for ever.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contract, JsonRpcProvider, Network, getAddress, isAddress } from 'ethers';
import type { ContractRunner, InterfaceAbi } from 'ethers';
import { PREDEPLOYS } from '@keyfall/protocol';
import { CommandFailure, messageOf } from './failure.ts';
import { checkoutRoot } from './home.ts';
import type { Home } from './home.ts';
import { readManifest } from './manifest.ts';

export interface EndpointOptions {
  readonly l1?: string;
  readonly l2?: string;
  readonly rollup?: string;
}

const PROBE_TIMEOUT_MILLISECONDS = 5_000;
const POLL_MILLISECONDS = 500;

/** The generated ABI of a contract. @throws CommandFailure (failed) when the contracts were not built */
export function contractAbi(name: string): InterfaceAbi {
  const path = join(checkoutRoot, 'contracts', 'abi', `${name}.json`);
  if (!existsSync(path)) throw new CommandFailure('failed', `expected the ABI of ${name} at contracts/abi/${name}.json; 'npm run setup' builds it`);
  return JSON.parse(readFileSync(path, 'utf8')) as InterfaceAbi;
}

/** One JSON-RPC call without a library around it: for probing. @throws CommandFailure (unreachable) */
export async function probeRpc(url: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MILLISECONDS),
    });
    const body = (await response.json()) as { result?: unknown; error?: { message?: string } };
    if (body.error !== undefined) throw new Error(body.error.message ?? 'an error without a message');
    return body.result;
  } catch (cause) {
    const reason = cause instanceof TypeError && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
    throw new CommandFailure('unreachable', `${url} does not answer ${method}: ${reason}`, { cause });
  }
}

/** A provider of an endpoint that was just seen to answer. */
export async function connect(url: string): Promise<JsonRpcProvider> {
  if (!URL.canParse(url)) throw new CommandFailure('usage', `expected a URL of a JSON-RPC endpoint, got '${url}'`);
  const chainId = await probeRpc(url, 'eth_chainId');
  if (typeof chainId !== 'string') throw new CommandFailure('failed', `${url}: expected a chain id, got ${JSON.stringify(chainId)}`);
  // Nothing is kept: an answer a quarter of a second old has the nonce of the transaction before, and with an old block number and no block
  // after it a mined transaction would be waited for for ever.
  const provider = new JsonRpcProvider(url, Network.from(BigInt(chainId)), { staticNetwork: true, cacheTimeout: -1 });
  provider.pollingInterval = POLL_MILLISECONDS;
  return provider;
}

/** The rollup's L1 side and L2 side. Contracts are made on demand with whatever is to sign. */
export class RollupConnection {
  readonly l1: JsonRpcProvider;
  readonly l2: JsonRpcProvider;
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly rollupAddress: string;

  constructor(l1: JsonRpcProvider, l2: JsonRpcProvider, rollupAddress: string) {
    this.l1 = l1;
    this.l2 = l2;
    this.l1ChainId = l1._network.chainId;
    this.l2ChainId = l2._network.chainId;
    this.rollupAddress = rollupAddress;
  }

  rollup(): Contract {
    return new Contract(this.rollupAddress, contractAbi('Rollup'), this.l1);
  }

  /** @param runner a signer to send, by default read only */
  async inbox(runner: ContractRunner = this.l1): Promise<Contract> {
    return new Contract(await readAddress(this.rollup(), 'INBOX'), contractAbi('Inbox'), runner);
  }

  async vault(runner: ContractRunner = this.l1): Promise<Contract> {
    return new Contract(await readAddress(await this.inbox(), 'VAULT'), contractAbi('Vault'), runner);
  }

  /** An L2 predeploy by its Solidity name. */
  predeploy(name: string, runner: ContractRunner = this.l2): Contract {
    const address = PREDEPLOYS[name];
    if (address === undefined) throw new Error(`no predeploy is called ${name}`);
    return new Contract(address, contractAbi(name), runner);
  }

  close(): void {
    this.l1.destroy();
    this.l2.destroy();
  }
}

/** Calls a view whose result is one address. */
async function readAddress(contract: Contract, name: string): Promise<string> {
  return getAddress((await contract.getFunction(name).staticCall()) as string);
}

/** Connects to both sides and checks that they belong together. */
export async function connectRollup(options: EndpointOptions, home: Home): Promise<RollupConnection> {
  const isComplete = options.l1 !== undefined && options.l2 !== undefined && options.rollup !== undefined;
  const manifest = isComplete ? undefined : readManifest(home);
  const rollupAddress = options.rollup ?? manifest?.contracts['Rollup'];
  if (rollupAddress === undefined || !isAddress(rollupAddress)) throw new CommandFailure('usage', `--rollup: expected an address, got '${rollupAddress ?? 'nothing'}'`);
  const l1 = await connect(options.l1 ?? manifest?.l1.rpc ?? '');
  const l2 = await connect(options.l2 ?? manifest?.l2.rpc ?? '');
  const connection = new RollupConnection(l1, l2, getAddress(rollupAddress));
  if ((await l1.getCode(rollupAddress)) === '0x') throw new CommandFailure('failed', `L1 chain ${l1._network.chainId} has no contract at the Rollup address ${rollupAddress}`);
  const expected = (await connection.rollup().getFunction('l2ChainId').staticCall()) as bigint;
  if (expected !== connection.l2ChainId) throw new CommandFailure('failed', `the Rollup is for L2 chain ${expected}, the L2 endpoint answers for chain ${connection.l2ChainId}`);
  return connection;
}
