// Who receives a frozen exit: the payee, or another address by the payee's will. The payee sends it itself, or signs a redirection that anyone
// can carry in. Owns the choice and the signature. Invariant: without the payee's own call or signature nobody else is named.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import type { Hex } from 'viem';
import { ZERO_ADDRESS } from '../chain/exit/kit.ts';
import { redirectNonce, typedRedirect } from '../chain/exit/status.ts';
import { DeviceMirror } from './deviceMirror.tsx';
import { errorOf, parseAddress } from './inputs.ts';
import { GuardNotice } from './guard.tsx';
import { useReading, useRound, useSession, useSystem } from './session.tsx';
import { Button, Field, Notice } from './ui.tsx';
import { useSigning } from './useSigning.ts';

export interface Redirection { readonly to: Hex; readonly deadline: string; readonly signature: Hex }

/** Long enough for someone else to send it. */
const VALID_SECONDS = 604_800n;

export function Receiver({ payee, canRedirect, onChange }: { payee: Hex; canRedirect: boolean; onChange: (redirection: Redirection | undefined) => void }) {
  const { address } = useConnection();
  const [text, setText] = useState('');
  const [signed, setSigned] = useState<Hex>();
  const to = parseAddress(text);
  const isPayee = address?.toLowerCase() === payee.toLowerCase();
  if (!canRedirect) return null;
  const take = (value: string): void => {
    setText(value);
    setSigned(undefined);
    const parsed = parseAddress(value);
    onChange(parsed.ok && isPayee && parsed.value.toLowerCase() !== payee.toLowerCase() ? { to: parsed.value.toLowerCase() as Hex, deadline: '0', signature: '0x' } : undefined);
  };
  return (
    <div className="stack">
      <Field label="Pay it to" value={text} onChange={take} placeholder={payee} error={errorOf(text, to) ?? (to.ok && !isPayee ? `only ${payee} can name another receiver; it is paid itself unless you connect it` : undefined)} hint={isPayee ? 'Empty: to yourself. Another address needs nothing but that you send it.' : `Empty: to ${payee}. Only that account can name another receiver: connect it.`} />
      {isPayee && to.ok ? <SignRedirect key={to.value} payee={payee} to={to.value} isSigned={signed === to.value} onSigned={(redirection) => {
        setSigned(to.value);
        onChange(redirection);
      }} /> : null}
    </div>
  );
}

function SignRedirect({ payee, to, isSigned, onSigned }: { payee: Hex; to: Hex; isSigned: boolean; onSigned: (redirection: Redirection) => void }) {
  const { deployment } = useSession();
  const system = useSystem();
  const head = useRound('l1')?.head;
  const { isPending, isHeld, sign } = useSigning(deployment.l1.chainId);
  const [fault, setFault] = useState<string>();
  const [deadline] = useState(() => (head?.known === true ? head.value.timestamp + VALID_SECONDS : 0n));
  const nonce = useReading('l1', ['redirect nonce', payee], async ({ system, at }) => redirectNonce(system, at, payee));
  const hatch = system?.known === true ? system.value.exits.hatch : undefined;
  if (hatch === undefined || nonce?.known !== true || deadline === 0n || to.toLowerCase() === ZERO_ADDRESS) return null;
  const typed = typedRedirect({ hatch: hatch.address, chainId: deployment.l1.chainId, payee, to, nonce: nonce.value, deadline });
  const start = async (): Promise<void> => {
    const signed = await sign(typed);
    setFault(signed.ok ? undefined : signed.why);
    if (signed.ok) onSigned({ to: to.toLowerCase() as Hex, deadline: deadline.toString(), signature: signed.signature });
  };
  return (
    <details className="disclosure"><summary>Have someone else send it: sign a redirection</summary>
      <div className="disclosure-body">
        <p className="sentence">{typed.sentence}</p>
        <DeviceMirror typed={typed} />
        <GuardNotice chainId={deployment.l1.chainId} />
        <div className="actions"><Button disabled={isPending || isHeld} onClick={() => void start()}>{isPending ? 'In your wallet…' : 'Sign the redirection in wallet'}</Button></div>
        {fault === undefined ? null : <Notice tone="bad" title="Not signed" isLive>{fault}</Notice>}
        {isSigned ? <Notice tone="good" title="Signed" isLive>Recovered and compared. It is in the transaction below and in the saved file: anyone can send it now.</Notice> : null}
      </div>
    </details>
  );
}
