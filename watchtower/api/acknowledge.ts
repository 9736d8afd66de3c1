// The one route that writes: somebody has seen an alarm. Owns who may say so: each person has a secret of their own, named by the configuration, so that
// who acknowledged is known and not claimed. Without such people the route is not there.
// Invariant: secrets are compared in constant time and are in no answer.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { acknowledge } from '../acknowledge.ts';
import type { ChannelConfig } from '../config.ts';
import type { Store } from '../store.ts';

export interface Acknowledger { readonly name: string; readonly token: string }

const STATUS = { 'unknown-incident': 404, 'is-over': 409, 'bad-request': 400 } as const;
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export function addAcknowledgement(server: FastifyInstance, { store, channels, people, wallMilliseconds }: { readonly store: Store; readonly channels: readonly ChannelConfig[]; readonly people: readonly Acknowledger[]; readonly wallMilliseconds: () => number }): void {
  if (people.length === 0) return;
  server.post('/v1/alerts/:id/ack', (request, reply) => {
    const given = digest(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    // Every one is compared, so that the time tells nothing.
    const [person] = people.filter(({ token }) => timingSafeEqual(given, digest(token)));
    if (person === undefined) return void reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'expected the token of somebody who may acknowledge' });
    const note = (request.body as { readonly note?: unknown } | null)?.note ?? '';
    if (typeof note !== 'string') return void reply.code(400).send({ error: `note: expected text, got ${typeof note}` });
    acknowledge(store, channels, { incident: (request.params as { id: string }).id, by: person.name, note }, wallMilliseconds())
      .then((result) => reply.code(result.ok ? 200 : STATUS[result.code]).send(result))
      .catch(() => reply.code(503).send({ error: 'it could not be kept: see /readyz' }));
  });
}
