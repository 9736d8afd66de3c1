// An upgrade composed from what a person types: one form per kind, made from the protocol's table of kinds. Owns the fields, their parsing
// and the payload's bytes. Whether the chain would take it is proposing.ts; what it does, in words, is upgradeWords.ts.
// Invariant: pure; a payload comes out only if every field says exactly one thing, and it decodes again to what was typed.

import { encodeAbiParameters, getAddress, isAddress } from 'viem';
import type { AbiParameter, Hex } from 'viem';
import { UPGRADE_KINDS } from '@keyfall/protocol/upgrade.ts';
import { decodedUpgrade } from './upgradeWords.ts';

/** code: an address whose code is pinned. members: one a line, `0x… external` for an outsider. */
type FieldType = 'code' | 'address' | 'optional address' | 'addresses' | 'yes or no' | 'on or off' | 'number' | 'duration' | 'members';

export interface FormField { readonly name: string; readonly type: FieldType; readonly label: string; readonly hint: string }
export interface KindForm { readonly kind: number; readonly name: string; readonly title: string; readonly fields: readonly FormField[] }

const FIELDS: Readonly<Record<string, { readonly title: string; readonly fields: readonly FormField[] }>> = {
  Core: { title: 'Code of the Rollup', fields: [
    { name: 'implementation', type: 'code', label: 'Address of the new code', hint: 'Its code hash is read from the chain and pinned.' },
    { name: 'migrates', type: 'yes or no', label: 'Call its migrate() in the same act', hint: 'No other call is possible.' },
  ] },
  ZkLane: { title: 'A new zk lane', fields: [
    { name: 'lane', type: 'code', label: 'Address of the lane', hint: 'Its code hash is read from the chain and pinned.' },
    { name: 'builtOn', type: 'addresses', label: 'Lanes it is built on', hint: 'Separated by commas; empty for none. It falls with any of them.' },
  ] },
  LaneSwitch: { title: 'A zk lane on or off', fields: [
    { name: 'lane', type: 'code', label: 'Address of the lane', hint: 'Its code hash is read from the chain and pinned.' },
    { name: 'isEnabled', type: 'on or off', label: 'Switch it', hint: 'Off erases its answers to batches that are not final.' },
  ] },
  Spec: { title: 'The next spec of L2', fields: [
    { name: 'specId', type: 'number', label: 'Number of the spec', hint: 'Specs follow each other by one.' },
    { name: 'delaySeconds', type: 'duration', label: 'Active how long after the execution', hint: 'Like 8 d, 12 h, 90 min or 600 s, in protocol time.' },
  ] },
  AttesterSet: { title: 'Another set of attesters', fields: [
    { name: 'previousLane', type: 'optional address', label: 'Lane of the attesters that go', hint: 'Empty if none goes.' },
    { name: 'lane', type: 'code', label: 'Lane of the new attesters', hint: 'Its code hash is read from the chain and pinned.' },
  ] },
  Operator: { title: 'Another operator', fields: [
    { name: 'hotKey', type: 'address', label: 'Hot key', hint: 'Commits batches.' }, { name: 'coldKey', type: 'address', label: 'Cold key', hint: 'Changes the hot key.' },
  ] },
  Fees: { title: 'Fee scalars', fields: [
    { name: 'dataFeeScalar', type: 'number', label: 'Data fee scalar', hint: 'In millionths; the Rollup bounds each step.' }, { name: 'surchargeScalar', type: 'number', label: 'Surcharge scalar', hint: 'In millionths; the Rollup bounds each step.' },
  ] },
  Council: { title: 'Members of the security council', fields: [
    { name: 'members', type: 'members', label: 'Members, one a line', hint: 'An address; “external” after it if the operator neither employs nor pays it. Sorted here.' },
    { name: 'threshold', type: 'number', label: 'M: signatures of its strongest acts', hint: 'The council\'s own rules are tried below.' },
  ] },
};

/** A kind that the table has and this page cannot compose has no form; the page says so. */
export const FORMS: readonly KindForm[] = UPGRADE_KINDS.flatMap(({ name }, kind) => {
  const found = FIELDS[name];
  return found === undefined ? [] : [{ kind, name, ...found }];
});

export type Typed = Readonly<Record<string, string>>;
type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

const ZERO_ADDRESS = `0x${'0'.repeat(40)}`;
const UNIT_SECONDS: Readonly<Record<string, bigint>> = { s: 1n, min: 60n, h: 3_600n, d: 86_400n };
const UINT256_END = 2n ** 256n;

const ok = (value: unknown): Parsed => ({ ok: true, value });
const no = (why: string): Parsed => ({ ok: false, why });

