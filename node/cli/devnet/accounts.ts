// Who is who on the devnet. Every key comes from the mnemonic that anvil, Hardhat and most tools use by default; all of them are
// publicly known, which is the point: tools find their usual accounts funded on both chains.
// Owns the numbering: 0 to 9 are for people, 20 and up are the roles of the rollup itself.
// Invariant: no role shares a key with another or with a person's account, so that nonces never collide.

import { HDNodeWallet } from 'ethers';

export const MNEMONIC = 'test test test test test test test test test test test junk';
export const ANVIL_ACCOUNTS = 40;
export const L1_CHAIN_ID = 31_337;
export const ATTESTER_COUNT = 5;
export const COUNCIL_COUNT = 8;
const PERSONAL_ACCOUNTS = 10;
const FIRST_ROLE = 20;

export interface DevnetKey { readonly address: string; readonly privateKey: string }

const keys = new Map<number, DevnetKey>();
let parent: HDNodeWallet | undefined;

/** A phrase is stretched on purpose (BIP-39), and each step from it is a point multiplication: both are done once. */
function keyAt(index: number): DevnetKey {
  const known = keys.get(index);
  if (known !== undefined) return known;
  parent ??= HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0");
  const { address, privateKey } = parent.deriveChild(index);
  const key = { address, privateKey };
  keys.set(index, key);
  return key;
}

/** Accounts 0 to 9. */
export function personalAccounts(): DevnetKey[] {
  return Array.from({ length: PERSONAL_ACCOUNTS }, (_, index) => keyAt(index));
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}`);
}

/** deployer, operator, coldKey, proposer (holds votes), attester1 to attester5, council1 to council8. */
export function roleKeys(): Record<string, DevnetKey> {
  const names = ['deployer', 'operator', 'coldKey', 'proposer', ...numbered('attester', ATTESTER_COUNT), ...numbered('council', COUNCIL_COUNT)];
  return Object.fromEntries(names.map((name, index) => [name, keyAt(FIRST_ROLE + index)]));
}

/** A role's key. @throws Error for a name that is no role: a bug */
export function roleKey(name: string): DevnetKey {
  const key = roleKeys()[name];
  if (key === undefined) throw new Error(`the devnet has no role '${name}'`);
  return key;
}
