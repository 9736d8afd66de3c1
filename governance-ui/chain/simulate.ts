// Whether a call would succeed at the agreed head, and if not, why: in the contracts' own errors, or for want of money. Owns decoding of reverts.
// Invariant: a revert is an answer; a failed request is *unknown*.

import { decodeErrorResult, formatEther } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from './abis.ts';
import type { Call } from './decode.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';

export type Simulation = { readonly ok: true } | { readonly ok: false; readonly why: string };

export async function simulate(quorum: Quorum, at: BlockRef, call: Call, from: Hex | undefined): Promise<Reading<Simulation>> {
  const request = { ...(from === undefined ? {} : { from }), to: call.to, data: call.data, value: `0x${call.valueWei.toString(16)}` };
  const poor = from === undefined || call.valueWei === 0n ? undefined : await missingFunds(quorum, at, from, call.valueWei);
  if (poor !== undefined) return poor;
  const answer = await quorum.read('eth_call', [request, { blockHash: at.hash }], at);
  return mapReading(answer, (value): Simulation => {
    if (typeof value === 'string') return { ok: true };
    return { ok: false, why: revertText((value as { reverted: Hex }).reverted) };
  });
}

/** Nodes refuse to run what cannot be paid for, with an error of their own that says nothing of the call: so the balance is read first. */
async function missingFunds(quorum: Quorum, at: BlockRef, from: Hex, valueWei: bigint): Promise<Reading<Simulation> | undefined> {
  const balance = mapReading(await quorum.read('eth_getBalance', [from, { blockHash: at.hash }], at), (value) => BigInt(String(value)));
  if (!balance.known || balance.value >= valueWei) return undefined;
  return { ...balance, value: { ok: false, why: `${formatEther(valueWei)} ETH go with it, the account has ${formatEther(balance.value)}` } };
}

/** The error's name and arguments if one of our contracts declares it. */
export function revertText(data: Hex): string {
  if (data === '0x') return 'it reverts without a reason';
  for (const abi of Object.values(ABIS)) {
    try {
      const { errorName, args } = decodeErrorResult({ abi, data });
      return `${errorName}(${(args ?? []).map(String).join(', ')})`;
    } catch {
      // Another contract's error: the next ABI may know it.
      continue;
    }
  }
  return `an error that no contract here declares (${data.slice(0, 10)})`;
}
