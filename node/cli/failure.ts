// How a command ends when it does not succeed. Owns the exit codes, which scripts rely on, and the one error class commands
// throw on purpose; anything else that is thrown is a bug and shows its stack.
// Exit codes: 0 done, 1 failed, 2 used wrongly, 3 an endpoint cannot be reached, 4 unknown (it could not be checked).
// Invariant: unknown is never reported as done and never as failed.

export const EXIT_CODES = { failed: 1, usage: 2, unreachable: 3, unknown: 4 } as const;
export type FailureKind = keyof typeof EXIT_CODES;

/** An end of a command that a person can act on. The message says what was expected and what came. */
export class CommandFailure extends Error {
  readonly kind: FailureKind;
  /** Facts for `--json`, beside the message. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(kind: FailureKind, message: string, options: { cause?: unknown; facts?: Readonly<Record<string, unknown>> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CommandFailure';
    this.kind = kind;
    this.facts = options.facts ?? {};
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
