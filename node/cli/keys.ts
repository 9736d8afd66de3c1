// Where a command's signing key comes from: a devnet account by number, an encrypted keystore file, or the environment.
// Never an argument: arguments end up in shell histories and process lists. Owns choosing the source and asking for a
// keystore's password; it stores nothing.
// Invariant: exactly one source is used, and a command that finds two is refused rather than guessing.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Wallet, isHexString } from 'ethers';
import { CommandFailure, messageOf } from './failure.ts';
import type { Home } from './home.ts';
import { readManifest } from './manifest.ts';

export interface KeyOptions {
  readonly account?: string;
  /** A role of the running devnet by its name. */
  readonly role?: string;
  readonly keystore?: string;
}

/** @throws CommandFailure (usage) when no source, two sources or a bad one is given */
export async function loadWallet(options: KeyOptions, home: Home): Promise<Wallet> {
  if ([options.account, options.role, options.keystore].filter((given) => given !== undefined).length > 1) {
    throw new CommandFailure('usage', `expected one of ${options.role === undefined ? '' : '--role, '}--account and --keystore, got both`);
  }
  if (options.role !== undefined) return devnetRole(options.role, home);
  if (options.account !== undefined) return devnetAccount(options.account, home);
  if (options.keystore !== undefined) return keystoreWallet(options.keystore);
  const fromEnvironment = process.env['KEYFALL_PRIVATE_KEY'];
  if (fromEnvironment === undefined || fromEnvironment === '') {
    throw new CommandFailure('usage', 'a key is needed: --account N (devnet), --keystore FILE, or $KEYFALL_PRIVATE_KEY');
  }
  const hex = fromEnvironment.startsWith('0x') ? fromEnvironment : `0x${fromEnvironment}`;
  if (!isHexString(hex, 32)) throw new CommandFailure('usage', '$KEYFALL_PRIVATE_KEY: expected 32 bytes of hex');
  return new Wallet(hex);
}

function devnetAccount(given: string, home: Home): Wallet {
  const { accounts } = readManifest(home);
  const index = /^\d+$/.test(given) ? Number(given) : -1;
  const account = accounts[index];
  if (account === undefined) throw new CommandFailure('usage', `--account: expected a number from 0 to ${accounts.length - 1}, got '${given}'`);
  return new Wallet(account.privateKey);
}

function devnetRole(name: string, home: Home): Wallet {
  const { roles } = readManifest(home);
  const role = roles[name];
  if (role === undefined) throw new CommandFailure('usage', `--role: expected one of ${Object.keys(roles).join(', ')}, got '${name}'`);
  return new Wallet(role.privateKey);
}

async function keystoreWallet(given: string): Promise<Wallet> {
  const path = resolve(given);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandFailure('usage', `--keystore: cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
  const password = process.env['KEYFALL_KEYSTORE_PASSWORD'] ?? (await askSecretly(`password of ${given}: `));
  try {
    return new Wallet((await Wallet.fromEncryptedJson(text, password)).privateKey);
  } catch (cause) {
    throw new CommandFailure('usage', `--keystore: ${path} cannot be opened: ${messageOf(cause)}`, { cause });
  }
}

/** Reads one line from the terminal without showing it. */
async function askSecretly(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new CommandFailure('usage', 'the keystore needs a password: set $KEYFALL_KEYSTORE_PASSWORD, or run in a terminal');
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  let secret = '';
  try {
    for await (const chunk of stdin as AsyncIterable<string>) {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') return secret;
        if (character === '\u0003') throw new CommandFailure('failed', 'interrupted');
        secret = character === '\u007f' ? secret.slice(0, -1) : secret + character;
      }
    }
    throw new CommandFailure('usage', 'expected a password, got the end of input');
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
