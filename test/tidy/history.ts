// The shrinking rule for committed exceptions (deferred tests, long files): compared with what git remembers of the list.
// Owns the comparison; it does not know what an entry means. An entry added in the version of the root package that is still
// being written may be new; an entry of an older version must have been there when that version ended, and one that was
// removed never comes back under its name.
// Invariant: without history the answer is `unknown`, never "fine".

import { git } from './files.ts';

/** Contents of a file in every commit of the first-parent history that changed it, newest first; undefined without git. */
export function committedVersions(path: string): string[] | undefined {
  if (git('rev-parse', '--is-shallow-repository')?.trim() !== 'false') return undefined;
  const commits = git('log', '--first-parent', '--format=%H', '--', path)?.split('\n').filter((line) => line !== '');
  return commits?.flatMap((commit) => git('show', `${commit}:${path}`) ?? []);
}

export interface ListedName {
  readonly name: string;
  readonly since: string;
}

/**
 * @param current entries of the working tree
 * @param earlier entries of each committed version, newest first
 * @param version the root package's version
 * @returns what breaks the rule
 */
export function growth(current: readonly ListedName[], earlier: readonly (readonly ListedName[])[], version: string): string[] {
  const problems: string[] = [];
  for (const { name, since } of current) {
    const wasIn = earlier.map((list) => list.some((entry) => entry.name === name));
    const firstSeen = wasIn.lastIndexOf(true);
    const wasRemoved = firstSeen !== -1 && wasIn.slice(0, firstSeen).includes(false);
    if (wasRemoved) problems.push(`'${name}' was removed from the list before and is back`);
    if (since !== version && firstSeen === -1) problems.push(`'${name}' claims to be from version ${since}, but no committed list has it`);
  }
  return problems;
}
