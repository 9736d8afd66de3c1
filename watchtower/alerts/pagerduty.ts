// PagerDuty's Events API v2. Owns the request's form: one dedup key an incident, so that resolving and acknowledging reach the page that was opened; a
// test message opens and closes one of its own. The routing key never reaches a message or a log.

import { post, type Channel, type Message } from './channel.ts';

const LONGEST_SUMMARY = 1_024;
const LONGEST_DETAIL = 8_192;
const ACTIONS: Readonly<Record<Message['state'], 'trigger' | 'acknowledge' | 'resolve'>> = { provisional: 'trigger', firing: 'trigger', canary: 'trigger', acknowledged: 'acknowledge', resolved: 'resolve', retracted: 'resolve' };

export function pagerduty(name: string, apiUrl: string, routingKey: string): Channel {
  const enqueue = async ({ id, incident, severity, title, text }: Message, action: 'trigger' | 'acknowledge' | 'resolve'): Promise<void> => {
    const payload = { summary: title.slice(0, LONGEST_SUMMARY), source: 'keyfall watchtower', severity, custom_details: { text: text.slice(0, LONGEST_DETAIL), id } };
    await post(`${apiUrl.replace(/\/$/, '')}/v2/enqueue`, JSON.stringify({ routing_key: routingKey, event_action: action, dedup_key: incident, ...(action === 'trigger' ? { payload } : {}) }), {});
  };
  return {
    name,
    send: async (message) => {
      // A trigger of a page that was acknowledged pages nobody: it is closed first.
      if (message.isReopened === true) await enqueue(message, 'resolve');
      await enqueue(message, ACTIONS[message.state]);
      if (message.state === 'canary') await enqueue(message, 'resolve');
    },
  };
}
