// A Discord webhook. Owns the request's form; mentions are off and markup is escaped, so that no text from the chain can ping anyone or hide a link.

import { post, type Channel } from './channel.ts';

const LONGEST_TEXT = 2_000;

const escaped = (text: string): string => text.replaceAll(/[\\*_~`|<>[\]()#]/g, String.raw`\$&`);

export function discord(name: string, url: string): Channel {
  return {
    name,
    send: async ({ title, text }) => {
      await post(url, JSON.stringify({ content: `**${escaped(title)}**\n${escaped(text)}`.slice(0, LONGEST_TEXT), allowed_mentions: { parse: [] } }), {});
    },
  };
}
