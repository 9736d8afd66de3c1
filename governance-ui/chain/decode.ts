// A call in words, before anyone signs it. Owns decoding by the known ABIs, encoding what was decoded again to compare it with the
// bytes, and calls within calls. What it cannot read it says it cannot read; the page then asks for more than a click.
// Invariant: a description is given only if encoding it anew gives exactly the bytes that will be signed, at every depth.

import { decodeFunctionData, encodeFunctionData, getAbiItem } from 'viem';
import type { AbiFunction, AbiParameter, Hex } from 'viem';
import { ABIS } from './abis.ts';
import type { ContractName } from './abis.ts';
import { SENTENCES } from './sentences.ts';
import { readUpgrade } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

export interface Call {
  readonly to: Hex;
  readonly data: Hex;
  readonly valueWei: bigint;
  /** For a token that the person named, or a resolver that a pool named: no contract of the rollup, and its sentence says so. */
  readonly readAs?: 'BridgedERC20' | 'BridgedERC721' | 'BridgedERC1155' | 'PoolResolver';
}

export interface DecodedCall {
  readonly contract: ContractName;
  readonly functionName: string;
  readonly fields: readonly { readonly name: string; readonly type: string; readonly value: string }[];
  readonly sentence: string;
  /** What of it is bytes that nobody here can read: signing needs typed words. */
  readonly unread: string | undefined;
}

export type Decoding = { readonly ok: true; readonly call: DecodedCall } | { readonly ok: false; readonly why: string };

/** What stands on L2: an address of L1 is somebody else's there, or nobody's. */
const ON_L2: ReadonlySet<ContractName> = new Set(['MessagePasser', 'L2Bridge', 'ExitRegistry']);

type Args = readonly unknown[];
type Contracts = ReadonlyMap<string, ContractName>;

function show(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value !== null && typeof value === 'object') return `{${Object.entries(value).map(([name, inner]) => `${name}: ${show(inner)}`).join(', ')}}`;
  return String(value);
}

/** @param contracts the names of the addresses that are known, on both chains */
export function decodeCall({ to, data, valueWei, readAs }: Call, contracts: Contracts): Decoding {
  const contract = contracts.get(to.toLowerCase()) ?? readAs;
  return contract === undefined ? { ok: false, why: `${to} is no contract of this rollup that the page knows` } : decodeAs(contract, data, valueWei, contracts);
}

function decodeAs(contract: ContractName, data: Hex, valueWei: bigint, contracts: Contracts): Decoding {
  const abi = ABIS[contract];
  let functionName: string;
  let args: Args;
  try {
    const decoded = decodeFunctionData({ abi, data });
    ({ functionName } = decoded);
    args = decoded.args ?? [];
    if (encodeFunctionData({ abi, functionName, args }) !== data.toLowerCase()) return { ok: false, why: 'the bytes are not what their decoding encodes to' };
  } catch (error) {
    return { ok: false, why: `the bytes are no call of ${contract}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}` };
  }
  const words = sentenceOf(contract, functionName, args, valueWei, contracts);
  if (!words.ok) return words;
  const item = getAbiItem({ abi, name: functionName, args }) as AbiFunction;
  const fields = item.inputs.map((input: AbiParameter, index) => ({ name: input.name === undefined || input.name === '' ? `argument ${index + 1}` : input.name, type: input.type, value: show(args[index]) }));
  return { ok: true, call: { contract, functionName, fields, sentence: words.sentence, unread: words.unread } };
}

type Words = { readonly ok: true; readonly sentence: string; readonly unread: string | undefined } | { readonly ok: false; readonly why: string };

