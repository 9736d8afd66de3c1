// Who receives a frozen exit: the payee, or another address by the payee's will. The payee sends it itself, or signs a redirection that anyone
// can carry in. Owns the choice and the signature. Invariant: without the payee's own call or signature nobody else is named.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import type { Hex } from 'viem';
import { ZERO_ADDRESS } from '../chain/exit/kit.ts';
import { redirectNonce, typedRedirect } from '../chain/exit/status.ts';
import { errorOf, parseAddress } from './inputs.ts';
import { useSession, useSystem } from './session.tsx';
import { SignRedirection } from './signRedirection.tsx';
import { Field } from './ui.tsx';

export interface Redirection { readonly to: Hex; readonly deadline: string; readonly signature: Hex }

/** @param filed whom a file names instead of the payee */
export function Receiver({ payee, filed, canRedirect, onChange }: { payee: Hex; filed: Hex | undefined; canRedirect: boolean; onChange: (redirection: Redirection | undefined) => void }) {
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
      <Field label="Pay it to" value={text} onChange={take} placeholder={payee} error={errorOf(text, to) ?? (to.ok && !isPayee ? `only ${payee} can name another receiver; it is paid itself unless you connect it` : undefined)} hint={filed !== undefined ? `Empty: to ${filed}, as the file has it.` : isPayee ? 'Empty: to yourself. Another address needs nothing but that you send it.' : `Empty: to ${payee}. Only that account can name another receiver: connect it.`} />
      {isPayee && to.ok ? <SignExits key={to.value} payee={payee} to={to.value} isSigned={signed === to.value} onSigned={(redirection) => {
        setSigned(to.value);
        onChange(redirection);
      }} /> : null}
    </div>
  );
}

function SignExits({ payee, to, isSigned, onSigned }: { payee: Hex; to: Hex; isSigned: boolean; onSigned: (redirection: Redirection) => void }) {
  const { deployment } = useSession();
  const system = useSystem();
  const hatch = system?.known === true ? system.value.exits.hatch : undefined;
  if (hatch === undefined || to.toLowerCase() === ZERO_ADDRESS) return null;
  return (
    <SignRedirection
      owner={payee} nonceOf={redirectNonce} place="the transaction below and in the saved file" isSigned={isSigned}
      typedOf={(nonce, deadline) => typedRedirect({ hatch: hatch.address, chainId: deployment.l1.chainId, payee, to, nonce, deadline })}
      onSigned={({ deadline, signature }) => onSigned({ to: to.toLowerCase() as Hex, deadline: deadline.toString(), signature })}
    />
  );
}
