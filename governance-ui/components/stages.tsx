// Stages in a row, drawn: what is done, what goes on, what is still to come. Owns the drawing and its text alternative.
// Invariant: shape and words say the state; colour only repeats it.

'use client';

export type StageState = 'done' | 'current' | 'waiting' | 'failed' | 'unknown';

export interface StageStep {
  readonly name: string;
  readonly state: StageState;
  readonly detail?: string | undefined;
}

const STATE_WORDS: Readonly<Record<StageState, string>> = { done: 'done', current: 'in progress', waiting: 'not yet', failed: 'failed', unknown: 'unknown' };

function Mark({ state }: { state: StageState }) {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" className="stage-mark" data-state={state}>
      <circle cx="12" cy="12" r="9.5" />
      {state === 'done' ? <path d="M7.5 12.5l3 3 6-7" /> : null}
      {state === 'current' ? <circle cx="12" cy="12" r="4" className="stage-dot" /> : null}
      {state === 'failed' ? <path d="M8.5 8.5l7 7m0-7l-7 7" /> : null}
      {state === 'unknown' ? <path d="M9.5 9.5a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.8-.9 1.7m0 2.8v.2" /> : null}
    </svg>
  );
}

export function Stages({ label, steps }: { label: string; steps: readonly StageStep[] }) {
  return (
    <ol className="stages" aria-label={label}>
      {steps.map(({ name, state, detail }) => (
        <li key={name} className="stage" data-state={state} aria-current={state === 'current' ? 'step' : undefined}>
          <Mark state={state} />
          <span className="stage-name">{name}</span>
          <span className="stage-detail">{detail ?? STATE_WORDS[state]}{detail === undefined ? null : <span className="sr-only">, {STATE_WORDS[state]}</span>}</span>
        </li>
      ))}
    </ol>
  );
}
