// E-mail by SMTP (nodemailer). Owns the message's form: plain text, one Message-ID for every attempt, so that mail readers show it once.

import { createTransport } from 'nodemailer';
import { SEND_TIMEOUT_MILLISECONDS, type Channel } from './channel.ts';

export interface SmtpOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

export function smtp(options: SmtpOptions): Channel {
  const { name, host, port, isSecure, user, password, from, to } = options;
  const auth = user === undefined || password === undefined ? {} : { auth: { user, pass: password } };
  const transport = createTransport({ host, port, secure: isSecure, connectionTimeout: SEND_TIMEOUT_MILLISECONDS, socketTimeout: SEND_TIMEOUT_MILLISECONDS, ...auth });
  return {
    name,
    send: async ({ id, title, text }) => {
      await transport.sendMail({ from, to: [...to], subject: title, text, messageId: `<${id}@keyfall.watchtower>` });
    },
  };
}
