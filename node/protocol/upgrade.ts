/**
 * Typed upgrades of the UpgradeTimelock: the kinds in the order of `UpgradeKind`, and the ABI type of each kind's payload.
 *
 * Owns the one table from which command line, watchtower and UI decode payloads, as JSON ABI parameters that every Ethereum library reads. A test
 * holds it against the structs of contracts/src/interfaces/IUpgradeTimelock.sol. Does not own what an upgrade does.
 */
export interface AbiField {
  readonly name: string;
  readonly type: string;
  readonly components?: readonly AbiField[];
}

export interface UpgradeKindEntry {
  readonly name: string;
  /** Solidity struct that the payload encodes. */
  readonly struct: string;
  /** `abi.encode` of this parameter is the payload. */
  readonly payload: AbiField;
}

function entry(name: string, struct: string, components: readonly AbiField[]): UpgradeKindEntry {
  return { name, struct, payload: { name: 'payload', type: 'tuple', components } };
}

const LANE: AbiField = { name: 'lane', type: 'address' };
const CODEHASH: AbiField = { name: 'codehash', type: 'bytes32' };

/** Index = the kind's number on chain. */
export const UPGRADE_KINDS: readonly UpgradeKindEntry[] = [
  entry('Core', 'CoreUpgrade', [{ name: 'implementation', type: 'address' }, CODEHASH, { name: 'migrates', type: 'bool' }]),
  entry('ZkLane', 'ZkLaneUpgrade', [LANE, CODEHASH, { name: 'builtOn', type: 'address[]' }]),
  entry('LaneSwitch', 'LaneSwitchUpgrade', [LANE, CODEHASH, { name: 'isEnabled', type: 'bool' }]),
  entry('Spec', 'SpecUpgrade', [{ name: 'specId', type: 'uint256' }, { name: 'delaySeconds', type: 'uint256' }]),
  entry('AttesterSet', 'AttesterSetUpgrade', [{ name: 'previousLane', type: 'address' }, LANE, CODEHASH]),
  entry('Operator', 'OperatorUpgrade', [{ name: 'hotKey', type: 'address' }, { name: 'coldKey', type: 'address' }]),
  entry('Fees', 'FeesUpgrade', [{ name: 'dataFeeScalar', type: 'uint256' }, { name: 'surchargeScalar', type: 'uint256' }]),
  entry('Council', 'CouncilUpgrade', [
    { name: 'members', type: 'tuple[]', components: [{ name: 'account', type: 'address' }, { name: 'isExternal', type: 'bool' }] }, { name: 'threshold', type: 'uint256' },
  ]),
];
