// What a deployment is told: flags and environment, checked once. Owns their spelling and defaults; keys come only from the
// environment. Invariant: what is not valid is named before anything is sent.

import { parseArgs } from 'node:util';
import { getAddress, isAddress, isHexString } from 'ethers';

export const USAGE = `Usage: node contracts/deploy/main.ts --l1 URL --operator ADDRESS --cold-key ADDRESS --attesters A,B,C,D,E [options]
  --l1 URL                   L1 JSON-RPC endpoint
  --operator ADDRESS         hot key that commits batches
  --cold-key ADDRESS         key that replaces the hot key
  --attesters A,B,...        at least 5 attesters
  --upgrade-authority ADDR   who may replace the Rollup's code; default: the address reserved for the UpgradeTimelock
  --time-scale N             protocol durations are divided by it; other than 1 on the devnet's chain id alone (default 1)
  --l2-chain-id N            default 531337
  --deposit-cap-wei N        cap of the ETH escrow in stage Training (default 100000 ether on the devnet, 1000 ether elsewhere)
  --name TEXT                name of the deployment, part of its addresses (default keyfall-1)
  --out FILE                 also write the result there, atomically
The deployer's key comes from $KEYFALL_DEPLOYER_KEY. Running it again resumes an interrupted deployment.`;

export class UsageError extends Error {}

export interface DeployOptions {
  readonly l1: string;
  readonly operator: string;
  readonly coldKey: string;
  readonly attesters: readonly string[];
  readonly upgradeAuthority: string | undefined;
  readonly timeScale: bigint;
  readonly l2ChainId: bigint;
  readonly depositCapWei: bigint | undefined;
  readonly name: string;
  readonly out: string | undefined;
  readonly deployerKey: string;
}

const FLAGS = {
  l1: { type: 'string' }, operator: { type: 'string' }, 'cold-key': { type: 'string' }, attesters: { type: 'string' },
  'upgrade-authority': { type: 'string' }, 'time-scale': { type: 'string', default: '1' }, 'l2-chain-id': { type: 'string', default: '531337' },
  'deposit-cap-wei': { type: 'string' }, name: { type: 'string', default: 'keyfall-1' }, out: { type: 'string' },
} as const;

function address(flag: string, text: string | undefined): string {
  if (text === undefined) throw new UsageError(`--${flag}: expected an address, got nothing`);
  if (!isAddress(text)) throw new UsageError(`--${flag}: expected an address, got '${text}'`);
  return getAddress(text);
}

function positive(flag: string, text: string): bigint {
  if (!/^\d{1,78}$/.test(text) || BigInt(text) === 0n) throw new UsageError(`--${flag}: expected a positive integer, got '${text}'`);
  return BigInt(text);
}

function parseFlags(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'] {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: false }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** @throws UsageError naming the flag and what it expected */
export function parseOptions(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): DeployOptions {
  const values = parseFlags(args);
  if (values.l1 === undefined || !URL.canParse(values.l1)) throw new UsageError(`--l1: expected a URL, got '${values.l1 ?? ''}'`);
  const attesters = (values.attesters ?? '').split(',').filter((text) => text !== '').map((text) => address('attesters', text));
  const ascending = [...attesters].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const deployerKey = environment['KEYFALL_DEPLOYER_KEY'];
  if (deployerKey === undefined || !isHexString(deployerKey, 32)) throw new UsageError('$KEYFALL_DEPLOYER_KEY: expected a private key of 32 bytes in hexadecimal');
  return {
    l1: values.l1,
    operator: address('operator', values.operator),
    coldKey: address('cold-key', values['cold-key']),
    attesters: ascending,
    upgradeAuthority: values['upgrade-authority'] === undefined ? undefined : address('upgrade-authority', values['upgrade-authority']),
    timeScale: positive('time-scale', values['time-scale']),
    l2ChainId: positive('l2-chain-id', values['l2-chain-id']),
    depositCapWei: values['deposit-cap-wei'] === undefined ? undefined : positive('deposit-cap-wei', values['deposit-cap-wei']),
    name: values.name,
    out: values.out,
    deployerKey,
  };
}
