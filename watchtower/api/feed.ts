// Incidents as RSS 2.0. Owns escaping: what the chain says is text, never markup, and shows every character. An item a state of an incident, so that a
// reader sees the end of an alarm as news.

import type { Incident } from '../rows.ts';
import { oneLine } from '../text.ts';

/** A namespace of our own for where there is no page: the feed is served on loopback, whose address a reader knows. */
const LINK = 'urn:keyfall:watchtower';

export function rss(incidents: readonly Incident[]): string {
  const items = incidents.map(({ id, monitor, severity, state, sentence, expected, got, foundAt, transaction, blockNumber, acknowledged }) => {
    const seen = acknowledged === undefined ? [] : [`seen by ${acknowledged.by} at ${acknowledged.at}`];
    const description = [`expected: ${expected}`, `got: ${got}`, `L1 block ${blockNumber}`, ...(transaction === undefined ? [] : [`transaction ${transaction}`]), ...seen].join('; ');
    return `<item><title>${escape(`[${severity}] ${state}: ${sentence}`)}</title><guid isPermaLink="false">${escape(`${id}-${state}`)}</guid><category>${escape(monitor)}</category>`
      + `<pubDate>${new Date(foundAt).toUTCString()}</pubDate><description>${escape(description)}</description></item>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Keyfall watchtower</title><link>${LINK}</link><description>What the watchtower found</description><ttl>5</ttl>${items.join('')}</channel></rss>\n`;
}

/** Text for XML 1.0: markup escaped, characters that XML forbids or that hide others replaced. */
function escape(text: string): string {
  return oneLine(text).replaceAll(/[^\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;');
}
