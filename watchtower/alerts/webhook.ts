// Webhook: JSON with an HMAC-SHA256 over timestamp and body, so that the receiver knows who speaks and refuses replays. Owns the signature's
// form: `keyfall-signature: t=<unix seconds>,v1=<hex hmac of "t.body">`; `idempotency-key` is the same for every attempt.

import { createHmac } from 'node:crypto';
import { post, type Channel, type Message } from './channel.ts';

export function webhook(name: string, url: string, secret: string): Channel {
  return {
    name,
    send: async (message: Message) => {
      const body = JSON.stringify(message);
      const seconds = Math.floor(Date.now() / 1000);
      await post(url, body, { 'keyfall-signature': `t=${seconds},v1=${sign(secret, seconds, body)}`, 'idempotency-key': message.id });
    },
  };
}

export function sign(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}
