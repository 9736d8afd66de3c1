// Property ids (`P-` and a number) as they stand in contracts/PROPERTIES.md and in tests. Owns their spelling only.
// A property is declared where a line of the page begins with its id (a heading, a list item or a table row); elsewhere on the
// page it is mentioned. Invariant: the same spelling is read in both places, so a typo shows up as an unknown citation.

const ID = /\bP-\d{3}\b/g;
const DECLARATION = /^\s*(?:#+\s*|[-*]\s*|\|\s*)?[*`]*(P-\d{3})\b/gm;

/** Ids in the order in which the page declares them. */
export function declaredProperties(page: string): string[] {
  return [...new Set([...page.matchAll(DECLARATION)].map((match) => match[1] ?? ''))];
}

/** Ids that a test's text cites. */
export function citedProperties(text: string): string[] {
  return [...text.matchAll(ID)].map((match) => match[0]);
}
