// Flat typed data from the wish to a signature that is known to be over it. Owns asking the wallet and recovering the signer of what came
// back. Invariant: a signature over other bytes, or by another key, raises the page's alarm and is never returned.

'use client';

import { useState } from 'react';
import type { Hex } from 'viem';
import { useConfig, useConnection } from 'wagmi';
import { signTypedData, switchChain } from 'wagmi/actions';
import { reasonOf } from '../chain/reading.ts';
import { isSignatureOver } from '../chain/typedData.ts';
import type { FlatTyped } from '../chain/typedData.ts';
import { useSession } from './session.tsx';

export type Signed = { readonly ok: true; readonly signature: Hex; readonly signer: Hex } | { readonly ok: false; readonly why: string };

export function useSigning(): { readonly isPending: boolean; readonly sign: (typed: FlatTyped) => Promise<Signed> } {
  const config = useConfig();
  const connection = useConnection();
  const { raiseAlarm } = useSession();
  const [isPending, setPending] = useState(false);

  async function ask(typed: FlatTyped): Promise<Signed> {
    const { address } = connection;
    if (address === undefined) return { ok: false, why: 'no account is connected' };
    let signature: Hex;
    try {
      if (connection.chainId !== typed.domain.chainId) await switchChain(config, { chainId: typed.domain.chainId });
      signature = await signTypedData(config, { account: address, domain: typed.domain, types: typed.types, primaryType: typed.primaryType, message: typed.message } as Parameters<typeof signTypedData>[1]);
    } catch (error) {
      return { ok: false, why: `Nothing was signed: ${reasonOf(error)}` };
    }
    if (await isSignatureOver(typed, signature, address)) return { ok: true, signature, signer: address };
    raiseAlarm('Your wallet signed something else than this page showed: the signature is not yours over these bytes. It was not used.');
    return { ok: false, why: 'The signature does not belong to these bytes and was thrown away.' };
  }

  return { isPending, sign: async (typed) => {
    setPending(true);
    const signed = await ask(typed);
    setPending(false);
    return signed;
  } };
}
