// ntfy, on its own server or another. Owns the request's form: JSON to the server's root, so that no text becomes a header; who knows the topic can read
// it, so the topic is a secret. Priority 5 is for criticals that are not over.

import { post, type Channel, type Message } from './channel.ts';

/** ntfy turns longer messages into files. */
const LONGEST_BYTES = 3_900;
const PRIORITIES: Readonly<Record<Message['severity'], number>> = { critical: 5, warning: 3, info: 2 };
const LOUD: readonly Message['state'][] = ['provisional', 'firing'];

export function ntfy(name: string, apiUrl: string, topic: string, token: string | undefined): Channel {
  return {
    name,
    send: async ({ severity, state, title, text }) => {
      const body = { topic, title: title.slice(0, 250), message: cut(text), priority: LOUD.includes(state) ? PRIORITIES[severity] : 2 };
      await post(apiUrl, JSON.stringify(body), token === undefined ? {} : { authorization: `Bearer ${token}` });
    },
  };
}

/** At most so many bytes, never half a character. */
function cut(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length <= LONGEST_BYTES ? text : `${bytes.subarray(0, LONGEST_BYTES).toString('utf8').replace(/\u{fffd}+$/u, '')} ...`;
}
