// The kinds of upgrades: how each is typed by a person, encoded for the timelock, and said in sentences. One table for all of them, so
// that what is proposed, shown and signed can never be three different things. The order is that of UPGRADE_KINDS.
// Owns options and wording; payload types are node/protocol's. Invariant: decoding re-encodes to the same bytes or is refused: nothing opaque is shown or signed.

import { AbiCoder, ParamType } from 'ethers';
import { UPGRADE_KINDS } from '@keyfall/protocol';
import { parseAddress, parseInteger } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';

export interface Upgrade {
  readonly kind: number;
  readonly payload: string;
  readonly reportHash: string;
  readonly salt: string;
}

/** What a person gives to `upgrade propose`. */
export interface PayloadOptions {
  readonly implementation?: string;
  readonly migrate?: true;
  readonly lane?: string;
  readonly builtOn?: string;
  readonly previousLane?: string;
  readonly off?: true;
  readonly spec?: string;
  readonly activation?: string;
  readonly hotKey?: string;
  readonly coldKey?: string;
  readonly dataFeeScalar?: string;
  readonly surchargeScalar?: string;
  readonly members?: string;
  readonly threshold?: string;
}

export interface CouncilMember { readonly account: string; readonly isExternal: boolean }
export type Fields = Readonly<Record<string, unknown>>;
type CodehashOf = (address: string) => Promise<string>;

interface Kind {
  readonly name: string;
  readonly fields: (options: PayloadOptions, codehashOf: CodehashOf) => Promise<readonly unknown[]>;
  readonly sentence: (fields: Fields) => string;
  /** Address whose code is pinned, by field. */
  readonly pinned?: string;
}

function needed(value: string | undefined, option: string): string {
  if (value === undefined) throw new CommandFailure('usage', `this kind of upgrade needs ${option}`);
  return value;
}

const addressOption = (value: string | undefined, option: string): string => parseAddress(needed(value, option), option);

