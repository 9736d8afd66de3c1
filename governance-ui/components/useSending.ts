// One transaction from the wish to the chain: tried, signed by the wallet, found on the chain, compared with what was asked for,
// mined. Owns that sequence and its state.
//   idle -> asking -> sent -> mined | reverted ;  asking -> refused ;  sent -> tampered (other bytes, or on the other chain)
// Invariant: no wallet is asked before its guard (guard.tsx) let the act pass; what it sent is judged by the transaction the endpoints
// show, not by what the wallet says.

'use client';

import { useRef, useState } from 'react';
import type { Hex } from 'viem';
import { useConfig } from 'wagmi';
import { sendTransaction } from 'wagmi/actions';
import { reasonOf } from '../chain/reading.ts';
import { findReceipt, findSent, differences } from '../chain/sent.ts';
import type { SentReceipt } from '../chain/sent.ts';
import type { PreparedTransaction } from '../flows/prepared.ts';
import type { ActGuard } from './guard.tsx';
import { useSession } from './session.tsx';

export type Sending =
  | { readonly step: 'idle' }
  | { readonly step: 'asking'; readonly what: string }
  | { readonly step: 'refused'; readonly why: string }
  | { readonly step: 'sent'; readonly hash: Hex; readonly isCompared: boolean }
  | { readonly step: 'tampered'; readonly hash: Hex; readonly found: readonly string[] }
  | { readonly step: 'mined'; readonly hash: Hex; readonly receipt: SentReceipt }
  | { readonly step: 'reverted'; readonly hash: Hex; readonly receipt: SentReceipt }
  | { readonly step: 'lost'; readonly hash: Hex; readonly why: string };

const POLL_MILLISECONDS = 1_000;
/** After so many questions the page stops waiting; the transaction may still arrive, and the page says so. */
const MAX_POLLS = 300;
/** After so many the other chain is asked too: a wallet may have sent it there. */
const POLLS_BEFORE_ELSEWHERE = 5;

/** @param guard the act's, of the same network */
export function useSending({ pass }: ActGuard): { readonly sending: Sending; readonly send: (prepared: PreparedTransaction) => Promise<void>; readonly reset: () => void } {
  const config = useConfig();
  const { l1, l2, raiseAlarm } = useSession();
  const [sending, setSending] = useState<Sending>({ step: 'idle' });
  const run = useRef(0);

  async function send(prepared: PreparedTransaction): Promise<void> {
    run.current += 1;
    const mine = run.current;
    const tell = (next: Sending): void => {
      if (run.current === mine) setSending(next);
    };
    const [quorum, elsewhere] = prepared.chain === 'l1' ? [l1, l2] : [l2, l1];
    tell({ step: 'asking', what: 'asking the wallet for its account and network' });
    const passed = await pass(() => tell({ step: 'asking', what: `asking the wallet to switch to chain ${prepared.chainId}` }));
    if (!passed.ok) return tell({ step: 'refused', why: passed.why });
    const { account } = passed;
    let hash: Hex;
    try {
      tell({ step: 'asking', what: 'waiting for your signature in the wallet' });
      hash = await sendTransaction(config, { account, chainId: prepared.chainId, to: prepared.to, data: prepared.data, value: prepared.valueWei });
    } catch (error) {
      return tell({ step: 'refused', why: reasonOf(error) });
    }
    tell({ step: 'sent', hash, isCompared: false });
    for (let poll = 0, isCompared = false; poll < MAX_POLLS; poll += 1) {
      if (!isCompared) {
        const found = await findSent(quorum, hash);
        if (found.known) {
          const wrong = differences(prepared, account, found.value);
          if (wrong.length > 0) {
            raiseAlarm(`Your wallet sent something else than this page asked for (transaction ${hash}): ${wrong.join('; ')}.`);
            return tell({ step: 'tampered', hash, found: wrong });
          }
          isCompared = true;
          tell({ step: 'sent', hash, isCompared: true });
        } else if (poll >= POLLS_BEFORE_ELSEWHERE && (await findSent(elsewhere, hash)).known) {
          raiseAlarm(`Your wallet sent a transaction on another chain than this page asked for (${hash}, not on chain ${prepared.chainId}).`);
          return tell({ step: 'tampered', hash, found: [`on another chain than ${prepared.chainId}`] });
        }
      }
      const receipt = isCompared ? await findReceipt(quorum, hash) : undefined;
      if (receipt?.known === true) return tell({ step: receipt.value.isSuccess ? 'mined' : 'reverted', hash, receipt: receipt.value });
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MILLISECONDS);
      });
    }
    tell({ step: 'lost', hash, why: `the endpoints did not show it within ${MAX_POLLS} questions; it may still be mined` });
  }

  return { sending, send, reset: () => {
    run.current += 1;
    setSending({ step: 'idle' });
  } };
}