function oneAddress(text: string): Parsed {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return no(text === '' ? 'expected an address' : `expected 0x and 40 hexadecimal digits, got ${text.slice(0, 50)}`);
  if (!isAddress(text, { strict: true })) return no(`the checksum of ${text} is wrong: a digit or a letter's case was changed`);
  return BigInt(text) === 0n ? no('expected an address that is not zero') : ok(getAddress(text));
}

function severalAddresses(text: string): Parsed {
  const found = text.split(/[\s,]+/).filter((part) => part !== '').map(oneAddress);
  return found.find((one) => !one.ok) ?? ok(found.map((one) => (one.ok ? one.value : '')));
}

function wholeNumber(text: string): Parsed {
  if (!/^\d{1,78}$/.test(text)) return no(text === '' ? 'expected a number' : 'expected digits alone');
  return BigInt(text) < UINT256_END ? ok(BigInt(text)) : no('expected less than 2^256');
}

function duration(text: string): Parsed {
  const [, amount = '', unit = ''] = /^(\d{1,12})\s*(s|min|h|d)$/.exec(text) ?? [];
  const size = UNIT_SECONDS[unit];
  return size === undefined ? no(text === '' ? 'expected a duration' : 'expected a number with its unit: s, min, h or d') : ok(BigInt(amount) * size);
}

function members(text: string): Parsed {
  const list: { account: Hex; isExternal: boolean }[] = [];
  for (const line of text.split(/[\n,]/).map((one) => one.trim()).filter((one) => one !== '')) {
    const [first = '', mark, ...rest] = line.split(/[\s:]+/);
    const account = oneAddress(first);
    if (!account.ok) return account;
    if (rest.length > 0 || (mark !== undefined && mark !== 'external')) return no(`expected an address, and “external” or nothing after it, got ${line.slice(0, 80)}`);
    list.push({ account: account.value as Hex, isExternal: mark === 'external' });
  }
  if (list.length === 0) return no('expected members');
  const sorted = list.toSorted((left, right) => (BigInt(left.account) < BigInt(right.account) ? -1 : 1));
  const twice = sorted.find(({ account }, index) => sorted[index + 1]?.account === account);
  return twice === undefined ? ok(sorted) : no(`${twice.account} is named twice`);
}

/** @returns what the text of a field says, or what was expected */
export function parseField(type: FieldType, typed: string): Parsed {
  const text = typed.trim();
  switch (type) {
    case 'code': case 'address': return oneAddress(text);
    case 'optional address': return text === '' ? ok(ZERO_ADDRESS) : oneAddress(text);
    case 'addresses': return severalAddresses(text);
    case 'yes or no': return text === 'yes' || text === 'no' ? ok(text === 'yes') : no('choose yes or no');
    case 'on or off': return text === 'on' || text === 'off' ? ok(text === 'on') : no('choose on or off');
    case 'number': return wholeNumber(text);
    case 'duration': return duration(text);
    case 'members': return members(text);
  }
}

/** The address whose code has to be read and pinned, once it is typed in full. */
export function codeAddressOf({ fields }: KindForm, typed: Typed): Hex | undefined {
  const field = fields.find(({ type }) => type === 'code');
  const parsed = field === undefined ? undefined : parseField(field.type, typed[field.name] ?? '');
  return parsed?.ok === true ? (parsed.value as Hex) : undefined;
}

type Composed = { readonly ok: true; readonly payload: Hex } | { readonly ok: false; readonly why: string };

/** @param codehash of the code at the address that the form pins, as the chain has it */
export function composePayload(form: KindForm, typed: Typed, codehash: Hex | undefined): Composed {
  const entry = UPGRADE_KINDS[form.kind];
  if (entry === undefined) return { ok: false, why: `there is no kind ${form.kind}` };
  const values: Record<string, unknown> = {};
  for (const { name } of entry.payload.components ?? []) {
    const field = form.fields.find((one) => one.name === name);
    if (field === undefined) {
      if (name !== 'codehash' || codehash === undefined) return { ok: false, why: `${name} is not known yet` };
      values[name] = codehash;
      continue;
    }
    const parsed = parseField(field.type, typed[name] ?? '');
    if (!parsed.ok) return { ok: false, why: `${field.label}: ${parsed.why}` };
    values[name] = parsed.value;
  }
  const payload = encodeAbiParameters([entry.payload as AbiParameter], [values]);
  // What the reader of the proposal will decode has to be what was typed here.
  return decodedUpgrade({ kind: form.kind, payload, reportHash: '0x', salt: '0x' }) === undefined ? { ok: false, why: 'the payload does not decode again' } : { ok: true, payload };
}

/** Accounts of a council as the form takes them. */
export function membersText(list: readonly { readonly account: Hex; readonly isExternal: boolean }[]): string {
  return list.map(({ account, isExternal }) => `${account}${isExternal ? ' external' : ''}`).join('\n');
}
