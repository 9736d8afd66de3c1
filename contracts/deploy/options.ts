// What a deployment is told: flags and environment, checked once. Owns their spelling and defaults; keys come only from the
// environment. Invariant: what is not valid is named before anything is sent.

import { parseArgs } from 'node:util';
import { getAddress, isAddress, isHexString } from 'ethers';
import { MAX_SUNSET_SECONDS, MAX_UPGRADE_DELAY_SECONDS, MIN_UPGRADE_DELAY_SECONDS } from '@keyfall/protocol';

export const USAGE = `Usage: node contracts/deploy/main.ts --l1 URL --operator ADDRESS --cold-key ADDRESS --attesters A,B,C,D,E
  --council A,B,C,D,E,F:external,G:external,H:external --tokens HOLDER=AMOUNT,... [options]
  --l1 URL                   L1 JSON-RPC endpoint
  --operator ADDRESS         hot key that commits batches
  --cold-key ADDRESS         key that replaces the hot key
  --attesters A,B,...        at least 5 attesters
  --council A,B:external,..  at least 8 members of the SecurityCouncil, at least 3 of them marked external
  --council-threshold N      signatures that resolve and expedite need: at least 6 and 75 % (default: the smallest allowed)
  --tokens HOLDER=AMOUNT,..  whole KEY tokens by first holder; there will never be more
  --upgrade-delay-days N     T from an upgrade's scheduling to its execution, 45 to 365 (default 48)
  --sunset-days N            wall time after which the council expedites nothing, at most 730 (default 730)
  --corpus-statement HEX     statement that a lane must have verified before it can be added
  --time-scale N             protocol durations are divided by it; other than 1 on the devnet's chain id alone (default 1)
  --l2-chain-id N            default 531337
  --deposit-cap-wei N        cap of the ETH escrow in stage Training (default 100000 ether on the devnet, 1000 ether elsewhere)
  --name TEXT                name of the deployment, part of its addresses (default keyfall-1)
  --out FILE                 also write the result there, atomically
The deployer's key comes from $KEYFALL_DEPLOYER_KEY. Running it again resumes an interrupted deployment.`;

export class UsageError extends Error {}

export interface CouncilMember { readonly account: string; readonly isExternal: boolean }
export interface TokenShare { readonly holder: string; readonly amountWei: bigint }

export interface DeployOptions {
  readonly l1: string;
  readonly operator: string;
  readonly coldKey: string;
  readonly attesters: readonly string[];
  readonly council: readonly CouncilMember[];
  readonly councilThreshold: bigint;
  readonly tokens: readonly TokenShare[];
  readonly upgradeDelayDays: bigint;
  readonly sunsetDays: bigint;
  readonly corpusStatement: string | undefined;
  readonly timeScale: bigint;
  readonly l2ChainId: bigint;
  readonly depositCapWei: bigint | undefined;
  readonly name: string;
  readonly out: string | undefined;
  readonly deployerKey: string;
}

const FLAGS = {
  l1: { type: 'string' }, operator: { type: 'string' }, 'cold-key': { type: 'string' }, attesters: { type: 'string' },
  council: { type: 'string' }, 'council-threshold': { type: 'string' }, tokens: { type: 'string' }, 'upgrade-delay-days': { type: 'string', default: '48' },
  'sunset-days': { type: 'string', default: '730' }, 'corpus-statement': { type: 'string' }, 'time-scale': { type: 'string', default: '1' }, 'l2-chain-id': { type: 'string', default: '531337' },
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

const TOKEN_UNIT = 10n ** 18n;
const DAY_SECONDS = 86_400n;
const MIN_COUNCIL = 8;

/** Members in ascending order, as the contract wants them. */
function council(text: string | undefined): CouncilMember[] {
  const members = (text ?? '').split(',').filter((part) => part !== '').map((part) => {
    const [account, mark, ...more] = part.split(':');
    if (more.length > 0 || (mark !== undefined && mark !== 'external')) throw new UsageError(`--council: expected ADDRESS or ADDRESS:external, got '${part}'`);
    return { account: address('council', account), isExternal: mark === 'external' };
  });
  if (members.length < MIN_COUNCIL) throw new UsageError(`--council: expected at least ${MIN_COUNCIL} members, got ${members.length}`);
  return members.sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
}

function tokens(text: string | undefined): TokenShare[] {
  const shares = (text ?? '').split(',').filter((part) => part !== '').map((part) => {
    const [holder, amount, ...more] = part.split('=');
    if (more.length > 0) throw new UsageError(`--tokens: expected HOLDER=AMOUNT, got '${part}'`);
    return { holder: address('tokens', holder), amountWei: positive('tokens', amount ?? '') * TOKEN_UNIT };
  });
  if (shares.length === 0) throw new UsageError('--tokens: expected at least one HOLDER=AMOUNT, got nothing');
  return shares;
}

/** 75 % of the members, rounded up, and at least 6. */
function smallestThreshold(members: number): bigint {
  return BigInt(Math.max(6, Math.ceil((members * 3) / 4)));
}

/** Days within the bounds that the UpgradeTimelock's constructor has: said before anything is sent. */
function daysBetween(flag: string, text: string, lowest: bigint, highest: bigint): bigint {
  const days = positive(flag, text);
  if (days < lowest || days > highest) throw new UsageError(`--${flag}: expected ${lowest} to ${highest} days, got ${days}`);
  return days;
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
  const members = council(values.council);
  const corpus = values['corpus-statement'];
  if (corpus !== undefined && !isHexString(corpus, 32)) throw new UsageError(`--corpus-statement: expected 32 bytes in hexadecimal, got '${corpus}'`);
  return {
    l1: values.l1,
    operator: address('operator', values.operator),
    coldKey: address('cold-key', values['cold-key']),
    attesters: ascending,
    council: members,
    councilThreshold: values['council-threshold'] === undefined ? smallestThreshold(members.length) : positive('council-threshold', values['council-threshold']),
    tokens: tokens(values.tokens),
    upgradeDelayDays: daysBetween('upgrade-delay-days', values['upgrade-delay-days'], MIN_UPGRADE_DELAY_SECONDS / DAY_SECONDS, MAX_UPGRADE_DELAY_SECONDS / DAY_SECONDS),
    sunsetDays: daysBetween('sunset-days', values['sunset-days'], 1n, MAX_SUNSET_SECONDS / DAY_SECONDS),
    corpusStatement: corpus,
    timeScale: positive('time-scale', values['time-scale']),
    l2ChainId: positive('l2-chain-id', values['l2-chain-id']),
    depositCapWei: values['deposit-cap-wei'] === undefined ? undefined : positive('deposit-cap-wei', values['deposit-cap-wei']),
    name: values.name,
    out: values.out,
    deployerKey,
  };
}
