// Telegram's Bot API, sendMessage. Owns the request's form; the token never reaches a message or a log.

import { post, type Channel } from './channel.ts';

const LONGEST_TEXT = 4_096;

export function telegram(name: string, apiUrl: string, token: string, chat: string): Channel {
  return {
    name,
    send: async ({ title, text }) => {
      await post(`${apiUrl}/bot${token}/sendMessage`, JSON.stringify({ chat_id: chat, text: `${title}\n${text}`.slice(0, LONGEST_TEXT), disable_web_page_preview: true }), {});
    },
  };
}
