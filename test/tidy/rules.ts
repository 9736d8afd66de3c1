// The rules about one file's text: length, opening comment, words that never belong in a commit.
// Owns what a violation is and how it is worded; which files are looked at is the caller's.
// Every rule returns messages, empty when all is well, so that a test can also show that the rule does find what it forbids.
// The forbidden words are put together from parts, so that this file does not break its own rule.

import type { SourceFile } from './files.ts';

const MAX_LINES = 400;
/** An allowance need not follow every edit. */
const ALLOWANCE_SLACK_LINES = 50;
/** Half a line: less cannot say what a file owns. */
const MIN_HEAD_CHARACTERS = 40;

/** Files over the limit that the committed list does not allow, and list entries that allow too much or nothing. */
export function longFiles(files: readonly SourceFile[], allowed: Readonly<Record<string, number>>): string[] {
  const problems: string[] = [];
  const counts = new Map(files.map(({ path, text }) => [path, countLines(text)]));
  for (const [path, lines] of counts) {
    const limit = allowed[path] ?? MAX_LINES;
    if (lines > limit) problems.push(`${path}: ${lines} lines, expected at most ${limit}`);
  }
  for (const [path, limit] of Object.entries(allowed)) {
    const lines = counts.get(path);
    if (lines === undefined) problems.push(`${path}: allowed to be long, but there is no such file`);
    else if (lines <= MAX_LINES) problems.push(`${path}: no longer long (${lines} lines): remove it from the list`);
    else if (lines < limit - ALLOWANCE_SLACK_LINES) problems.push(`${path}: ${lines} lines now: lower its allowance of ${limit}`);
  }
  return problems;
}

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** A file's opening comment: what it owns, what it does not, its invariant. Solidity may have it right above its first unit. */
export function missingHead({ path, text }: SourceFile): string[] {
  const lines = text.split('\n');
  // A helper interface may stand before the contract that the file is about.
  const firstUnit = /^(abstract contract|contract|library) /m.test(text) ? /^(abstract contract|contract|library) / : /^(interface|struct|enum|error|function|type) /;
  let comment = 0;
  for (const line of lines) {
    const trimmed = line.trim();
    if (/^(\/\/\/?|\/\*|\*)/.test(trimmed) && !trimmed.startsWith('// SPDX')) comment += trimmed.replace(/^[/*\s]+/, '').length;
    else if (path.endsWith('.sol') ? firstUnit.test(trimmed) : trimmed !== '' && !trimmed.startsWith('#!') && !trimmed.startsWith('// SPDX')) break;
  }
  return comment >= MIN_HEAD_CHARACTERS ? [] : [`${path}: expected an opening comment that says what the file owns, found ${comment} characters of it before the code`];
}

const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string; readonly notIn?: string }[] = [
  { pattern: new RegExp(`\\b(${'TO' + 'DO'}|${'FIX' + 'ME'}|${'X' + 'XX'})\\b`), why: 'build it or leave it out, and name it in the documentation' },
  { pattern: new RegExp(`\\bas ${'any'}\\b`), why: 'give the value a type' },
  { pattern: new RegExp(`@ts-${'(ignore|nocheck|expect-error)'}`), why: 'make it type-check', notIn: 'prover/assembly/' },
  { pattern: new RegExp(`\\b(it|test|describe|suite)\\.(${'skip|only|todo'})\\(`), why: "defer inside the test with t.skip('deferred: <id>: <reason>')" },
  { pattern: new RegExp(`(oxlint|eslint)-disable(?!.*--)`), why: 'a lint exception carries its reason after --' },
  { pattern: /catch\s*(\([^)]*\))?\s*\{\s*\}/, why: 'a swallowed error: recover, add context, let it pass, or say why it does not matter' },
];

/** Words and constructions that are never committed. */
export function forbiddenWords({ path, text }: SourceFile): string[] {
  return FORBIDDEN.flatMap(({ pattern, why, notIn }) => {
    // AssemblyScript is checked by its own compiler; TypeScript's editor support needs the comment there.
    if (notIn !== undefined && path.startsWith(notIn)) return [];
    const match = pattern.exec(text);
    if (match === null) return [];
    const line = text.slice(0, match.index).split('\n').length;
    return [`${path}:${line}: '${match[0].split('\n')[0] ?? ''}' is not allowed: ${why}`];
  });
}

const MACHINE_PATTERNS: readonly RegExp[] = [
  new RegExp(`(?<![\\w.])/${'work'}/`),
  new RegExp(`(?<![\\w.$}])/${'tmp'}/[a-z]`),
  new RegExp(`/${'home'}/[a-z]`),
  new RegExp(`/${'root'}/\\.?[a-z]`),
  new RegExp(`registry\\.${'npmjs'}\\.org|registry\\.${'yarnpkg'}\\.com`),
];

/** Paths of one machine and hosts of registries: they mean nothing on another one. */
export function machineTraces({ path, text }: SourceFile): string[] {
  return MACHINE_PATTERNS.flatMap((pattern) => {
    const match = pattern.exec(text);
    if (match === null) return [];
    return [`${path}:${text.slice(0, match.index).split('\n').length}: '${match[0]}' belongs to one machine, not to the project`];
  });
}
