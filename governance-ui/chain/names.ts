// Which name each address of this rollup has, for decoding calls. Owns the table; it is made from what the chain said.
// Invariant: an address that is not in it is unknown, whatever its bytes look like.

import type { ContractName } from './abis.ts';
import type { System } from './system.ts';

export function knownContracts(system: System): ReadonlyMap<string, ContractName> {
  const { timelock, council, maturity, governor, token } = system.governance;
  const standing = [timelock, council, maturity, governor, token, system.exits.lifecycle, system.exits.hatch].flatMap((contract) => contract ?? []);
  const contracts = [system.rollup, system.inbox, system.clock, system.vault, system.messagePasser, system.l2Bridge, system.exitRegistry, ...standing];
  return new Map(contracts.map(({ address, name }) => [address.toLowerCase(), name] as const));
}
