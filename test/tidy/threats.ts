// The table of contracts/THREATS.md: ids, citations, states. Owns its form and which ids there must be; what a test shows is the test's.
// Invariant: a row is passed with at least one citation that exists, or deferred with a reason; nothing else counts.

const range = (letter: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);

/** Both protocol reviews, the rows of the study of other escape hatches, and the fifteen pain points of other governances. */
export const THREAT_IDS: readonly string[] = [...range('C', 9), ...range('H', 15), ...range('N', 24), ...range('S', 22), ...range('G', 15)];

/** What is wrong with the page. @param textOf a file's text, undefined if there is no such file */
export function threatProblems(page: string, textOf: (path: string) => string | undefined): string[] {
  const rows = [...page.matchAll(/^\| ([CHNSG]\d+) \| (.*?) \| (.*?) ?\| (passed|deferred: .+) \|$/gm)];
  const found = new Map(rows.map(([, id, , citations, state]) => [id ?? '', { citations: citations ?? '', state: state ?? '' }]));
  const problems = THREAT_IDS.filter((id) => !found.has(id)).map((id) => `${id}: expected a row of contracts/THREATS.md, passed or deferred with a reason`);
  if (rows.length !== found.size) problems.push(`expected each id once, found ${rows.length} rows of ${found.size} ids`);
  for (const [id, { citations, state }] of found) {
    const cited = [...citations.matchAll(/`([^`]+)`: ([^`;]+)/g)];
    if (state === 'passed' && cited.length === 0) problems.push(`${id}: passed, and cites no test`);
    for (const [, path, piece] of cited) {
      const text = textOf(path ?? '');
      if (text === undefined) problems.push(`${id}: cites ${path}, which does not exist`);
      else if (!text.includes((piece ?? '').trim())) problems.push(`${id}: cites "${(piece ?? '').trim()}", which ${path} does not contain`);
    }
  }
  return problems;
}
