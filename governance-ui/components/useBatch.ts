// Several acts in one question to the wallet (ERC-5792), where the wallet says that it can. Owns asking what it can, sending, and
// saying what came of it; the judgement is chain/sentBatch.ts.
//   idle -> asking -> sent -> done | reverted ;  asking -> refused ;  sent -> tampered
// Invariant: no wallet is asked before its guard (guard.tsx) let the act pass; success is said only after the endpoints, not the wallet,
// showed every receipt.

'use client';

import { useState } from 'react';
import type { Hex } from 'viem';
import { useCapabilities, useConfig, useConnection } from 'wagmi';
import { getCallsStatus, sendCalls } from 'wagmi/actions';
import { reasonOf } from '../chain/reading.ts';
import { judgeBatch } from '../chain/sentBatch.ts';
import type { PreparedTransaction } from '../flows/prepared.ts';
import type { ActGuard } from './guard.tsx';
import { useSession } from './session.tsx';

export type Batching =
  | { readonly step: 'idle' }
  | { readonly step: 'asking' }
  | { readonly step: 'refused'; readonly why: string }
  | { readonly step: 'sent' }
  | { readonly step: 'done'; readonly hashes: readonly Hex[] }
  | { readonly step: 'reverted'; readonly hashes: readonly Hex[] }
  | { readonly step: 'tampered'; readonly found: readonly string[] };

const POLL_MILLISECONDS = 1_000;
const MAX_POLLS = 300;

/** Whether the wallet takes batches on this chain; undefined while it is asked, and for wallets that do not know the question. */
export function useCanBatch(chainId: number): boolean | undefined {
  const { address } = useConnection();
  const { data, error } = useCapabilities({ ...(address === undefined ? {} : { account: address }), query: { enabled: address !== undefined, retry: false } });
  if (error !== null) return false;
  if (data === undefined) return undefined;
  const status = (data as Record<number, { atomic?: { status?: string } } | undefined>)[chainId]?.atomic?.status;
  return status === 'supported' || status === 'ready';
}

/** @param guard the batch's, of its calls' network */
export function useBatch({ pass }: ActGuard): { readonly batching: Batching; readonly sendAll: (calls: readonly PreparedTransaction[]) => Promise<void> } {
  const config = useConfig();
  const { l1, raiseAlarm } = useSession();
  const [batching, setBatching] = useState<Batching>({ step: 'idle' });

  async function sendAll(calls: readonly PreparedTransaction[]): Promise<void> {
    const [first] = calls;
    setBatching({ step: 'asking' });
    const passed = await pass();
    if (first === undefined || !passed.ok) return setBatching({ step: 'refused', why: passed.ok ? 'there is nothing to send' : passed.why });
    const { account } = passed;
    let id: string;
    try {
      ({ id } = await sendCalls(config, { account, chainId: first.chainId, forceAtomic: true, calls: calls.map(({ to, data, valueWei }) => ({ to, data, value: valueWei })) }));
    } catch (error) {
      return setBatching({ step: 'refused', why: reasonOf(error) });
    }
    setBatching({ step: 'sent' });
    for (let poll = 0; poll < MAX_POLLS; poll += 1) {
      const status = await getCallsStatus(config, { id }).catch((error: unknown) => ({ status: 'pending' as const, receipts: undefined, why: reasonOf(error) }));
      const hashes = (status.receipts ?? []).map(({ transactionHash }) => transactionHash);
      if (status.status !== 'pending' && hashes.length === 0) return setBatching({ step: 'refused', why: 'the wallet says that the batch has ended and names no transaction' });
      if (hashes.length > 0 && status.status !== 'pending') {
        const judged = await judgeBatch(l1, hashes, calls, account);
        if (judged.known) {
          if (judged.value.stray.length > 0) {
            raiseAlarm(`Your wallet did something else than this page asked for: ${judged.value.stray.join('; ')}.`);
            return setBatching({ step: 'tampered', found: judged.value.stray });
          }
          return setBatching({ step: judged.value.isSuccess ? 'done' : 'reverted', hashes });
        }
      }
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MILLISECONDS);
      });
    }
    return setBatching({ step: 'refused', why: `nothing was seen within ${MAX_POLLS} questions; it may still be mined` });
  }

  return { batching, sendAll };
}