function sentenceOf(contract: ContractName, functionName: string, args: Args, valueWei: bigint, contracts: Contracts): Words {
  const name = `${contract}.${functionName}`;
  if (name === 'EscapeHatch.multicall') return together(args[0] as readonly Hex[], (data) => decodeAs('EscapeHatch', data, 0n, contracts));
  if (name === 'KeyfallGovernor.execute') {
    const [targets, values, calldatas] = args as [readonly Hex[], readonly bigint[], readonly Hex[]];
    const inner = together(calldatas, (data, index) => decodeCall({ to: targets[index] ?? '0x', data, valueWei: values[index] ?? 0n }, contracts));
    return inner.ok ? { ...inner, sentence: `Carry out a passed proposal: ${inner.sentence} Its delay begins then. Anyone may; it fails if the proposal has not passed.` } : inner;
  }
  if (name === 'KeyfallGovernor.propose') return proposed(args, contracts);
  const say = SENTENCES[name];
  if (say === undefined) return { ok: false, why: `${name} has no description here` };
  const sentence = say(args, valueWei);
  return name === 'Inbox.sendCall' ? onL2(sentence, args, contracts) : { ok: true, sentence, unread: unreadUpgrade(args) };
}

/** An upgrade within a call whose payload is not the one encoding of its kind: nobody here can say what it does. */
function unreadUpgrade([first]: Args): string | undefined {
  const upgrade = first as Partial<Upgrade> | null | undefined;
  const isUpgrade = typeof upgrade === 'object' && upgrade !== null && typeof upgrade.kind === 'number' && typeof upgrade.payload === 'string' && typeof upgrade.reportHash === 'string';
  return isUpgrade && readUpgrade(upgrade as Upgrade) === undefined ? 'What the upgrade in it does cannot be read here: its payload is not the canonical encoding of its kind' : undefined;
}

/** A proposal is read down to the upgrade it would schedule; its description is only what its author writes. */
function proposed([targets, values, calldatas, description]: Args, contracts: Contracts): Words {
  const [to, data, more] = [(targets as readonly Hex[])[0], (calldatas as readonly Hex[])[0], (calldatas as readonly Hex[]).length - 1];
  if (to === undefined || data === undefined || more !== 0 || contracts.get(to.toLowerCase()) !== 'UpgradeTimelock') return { ok: false, why: 'it proposes something else than one call of the timelock' };
  const inner = decodeAs('UpgradeTimelock', data, (values as readonly bigint[])[0] ?? 0n, contracts);
  if (!inner.ok) return { ok: false, why: `what it proposes: ${inner.why}` };
  if (inner.call.functionName !== 'schedule') return { ok: false, why: `it proposes ${inner.call.functionName}, not schedule` };
  const [, proposer] = /#proposer=(0x[0-9a-fA-F]{40})$/.exec(String(description)) ?? [];
  return { ok: true, unread: inner.call.unread, sentence: `Propose, for everyone to vote on, to ${inner.call.sentence} ${proposer === undefined ? 'ANYONE CAN PROPOSE THE SAME BEFORE YOU and cancel it: its description names no proposer.' : `Only ${proposer} can make exactly this proposal.`}` };
}

/** Several calls in one: readable only if each is. */
function together(calls: readonly Hex[], decode: (data: Hex, index: number) => Decoding): Words {
  const read = calls.map(decode);
  const bad = read.findIndex((one) => !one.ok);
  const fault = read[bad];
  if (fault !== undefined && !fault.ok) return { ok: false, why: `call ${bad + 1} of ${calls.length} in it: ${fault.why}` };
  const sentences = read.flatMap((one) => (one.ok ? [one.call.sentence] : []));
  return { ok: true, sentence: sentences.length === 1 ? (sentences[0] ?? '') : sentences.map((sentence, index) => `(${index + 1}) ${sentence}`).join(' '), unread: read.flatMap((one) => (one.ok && one.call.unread !== undefined ? [one.call.unread] : []))[0] };
}

/** What a forced message does once it is on L2. */
function onL2(sentence: string, [to, _mint, value, _gas, _surcharge, data]: Args, contracts: Contracts): Words {
  if (data === '0x') return { ok: true, sentence, unread: undefined };
  const inner = decodeCall({ to: to as Hex, data: data as Hex, valueWei: value as bigint }, new Map([...contracts].filter(([, name]) => ON_L2.has(name))));
  if (inner.ok) return { ok: true, sentence: `${sentence} On L2 it does this: ${inner.call.sentence}`, unread: inner.call.unread };
  return { ok: true, sentence, unread: `What its data does on L2 cannot be read here: ${inner.why}` };
}
