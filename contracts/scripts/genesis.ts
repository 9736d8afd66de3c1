// The L2 genesis allocation: code of the predeploys and of EIP-2935's history contract, no storage, no balance. Owns which code
// stands at which address; the genesis header and hash are computed from this by the protocol package.
// Invariant: no predeploy has a constructor argument or an immutable, so its code is the compiler's and the genesis is the same for
// every deployment.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readArtifact, type ContractName } from './artifacts.ts';

const PREDEPLOYS: Readonly<Record<string, ContractName>> = {
  MESSAGE_PASSER: 'MessagePasser',
  L2_BRIDGE: 'L2Bridge',
  EXIT_REGISTRY: 'ExitRegistry',
  FEE_VAULT: 'FeeVault',
  BRIDGED_ERC20: 'BridgedERC20',
  BRIDGED_ERC721: 'BridgedERC721',
  BRIDGED_ERC1155: 'BridgedERC1155',
};

/** EIP-2935, "Block hash history in state": the address and runtime code fixed by the EIP. */
const HISTORY_ADDRESS = '0x0000f90827f1c53a10cb7a02335b175320002935';
const HISTORY_CODE = '0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500';

export interface GenesisAccount {
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
  readonly balance: string;
  readonly nonce: string;
}

function account(code: string): GenesisAccount {
  return { code, storage: {}, balance: '0x0', nonce: '0x1' };
}

/** Address of a predeploy, from Constants.sol, lower case. */
export function predeployAddress(constant: string): string {
  const source = readFileSync(join(dirname(import.meta.dirname), 'src/libraries/Constants.sol'), 'utf8');
  const match = new RegExp(`address internal constant ${constant} = (0x[0-9a-fA-F]{40});`).exec(source);
  if (match?.[1] === undefined) throw new Error(`expected an address constant ${constant} in Constants.sol`);
  return match[1].toLowerCase();
}

/** Address to account, ascending by address. @throws Error if a predeploy's code would depend on its deployment. */
export function generateGenesis(): Record<string, GenesisAccount> {
  const accounts: [string, GenesisAccount][] = [[HISTORY_ADDRESS, account(HISTORY_CODE)]];
  for (const [constant, name] of Object.entries(PREDEPLOYS)) {
    const artifact = readArtifact(name);
    if (Object.keys(artifact.immutableReferences ?? {}).length !== 0) throw new Error(`${name} has immutables, expected none in a predeploy`);
    accounts.push([predeployAddress(constant), account(artifact.deployedBytecode)]);
  }
  return Object.fromEntries(accounts.sort(([a], [b]) => (a < b ? -1 : 1)));
}
