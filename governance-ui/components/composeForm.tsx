// The form of an upgrade: kind, the fields of its kind, the reasons and the report. Owns what was typed; every value in it is parsed by
// chain/compose.ts, the hash of a chosen report is computed here and the file stays where it is.
// Invariant: nothing is filled in for the reader but what the chain has now, and only at the reader's wish.

'use client';

import { useState } from 'react';
import { keccak256 } from 'viem';
import type { Hex } from 'viem';
import { FORMS, membersText, parseField } from '../chain/compose.ts';
import type { FormField, KindForm, Typed } from '../chain/compose.ts';
import { members, threshold } from '../chain/council.ts';
import { reasonOf, unknown } from '../chain/reading.ts';
import { errorOf } from './inputs.ts';
import { useReading } from './session.tsx';
import { Button, Choice, Field, LongField } from './ui.tsx';

export interface Draft { readonly kind: number | undefined; readonly typed: Typed; readonly why: string; readonly reportHash: string; readonly salt: Hex }

export function freshSalt(): Hex {
  return `0x${Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

export function ComposeForm({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const form = FORMS.find(({ kind }) => kind === draft.kind);
  const choose = (value: string): void => onChange({ ...draft, kind: value === '' ? undefined : Number(value), typed: {} });
  const type = (name: string, value: string): void => onChange({ ...draft, typed: { ...draft.typed, [name]: value } });
  return (
    <>
      <div className="form"><Choice label="Kind of upgrade" value={draft.kind === undefined ? '' : String(draft.kind)} onChange={choose} options={FORMS.map(({ kind, title }) => [String(kind), title])} hint="A proposal is exactly one upgrade of one kind." /></div>
      {form === undefined ? null : (
        <>
          {form.name === 'Council' ? <FromPresent onTaken={(typed) => onChange({ ...draft, typed })} /> : null}
          <div className="form">{form.fields.map((field) => <OneField key={field.name} field={field} value={draft.typed[field.name] ?? ''} onChange={(value) => type(field.name, value)} />)}</div>
          <LongField label="Why: the description that voters read" value={draft.why} onChange={(why) => onChange({ ...draft, why })} rows={3} hint="The proposer's address is put behind it." />
          <Report value={draft.reportHash} onChange={(reportHash) => onChange({ ...draft, reportHash })} />
        </>
      )}
    </>
  );
}

function OneField({ field: { type, label, hint }, value, onChange }: { field: FormField; value: string; onChange: (value: string) => void }) {
  if (type === 'yes or no') return <Choice label={label} value={value} onChange={onChange} options={[['no', 'No'], ['yes', 'Yes']]} hint={hint} />;
  if (type === 'on or off') return <Choice label={label} value={value} onChange={onChange} options={[['on', 'On'], ['off', 'Off']]} hint={hint} />;
  const error = errorOf(value, parseField(type, value));
  if (type === 'members') return <LongField label={label} value={value} onChange={onChange} rows={9} hint={hint} error={error} />;
  return <Field label={label} value={value} onChange={onChange} hint={hint} error={error} placeholder={type === 'number' ? '' : type === 'duration' ? '8 d' : '0x…'} />;
}

/** A change of a few members begins with those that are there. */
function FromPresent({ onTaken }: { onTaken: (typed: Typed) => void }) {
  const present = useReading<Typed>('l1', ['council', 'present'], async ({ system: { governance: { council } }, at }) => {
    if (council === undefined) return unknown('no council stands');
    const [list, m] = await Promise.all([members(council, at), threshold(council, at)]);
    if (!list.known) return list;
    if (!m.known) return m;
    return { ...list, value: { members: membersText(list.value), threshold: m.value.toString() } };
  });
  return <div className="actions"><Button disabled={present?.known !== true} onClick={() => (present?.known === true ? onTaken(present.value) : undefined)}>Start from the present council</Button></div>;
}

function Report({ value, onChange }: { value: string; onChange: (hash: string) => void }) {
  const [file, setFile] = useState('');
  const take = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    try {
      onChange(keccak256(new Uint8Array(await chosen.arrayBuffer())));
      setFile(chosen.name);
    } catch (error) {
      setFile(`not read: ${reasonOf(error)}`);
    }
  };
  return (
    <div className="form">
      <div className="field"><label htmlFor="report-file">The public report</label><input id="report-file" type="file" aria-describedby="report-about" onChange={(event) => void take(event.target.files?.[0])} /><p className="field-about" id="report-about">{file === '' ? 'Its keccak-256 becomes part of the upgrade; the file stays with you: publish it.' : `Hashed here: ${file}`}</p></div>
      <Field label="Or its keccak-256" value={value} onChange={onChange} placeholder="0x…" error={errorOf(value, parseReportHash(value))} />
    </div>
  );
}

/** The timelock takes no upgrade without a report. */
export function parseReportHash(text: string): { readonly ok: true; readonly value: Hex } | { readonly ok: false; readonly why: string } {
  const trimmed = text.trim();
  if (!/^0x[0-9a-fA-F]{64}$/.test(trimmed)) return { ok: false, why: trimmed === '' ? 'choose the report, or give its hash' : 'expected 0x and 64 hexadecimal digits' };
  return BigInt(trimmed) === 0n ? { ok: false, why: 'a hash of zero means that there is no report' } : { ok: true, value: trimmed.toLowerCase() as Hex };
}

export function formOf(kind: number | undefined): KindForm | undefined {
  return FORMS.find((form) => form.kind === kind);
}
