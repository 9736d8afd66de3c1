// Text that came from elsewhere (the chain, an endpoint, a peer) on its way to a person. Owns what such text may not do: begin a line, hide or reverse
// characters, move a cursor, be markup. Does not own the forms it is put into.
// Invariant: what comes out has no control, format or separator character, and says where it was cut.

const LONGEST = 2_000;

/** Stays on its line and shows every character: no forged lines, no escape sequences, no hidden or reversed text. */
export function oneLine(text: string): string {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)} ... (${shown.length - LONGEST} characters more)` : shown;
}

/** The same of several lines that are ours, each of which may hold text that is not. */
export function lines(text: string): string {
  return text.split('\n').map(oneLine).join('\n');
}

/** Plain text within Markdown: every character that could begin markup, a link or an image is escaped. */
export function markdownText(text: string): string {
  return oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(/[\\`*_{}[\]()#+!|~>]/g, String.raw`\$&`);
}
