// Opening a key that a person keeps in a password-protected file. Owns the one way in; what the key is for, and that it is for nothing else, is
// its user's.

import { readFileSync } from 'node:fs';
import { decryptKeystoreJson } from 'ethers';
import type { Hex } from 'viem';
import { privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import { ConfigMistake, messageOf } from './fault.ts';

/** @throws ConfigMistake */
export async function unlockKeystore(path: string, password: string): Promise<PrivateKeyAccount> {
  try {
    return privateKeyToAccount((await decryptKeystoreJson(readFileSync(path, 'utf8'), password)).privateKey as Hex);
  } catch (cause) {
    throw new ConfigMistake(`${path}: expected a keystore file that the password opens: ${messageOf(cause)}`, { cause });
  }
}
