// Flat typed data from the wish to a signature that is known to be over it. Owns asking the wallet and recovering the signer of what came
// back. Invariant: no wallet is asked before its guard (guard.tsx) let the act pass; a signature over other bytes, or by another key,
// raises the page's alarm and is never returned.

'use client';

import { useState } from 'react';
import type { Hex } from 'viem';
import { useConfig } from 'wagmi';
import { signTypedData } from 'wagmi/actions';
import { reasonOf } from '../chain/reading.ts';
import { isSignatureOver, plainSignature } from '../chain/typedData.ts';
import type { FlatTyped } from '../chain/typedData.ts';
import { useActGuard } from './guard.tsx';
import { useSession } from './session.tsx';

export type Signed = { readonly ok: true; readonly signature: Hex; readonly signer: Hex } | { readonly ok: false; readonly why: string };

/** @param chainId the network that the typed data names; `GuardNotice` of the same network belongs beside the button */
export function useSigning(chainId: number): { readonly isPending: boolean; readonly isHeld: boolean; readonly sign: (typed: FlatTyped) => Promise<Signed> } {
  const config = useConfig();
  const guard = useActGuard(chainId);
  const { raiseAlarm } = useSession();
  const [isPending, setPending] = useState(false);

  async function ask(typed: FlatTyped): Promise<Signed> {
    if (typed.domain.chainId !== chainId) return { ok: false, why: `this is for chain ${typed.domain.chainId}, not ${chainId}` };
    const passed = await guard.pass();
    if (!passed.ok) return { ok: false, why: `Nothing was signed: ${passed.why}` };
    const { account } = passed;
    let signature: Hex;
    try {
      signature = await signTypedData(config, { account, domain: typed.domain, types: typed.types, primaryType: typed.primaryType, message: typed.message } as Parameters<typeof signTypedData>[1]);
    } catch (error) {
      return { ok: false, why: `Nothing was signed: ${reasonOf(error)}` };
    }
    if (await isSignatureOver(typed, signature, account)) return { ok: true, signature: plainSignature(signature), signer: account };
    raiseAlarm('Your wallet signed something else than this page showed: the signature is not yours over these bytes. It was not used.');
    return { ok: false, why: 'The signature does not belong to these bytes and was thrown away.' };
  }

  return { isPending, isHeld: guard.isHeld, sign: async (typed) => {
    setPending(true);
    const signed = await ask(typed);
    setPending(false);
    return signed;
  } };
}
