// Incidents as RSS 2.0. Owns escaping: what the chain says is text, never markup.

import type { Incident } from '../store.ts';

export function rss(incidents: readonly Incident[]): string {
  const items = incidents.map(({ id, severity, state, sentence, expected, got, foundAt }) => `<item><title>${escape(`[${severity}] ${state}: ${sentence}`)}</title><guid isPermaLink="false">${escape(`${id}-${state}`)}</guid>`
    + `<pubDate>${new Date(foundAt).toUTCString()}</pubDate><description>${escape(`expected: ${expected}; got: ${got}`)}</description></item>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Keyfall watchtower</title><link>about:blank</link><description>What the watchtower found</description>${items.join('')}</channel></rss>\n`;
}

/** Text for XML 1.0: markup escaped, characters that XML forbids replaced. */
export function escape(text: string): string {
  return text.replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