/** Members as `0x..,0x..:external`, sorted as the contract wants them. @throws CommandFailure (usage) */
export function parseMembers(text: string): CouncilMember[] {
  const members = text.split(',').filter((part) => part !== '').map((part) => {
    const [account = '', mark, ...more] = part.split(':');
    if (more.length > 0 || (mark !== undefined && mark !== 'external')) throw new CommandFailure('usage', `--members: expected ADDRESS or ADDRESS:external, got '${part}'`);
    return { account: parseAddress(account, '--members'), isExternal: mark === 'external' };
  });
  return members.toSorted((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
}

const KINDS: readonly Kind[] = [
  {
    name: 'core', pinned: 'implementation',
    fields: async ({ implementation, migrate }, codehashOf) => {
      const address = addressOption(implementation, '--implementation');
      return [address, await codehashOf(address), migrate === true];
    },
    sentence: (f) => `Replace the code of the Rollup by that of ${f['implementation'] as string}${f['migrates'] === true ? ', and let it run its migrate()' : ''}. New code decides what becomes final: it can take every wei and token that was not paid out by then.`,
  },
  {
    name: 'zk-lane', pinned: 'lane',
    fields: async ({ lane, builtOn }, codehashOf) => {
      const address = addressOption(lane, '--lane');
      return [address, await codehashOf(address), (builtOn ?? '').split(',').filter((part) => part !== '').map((part) => parseAddress(part, '--built-on'))];
    },
    sentence: (f) => `Add the zk lane ${f['lane'] as string}${(f['builtOn'] as string[]).length === 0 ? '' : `, built on ${(f['builtOn'] as string[]).join(', ')}`}. If it accepts false statements and the attesters stay silent for Z or are wrong too, false states become final.`,
  },
  {
    name: 'lane-switch', pinned: 'lane',
    fields: async ({ lane, off }, codehashOf) => {
      const address = addressOption(lane, '--lane');
      return [address, await codehashOf(address), off !== true];
    },
    sentence: (f) => (f['isEnabled'] === true ? `Switch the zk lane ${f['lane'] as string} on.` : `Switch the zk lane ${f['lane'] as string} off: its answers to batches that are not final are erased.`),
  },
  {
    name: 'spec',
    fields: async ({ spec, activation }) => [parseInteger(needed(spec, '--spec'), '--spec', 0xffffffn), parseInteger(needed(activation, '--activation'), '--activation', 0xffffffffn)],
    sentence: (f) => `Execute L2 by spec ${String(f['specId'])} from ${String(f['delaySeconds'])} s of T after the execution on. A spec decides about every balance.`,
  },
  {
    name: 'attesters', pinned: 'lane',
    fields: async ({ lane, previousLane }, codehashOf) => {
      const address = addressOption(lane, '--lane');
      return [previousLane === undefined ? `0x${'00'.repeat(20)}` : parseAddress(previousLane, '--previous-lane'), address, await codehashOf(address)];
    },
    sentence: (f) => `Put the attesters of ${f['lane'] as string} in the place of those of ${BigInt(f['previousLane'] as string) === 0n ? 'nobody' : (f['previousLane'] as string)}. Cannot be vetoed or expedited.`,
  },
  {
    name: 'operator',
    fields: async ({ hotKey, coldKey }) => [addressOption(hotKey, '--hot-key'), addressOption(coldKey, '--cold-key')],
    sentence: (f) => `Seat the operator with hot key ${f['hotKey'] as string} and cold key ${f['coldKey'] as string}. It orders transactions and can take nothing. Cannot be vetoed or expedited; 7 days.`,
  },
  {
    name: 'fees',
    fields: async ({ dataFeeScalar, surchargeScalar }) => [parseInteger(needed(dataFeeScalar, '--data-fee-scalar'), '--data-fee-scalar'), parseInteger(needed(surchargeScalar, '--surcharge-scalar'), '--surcharge-scalar')],
    sentence: (f) => `Set the data fee scalar to ${String(f['dataFeeScalar'])} and the surcharge scalar to ${String(f['surchargeScalar'])} (millionths).`,
  },
  {
    name: 'council',
    fields: async ({ members, threshold }) => [parseMembers(needed(members, '--members')).map(({ account, isExternal }) => [account, isExternal]), parseInteger(needed(threshold, '--threshold'), '--threshold', 24n)],
    sentence: (f) => `Make these ${(f['members'] as unknown[]).length} accounts the SecurityCouncil, ${String(f['threshold'])} of them for its strongest acts: ${(f['members'] as CouncilMember[]).map((member) => `${member.account}${member.isExternal ? ' (external)' : ''}`).join(', ')}. Cannot be vetoed or expedited.`,
  },
];

export const KIND_NAMES: readonly string[] = KINDS.map(({ name }) => name);
export const OPERATOR_KIND = 5;

/** Name of a kind's number. @throws CommandFailure (failed) for a kind that this version does not know */
export function kindName(kind: number): string {
  return kindAt(kind).name;
}

function kindAt(kind: number): Kind {
  const found = KINDS[kind];
  if (found === undefined) throw new CommandFailure('failed', `expected a kind of upgrade from 0 to ${KINDS.length - 1}, got ${kind}: this version cannot say what it does, so do not sign it`);
  return found;
}

/** ABI type of a kind's payload, from the table that all of Keyfall shares. */
function payloadType(kind: number): ParamType {
  const entry = UPGRADE_KINDS[kind];
  if (entry === undefined) throw new CommandFailure('failed', `expected a kind of upgrade from 0 to ${UPGRADE_KINDS.length - 1}, got ${kind}`);
  return ParamType.from(entry.payload);
}

/** The upgrade a person described. @throws CommandFailure (usage) naming the option that is missing */
export async function encodeUpgrade(name: string, options: PayloadOptions, reportHash: string, salt: string, codehashOf: CodehashOf): Promise<Upgrade> {
  const kind = KIND_NAMES.indexOf(name);
  if (kind === -1) throw new CommandFailure('usage', `expected a kind of upgrade (${KIND_NAMES.join(', ')}), got '${name}'`);
  const { fields } = kindAt(kind);
  const payload = AbiCoder.defaultAbiCoder().encode([payloadType(kind)], [await fields(options, codehashOf)]);
  return { kind, payload, reportHash, salt };
}

/** A decoded value with its struct fields by name. */
function plain(type: ParamType, value: unknown): unknown {
  const values = value as readonly unknown[];
  if (type.isArray()) return Array.from(values, (entry) => plain(type.arrayChildren, entry));
  if (type.isTuple()) return Object.fromEntries(type.components.map((component, index) => [component.name, plain(component, values[index])]));
  return value;
}

/** An upgrade's fields by name. @throws CommandFailure (failed) when the payload is not the one encoding of its kind */
export function decodeUpgrade(upgrade: Upgrade): Fields {
  const { name } = kindAt(upgrade.kind);
  const abi = payloadType(upgrade.kind);
  const coder = AbiCoder.defaultAbiCoder();
  const refuse = (): never => {
    throw new CommandFailure('failed', `the payload is no ${name} upgrade in its one encoding; do not sign it: ${upgrade.payload}`);
  };
  try {
    const [decoded] = coder.decode([abi], upgrade.payload);
    if (coder.encode([abi], [decoded]) !== upgrade.payload.toLowerCase()) refuse();
    return plain(abi, decoded) as Fields;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    return refuse();
  }
}

/** What the upgrade does, for a person. */
export function sentenceOf(upgrade: Upgrade): string {
  return kindAt(upgrade.kind).sentence(decodeUpgrade(upgrade));
}

/** Address and codehash that are pinned, if the kind pins code. */
export function pinnedCode(upgrade: Upgrade): { readonly address: string; readonly codehash: string } | undefined {
  const { pinned } = kindAt(upgrade.kind);
  if (pinned === undefined) return undefined;
  const fields = decodeUpgrade(upgrade);
  return { address: fields[pinned] as string, codehash: fields['codehash'] as string };
}
