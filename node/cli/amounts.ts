// Amounts, addresses and bytes as a person types them. Owns parsing and the wording of what is wrong with them.
// Invariant: nothing is rounded; an amount with more digits than its asset has is refused.

import { formatEther, getAddress, isAddress, isHexString, parseEther, parseUnits } from 'ethers';
import { CommandFailure } from './failure.ts';

/** Ether as a decimal number, in wei. @throws CommandFailure (usage) */
export function parseEtherAmount(text: string, name: string): bigint {
  return parseAmount(text, name, () => parseEther(text));
}

/** An amount of a token with that many decimals, in its smallest unit. @throws CommandFailure (usage) */
export function parseTokenAmount(text: string, decimals: number, name: string): bigint {
  return parseAmount(text, name, () => parseUnits(text, decimals));
}

function parseAmount(text: string, name: string, convert: () => bigint): bigint {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new CommandFailure('usage', `${name}: expected a decimal number such as 1.5, got '${text}'`);
  try {
    return convert();
  } catch (cause) {
    throw new CommandFailure('usage', `${name}: '${text}' has more decimals than the asset`, { cause });
  }
}

/** A whole number. @throws CommandFailure (usage) */
export function parseInteger(text: string, name: string, maximum = (1n << 256n) - 1n): bigint {
  const isNumber = /^\d+$/.test(text) || /^0x[0-9a-fA-F]+$/.test(text);
  if (!isNumber || BigInt(text) > maximum) throw new CommandFailure('usage', `${name}: expected a whole number up to ${maximum}, got '${text}'`);
  return BigInt(text);
}

/** @throws CommandFailure (usage) also for a mistyped checksum */
export function parseAddress(text: string, name: string): string {
  if (isAddress(text)) return getAddress(text);
  throw new CommandFailure('usage', `${name}: expected an address (0x and 40 hex digits, right checksum), got '${text as string}'`);
}

/** @throws CommandFailure (usage) */
export function parseBytes(text: string, name: string): string {
  if (!isHexString(text) || text.length % 2 !== 0) throw new CommandFailure('usage', `${name}: expected 0x and an even number of hex digits, got '${text.slice(0, 40)}'`);
  return text;
}

export function etherText(wei: bigint): string {
  return `${formatEther(wei)} ETH`;
}
