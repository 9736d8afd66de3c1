// A call in words, before anyone signs it. Owns decoding by the known ABIs, encoding what was decoded again to compare it with the
// bytes, and one sentence per function of ours. What it cannot read it says it cannot read; the page then asks for more than a click.
// Invariant: a description is given only if encoding it anew gives exactly the bytes that will be signed.

import { decodeFunctionData, encodeFunctionData, formatEther, getAbiItem } from 'viem';
import type { AbiFunction, AbiParameter, Hex } from 'viem';
import { ABIS } from './abis.ts';
import type { ContractName } from './abis.ts';
import { upgradeWords } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

export interface Call {
  readonly to: Hex;
  readonly data: Hex;
  readonly valueWei: bigint;
}

export interface DecodedCall {
  readonly contract: ContractName;
  readonly functionName: string;
  readonly fields: readonly { readonly name: string; readonly type: string; readonly value: string }[];
  readonly sentence: string;
}

export type Decoding = { readonly ok: true; readonly call: DecodedCall } | { readonly ok: false; readonly why: string };

type Args = readonly unknown[];

const eth = (wei: unknown): string => `${formatEther(wei as bigint)} ETH`;

/** One sentence per function that the page sends. */
const SENTENCES: Readonly<Record<string, (args: Args, valueWei: bigint) => string>> = {
  'Inbox.sendCall': ([to, mint, value, gas], paid) => `Send a message to L2 that nobody can refuse: bring ${eth(mint)} from L1, then call ${String(to)} there with ${eth(value)} and ${String(gas)} gas. You pay ${eth(paid)} now; what the message does not need comes back in the same transaction.`,
  'Inbox.sendSigned': (_args, paid) => `Put an L2 transaction that is signed already into the queue. You pay ${eth(paid)} now; change comes back.`,
  'MessagePasser.withdrawEth': ([recipient], paid) => `Burn ${eth(paid)} on L2, to be paid to ${String(recipient)} on L1 once a final batch contains it and the claim is made.`,
  'Vault.withdraw': ([batchIndex, withdrawal]) => {
    const { recipient, amount, assetKind } = withdrawal as { recipient: string; amount: bigint; assetKind: number };
    return `Claim a withdrawal of ${assetKind === 0 ? eth(amount) : `${amount} units of a token`} proven under batch ${String(batchIndex)}. Only ${recipient} is paid, whoever sends this.`;
  },
  'Vault.claimFor': ([owner]) => `Pay the Vault's credit of ${String(owner)} to its owner.`,
  'UpgradeTimelock.execute': ([upgrade]) => `Carry out an upgrade whose delay has passed: ${upgradeWords(upgrade as Upgrade)} Anyone may; it fails while exits go first.`,
  'UpgradeTimelock.extend': ([id]) => `Keep upgrade ${String(id)} executable for some days more, because exits go first. Anyone may.`,
  'SecurityCouncil.challenge': ([member]) => `Ask council member ${String(member)} for a sign of life. Anyone may.`,
  'SecurityCouncil.respond': () => 'Say that you, a challenged member of the council, are alive.',
  'SecurityCouncil.veto': ([upgrade]) => `End an upgrade for good, by the signatures given: ${upgradeWords(upgrade as Upgrade)}`,
  'SecurityCouncil.expedite': ([upgrade]) => `CARRY OUT EARLY, without the time to leave, by the signatures given: ${upgradeWords(upgrade as Upgrade)}`,
  'SecurityCouncil.pause': () => 'Pause finality by the signatures given. Inbox and exits go on; it ends by itself.',
  'Maturity.observe': () => 'Let the maturity contract look at the chain. Anyone may.',
  'Maturity.advance': ([lane]) => `Enter the next stage of maturity, with zk lane ${String(lane)} as the one of the needed age. It cannot be taken back.`,
  'Rollup.finalize': ([upTo]) => `Make batches final up to batch ${String(upTo)}. Anyone may; it fails if the policy is not met.`,
  'Rollup.drop': ([from]) => `Drop batch ${String(from)} and all after it because no proof came in time. Anyone may; it fails if one did.`,
};

function show(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value !== null && typeof value === 'object') return `{${Object.entries(value).map(([name, inner]) => `${name}: ${show(inner)}`).join(', ')}}`;
  return String(value);
}

/** @param contracts the names of the addresses that are known */
export function decodeCall({ to, data, valueWei }: Call, contracts: ReadonlyMap<string, ContractName>): Decoding {
  const contract = contracts.get(to.toLowerCase());
  if (contract === undefined) return { ok: false, why: `${to} is no contract of this rollup that the page knows` };
  const abi = ABIS[contract];
  try {
    const { functionName, args = [] } = decodeFunctionData({ abi, data });
    const again = encodeFunctionData({ abi, functionName, args });
    if (again !== data.toLowerCase()) return { ok: false, why: 'the bytes are not what their decoding encodes to' };
    const item = getAbiItem({ abi, name: functionName, args }) as AbiFunction;
    const fields = item.inputs.map((input: AbiParameter, index) => ({ name: input.name ?? `argument ${index + 1}`, type: input.type, value: show(args[index]) }));
    const sentence = SENTENCES[`${contract}.${functionName}`]?.(args, valueWei);
    if (sentence === undefined) return { ok: false, why: `${contract}.${functionName} has no description here` };
    return { ok: true, call: { contract, functionName, fields, sentence } };
  } catch (error) {
    return { ok: false, why: `the bytes are no call of ${contract}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}` };
  }
}
