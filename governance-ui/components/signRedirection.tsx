// A payee's signature that sends what it is owed elsewhere, for whoever carries it in: credits of the Vault and exits of the hatch alike. Owns the
// deadline, the nonce's reading and the ask; what exactly is signed is its caller's. Invariant: nothing is asked before the nonce is known.

'use client';

import { useState } from 'react';
import type { Hex } from 'viem';
import type { BlockRef, Reading } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';
import type { FlatTyped } from '../chain/typedData.ts';
import { DeviceMirror } from './deviceMirror.tsx';
import { GuardNotice } from './guard.tsx';
import { useReading, useRound, useSession } from './session.tsx';
import { Button, Disclosure, Notice } from './ui.tsx';
import { useSigning } from './useSigning.ts';

/** Long enough for someone else to send it. */
const VALID_SECONDS = 604_800n;

export interface SignedRedirection { readonly deadline: bigint; readonly signature: Hex }

/** @param owner of the nonce that `nonceOf` reads; @param place where the signature is afterwards, for the sentence that says so */
export function SignRedirection({ owner, nonceOf, typedOf, place, isSigned, onSigned }: { owner: Hex; nonceOf: (system: System, at: BlockRef, owner: Hex) => Promise<Reading<bigint>>; typedOf: (nonce: bigint, deadline: bigint) => FlatTyped; place: string; isSigned: boolean; onSigned: (signed: SignedRedirection) => void }) {
  const { deployment } = useSession();
  const head = useRound('l1')?.head;
  const { isPending, isHeld, sign } = useSigning(deployment.l1.chainId);
  const [fault, setFault] = useState<string>();
  const [deadline] = useState(() => (head?.known === true ? head.value.timestamp + VALID_SECONDS : 0n));
  const nonce = useReading('l1', [`${place} nonce`, owner], async ({ system, at }) => nonceOf(system, at, owner));
  if (nonce?.known !== true || deadline === 0n) return null;
  const typed = typedOf(nonce.value, deadline);
  const start = async (): Promise<void> => {
    const answer = await sign(typed);
    setFault(answer.ok ? undefined : answer.why);
    if (answer.ok) onSigned({ deadline, signature: answer.signature });
  };
  return (
    <Disclosure summary="Have someone else send it: sign a redirection">
      <p className="sentence">{typed.sentence}</p>
      <DeviceMirror typed={typed} />
      <GuardNotice chainId={deployment.l1.chainId} />
      <div className="actions"><Button disabled={isPending || isHeld} onClick={() => void start()}>{isPending ? 'In your wallet…' : 'Sign the redirection in wallet'}</Button></div>
      {fault === undefined ? null : <Notice tone="bad" title="Not signed" isLive>{fault}</Notice>}
      {isSigned ? <Notice tone="good" title="Signed" isLive>Recovered and compared. It is in {place}: anyone can send it now.</Notice> : null}
    </Disclosure>
  );
}
