// The rollup's contracts, found from the Rollup's address alone: each names the others, so nothing but that address is configured.
// Owns which contract is asked for which address, and the names under which calls to them are decoded.
// An address whose code is missing is named as reserved: nobody can act there yet.
// Invariant: every address comes from the chain at a block.

import { EXIT_REGISTRY, L2_BRIDGE, MESSAGE_PASSER } from '@keyfall/protocol/addresses.ts';
import type { Hex } from 'viem';
import type { ContractName } from './abis.ts';
import { pauser } from './clock.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { maturityAddress, vaultAddress } from './inbox.ts';
import { address } from './rollup.ts';
import { escapeHatch } from './vault.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';

export interface System {
  readonly rollup: Contract; readonly inbox: Contract; readonly clock: Contract; readonly vault: Contract;
  readonly messagePasser: Contract; readonly l2Bridge: Contract; readonly exitRegistry: Contract;
  readonly lifecycle: Hex; readonly upgradeAuthority: Hex; readonly maturity: Hex; readonly securityCouncil: Hex; readonly escapeHatch: Hex;
  /** Contracts of governance that stand; one that does not is undefined, and its address above is a key or reserved. */
  readonly governance: {
    readonly timelock: Contract | undefined; readonly council: Contract | undefined; readonly maturity: Contract | undefined;
    readonly governor: Contract | undefined; readonly token: Contract | undefined;
  };
  /** The same for the contracts of the last way out. */
  readonly exits: { readonly lifecycle: Contract | undefined; readonly hatch: Contract | undefined };
}

/** Asks the Rollup and those it names. */
export async function discoverSystem(rollupAddress: Hex, l1: Quorum, l2: Quorum, at: BlockRef): Promise<Reading<System>> {
  const on = (chain: Quorum, name: ContractName, where: Hex): Contract => ({ name, address: where, chain });
  const rollup = on(l1, 'Rollup', rollupAddress);
  const [inboxAt, clockAt, lifecycle, upgradeAuthority] = await Promise.all([address(rollup, at, 'INBOX'), address(rollup, at, 'CLOCK'), address(rollup, at, 'LIFECYCLE'), address(rollup, at, 'UPGRADE_AUTHORITY')]);
  if (!inboxAt.known) return inboxAt;
  if (!clockAt.known) return clockAt;
  if (!lifecycle.known) return lifecycle;
  if (!upgradeAuthority.known) return upgradeAuthority;
  const inbox = on(l1, 'Inbox', inboxAt.value);
  const clock = on(l1, 'Clock', clockAt.value);
  const [vaultAt, maturity, securityCouncil] = await Promise.all([vaultAddress(inbox, at), maturityAddress(inbox, at), pauser(clock, at)]);
  if (!vaultAt.known) return vaultAt;
  if (!maturity.known) return maturity;
  if (!securityCouncil.known) return securityCouncil;
  const vault = on(l1, 'Vault', vaultAt.value);
  const [hatch, timelockSize, councilSize, maturitySize] = await Promise.all([escapeHatch(vault, at), codeSize(l1, upgradeAuthority.value, at), codeSize(l1, securityCouncil.value, at), codeSize(l1, maturity.value, at)]);
  if (!timelockSize.known) return timelockSize;
  if (!councilSize.known) return councilSize;
  if (!maturitySize.known) return maturitySize;
  if (!hatch.known) return hatch;
  const [lifecycleSize, hatchSize] = await Promise.all([codeSize(l1, lifecycle.value, at), codeSize(l1, hatch.value, at)]);
  if (!lifecycleSize.known) return lifecycleSize;
  const standing = (name: ContractName, where: Hex, size: number): Contract | undefined => (size === 0 ? undefined : on(l1, name, where));
  const timelock = standing('UpgradeTimelock', upgradeAuthority.value, timelockSize.value);
  const voting = await discoverVoting(timelock, at);
  if (!voting.known) return voting;
  return mapReading(hatchSize, (size) => ({
    rollup, inbox, clock, vault, messagePasser: on(l2, 'MessagePasser', MESSAGE_PASSER), l2Bridge: on(l2, 'L2Bridge', L2_BRIDGE), exitRegistry: on(l2, 'ExitRegistry', EXIT_REGISTRY),
    lifecycle: lifecycle.value, upgradeAuthority: upgradeAuthority.value, maturity: maturity.value, securityCouncil: securityCouncil.value, escapeHatch: hatch.value,
    governance: {
      timelock, council: standing('SecurityCouncil', securityCouncil.value, councilSize.value), maturity: standing('Maturity', maturity.value, maturitySize.value), ...voting.value,
    },
    exits: { lifecycle: standing('Lifecycle', lifecycle.value, lifecycleSize.value), hatch: standing('EscapeHatch', hatch.value, size) },
  }));
}

/** Who decides on upgrades: the governor that the timelock names, and the token that gives it votes. */
async function discoverVoting(timelock: Contract | undefined, at: BlockRef): Promise<Reading<{ governor: Contract | undefined; token: Contract | undefined }>> {
  if (timelock === undefined) return { known: true, at, trust: 'agreed', value: { governor: undefined, token: undefined } };
  const governorAt = await view<Hex>(timelock, at, 'GOVERNOR');
  if (!governorAt.known) return governorAt;
  const governor: Contract = { name: 'KeyfallGovernor', address: governorAt.value, chain: timelock.chain };
  const size = await codeSize(timelock.chain, governor.address, at);
  if (!size.known) return size;
  if (size.value === 0) return { ...size, value: { governor: undefined, token: undefined } };
  return mapReading(await view<Hex>(governor, at, 'token'), (address) => ({ governor, token: { name: 'KeyfallToken', address, chain: timelock.chain } as const }));
}

/** What stands at an address: nothing, a plain key, or code. */
export async function codeSize(chain: Quorum, where: Hex, at: BlockRef): Promise<Reading<number>> {
  const code = await chain.read('eth_getCode', [where, { blockHash: at.hash }], at);
  return mapReading(code, (bytes) => {
    if (typeof bytes !== 'string') throw new Error('expected code bytes');
    return (bytes.length - 2) / 2;
  });
}
