// From configuration to channels. Owns reading their secrets, once, at the start.

import { secret, type ChannelConfig } from '../config.ts';
import type { Channel } from './channel.ts';
import { discord } from './discord.ts';
import { ntfy } from './ntfy.ts';
import { pagerduty } from './pagerduty.ts';
import { smtp } from './smtp.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

/** @throws ConfigMistake when a secret is missing */
export function openChannel(config: ChannelConfig): Channel {
  switch (config.kind) {
    case 'webhook': return webhook(config.name, config.url, secret(config.secretFrom));
    case 'pagerduty': return pagerduty(config.name, config.apiUrl, secret(config.routingKeyFrom));
    case 'ntfy': return ntfy(config.name, config.apiUrl, secret(config.topicFrom), config.tokenFrom === undefined ? undefined : secret(config.tokenFrom));
    case 'telegram': return telegram(config.name, config.apiUrl, secret(config.tokenFrom), config.chat);
    case 'discord': return discord(config.name, secret(config.urlFrom));
    case 'smtp': return smtp({
      name: config.name, host: config.host, port: config.port, isSecure: config.isSecure, from: config.from, to: config.to,
      user: config.userFrom === undefined ? undefined : secret(config.userFrom), password: config.passwordFrom === undefined ? undefined : secret(config.passwordFrom),
    });
    default: return config satisfies never;
  }
}
