// A Discord webhook. Owns the request's form; mentions are off, so that no text from the chain can ping anyone.

import { post, type Channel } from './channel.ts';

const LONGEST_TEXT = 2_000;

export function discord(name: string, url: string): Channel {
  return {
    name,
    send: async ({ title, text }) => {
      await post(url, JSON.stringify({ content: `**${title}**\n${text}`.slice(0, LONGEST_TEXT), allowed_mentions: { parse: [] } }), {});
    },
  };
}
