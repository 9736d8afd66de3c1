// What a command prints. With `--json` stdout carries exactly one object, at the end, success or not, and progress goes to
// stderr; without it progress and result are lines for a person.
// Owns the format; the facts are the command's. Amounts are printed as decimal strings, never as JSON numbers.
// Invariant: nothing secret is ever passed in here.

import { CommandFailure, EXIT_CODES, messageOf } from './failure.ts';

export interface Output {
  readonly isJson: boolean;
  /** Something is under way. */
  progress(line: string): void;
  /** The command's result: facts for a program, lines for a person. */
  result(facts: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
}

export function createOutput(isJson: boolean): Output {
  return {
    isJson,
    progress: (line) => void (isJson ? process.stderr : process.stdout).write(`${line}\n`),
    result: (facts, lines) => void process.stdout.write(isJson ? `${toJson({ ok: true, ...facts })}\n` : lines.map((line) => `${line}\n`).join('')),
  };
}

/** Prints why a command did not succeed. @returns its exit code */
export function reportFailure(isJson: boolean, error: unknown): number {
  const isExpected = error instanceof CommandFailure;
  const kind = isExpected ? error.kind : 'failed';
  if (isJson) process.stdout.write(`${toJson({ ok: false, kind, error: messageOf(error), ...(isExpected ? error.facts : {}) })}\n`);
  const text = isExpected || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
  process.stderr.write(`keyfall: ${text}\n`);
  return EXIT_CODES[kind];
}

/** A mistake in the arguments, which commander has already told on stderr. @returns its exit code */
export function reportMistake(isJson: boolean, message: string): number {
  if (isJson) process.stdout.write(`${toJson({ ok: false, kind: 'usage', error: message.replace(/^error: /, '') })}\n`);
  return EXIT_CODES.usage;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? entry.toString() : entry));
}

/** Text from a chain, on one line and without anything that a terminal would obey: what it says must not pass for what we say. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Two columns, the first padded; for lists of facts. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}
