// The parts that every screen is made of: panel, rows, badge, notice, button, hexadecimal. Owns their markup and accessible names;
// colours and sizes are in styles/. A badge says in words what its colour says.
// Invariant: no part reads a chain.

'use client';

import { useId, useState } from 'react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { copyText } from './copy.ts';
import { shortHex } from './format.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet';

export function Panel({ title, aside, children, tone }: { title: string; aside?: ReactNode; children: ReactNode; tone?: Tone | undefined }) {
  const id = useId();
  return (
    <section className="panel" data-tone={tone} aria-labelledby={id}>
      <header className="panel-head"><h2 id={id}>{title}</h2>{aside === undefined ? null : <div className="panel-aside">{aside}</div>}</header>
      {children}
    </section>
  );
}

/** Name and value, one below the other on narrow screens. */
export function Rows({ children }: { children: ReactNode }) {
  return <dl className="rows">{children}</dl>;
}

export function Row({ name, children, hint }: { name: string; children: ReactNode; hint?: string }) {
  return <div className="row"><dt>{name}{hint === undefined ? null : <span className="hint">{hint}</span>}</dt><dd>{children}</dd></div>;
}

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className="badge" data-tone={tone}><span className="badge-mark" aria-hidden="true" /><span>{children}</span></span>;
}

export function Notice({ tone, title, children, isLive = false }: { tone: Tone; title: string; children?: ReactNode; isLive?: boolean }) {
  return <div className="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : isLive ? 'status' : undefined}><strong>{title}</strong>{children === undefined ? null : <div className="notice-text">{children}</div>}</div>;
}

export function Button({ kind = 'plain', ...rest }: { kind?: 'primary' | 'plain' | 'danger' } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button type="button" className="button" data-kind={kind} {...rest} />;
}

/** An address or hash: short to look at, whole to copy, to read out and to hover. */
export function HexText({ value, isWhole = false }: { value: string; isWhole?: boolean }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    void copyText(value).then((isDone) => {
      setCopied(isDone);
      setTimeout(() => setCopied(false), 1_500);
    });
  };
  return (
    <span className="hex">
      <code title={value}>{isWhole ? value : <><span aria-hidden="true">{shortHex(value)}</span><span className="sr-only">{value}</span></>}</code>
      <button type="button" className="copy" onClick={copy} aria-label={`Copy ${value}`}>{isCopied ? 'copied' : 'copy'}</button>
    </span>
  );
}

export function Field({ label, value, onChange, hint, error, placeholder, mode }: { label: string; value: string; onChange: (value: string) => void; hint?: ReactNode; error?: string | undefined; placeholder?: string; mode?: 'decimal' | 'text' }) {
  const id = useId();
  const about = error !== undefined || hint !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} value={value} placeholder={placeholder} inputMode={mode} autoComplete="off" spellCheck={false} aria-invalid={error !== undefined} aria-describedby={about ? `${id}-about` : undefined} onChange={(event) => onChange(event.target.value)} />
      {about ? <p className="field-about" id={`${id}-about`} data-error={error !== undefined}>{error ?? hint}</p> : null}
    </div>
  );
}

/** Text of several lines. */
export function LongField({ label, value, onChange, hint, error, rows = 4 }: { label: string; value: string; onChange: (value: string) => void; hint?: ReactNode; error?: string | undefined; rows?: number }) {
  const id = useId();
  const about = error !== undefined || hint !== undefined;
  return (
    <div className="field wide">
      <label htmlFor={id}>{label}</label>
      <textarea id={id} rows={rows} value={value} spellCheck={false} aria-invalid={error !== undefined} aria-describedby={about ? `${id}-about` : undefined} onChange={(event) => onChange(event.target.value)} />
      {about ? <p className="field-about" id={`${id}-about`} data-error={error !== undefined}>{error ?? hint}</p> : null}
    </div>
  );
}

/** One of several; nothing is chosen for the reader. */
export function Choice({ label, value, onChange, options, hint, unchosen = 'choose…' }: { label: string; value: string; onChange: (value: string) => void; options: readonly (readonly [value: string, name: string])[]; hint?: ReactNode; unchosen?: string }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} aria-describedby={hint === undefined ? undefined : `${id}-about`} onChange={(event) => onChange(event.target.value)}>
        <option value="">{unchosen}</option>
        {options.map(([one, name]) => <option key={one} value={one}>{name}</option>)}
      </select>
      {hint === undefined ? null : <p className="field-about" id={`${id}-about`}>{hint}</p>}
    </div>
  );
}

/** The address of what is shown, for someone else or for later. */
function ShareLink() {
  const [isCopied, setCopied] = useState(false);
  const share = (): void => {
    void copyText(window.location.href).then((isDone) => {
      setCopied(isDone);
      setTimeout(() => setCopied(false), 1_500);
    });
  };
  return <button type="button" className="copy" onClick={share}>{isCopied ? 'link copied' : 'copy link'}</button>;
}

/** Details that most readers skip. @param isLazy made only once they are opened: for what asks the chain */
export function Disclosure({ summary, children, isLazy = false }: { summary: string; children: ReactNode; isLazy?: boolean }) {
  const [wasOpened, setOpened] = useState(!isLazy);
  return <details className="disclosure" onToggle={(event) => setOpened(wasOpened || event.currentTarget.open)}><summary>{summary}</summary><div className="disclosure-body">{wasOpened ? children : null}</div></details>;
}

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="page-head"><div className="page-title"><h1 id="page-title" tabIndex={-1}>{title}</h1><ShareLink /></div>{children === undefined ? null : <p className="lead">{children}</p>}</div>;
}
