// What an attester serves on HTTP: its signatures, what it knows of itself, metrics.
//
// Owns: routes. Does not own: what was signed (signOnce.ts). Nothing here changes anything.
// Invariant: only outputs this key is durably bound to are ever signed for an answer; everything else is 404.

import Fastify, { type FastifyInstance } from 'fastify';
import type { Hex } from '@keyfall/protocol';
import type { Attestation, AttestationSigner } from './attestation.ts';
import type { AttesterStatus } from './attester.ts';
import type { AttesterMetrics } from './metrics.ts';
import type { SignOnce } from './signOnce.ts';

export interface ServerOptions {
  readonly signer: AttestationSigner;
  readonly signOnce: SignOnce;
  readonly metrics: AttesterMetrics;
  readonly status: () => AttesterStatus;
  /** The L1 queue, for inspection. */
  readonly submissions: () => readonly unknown[];
}

/** Signing costs milliseconds and gives the same bytes every time: a peer that asks again and again must not cost more. */
const MAX_CACHED_ATTESTATIONS = 1_024;
const INPUTS = /^0x[0-9a-fA-F]{64}$/;

/** Routes: /attestations/:inputs, /status, /submissions, /health, /ready, /metrics. */
export function createServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({ logger: false, bodyLimit: 1_024, requestTimeout: 10_000, routerOptions: { maxParamLength: 128 } });
  const cached = new Map<Hex, Attestation>();
  server.get<{ Params: { inputs: string } }>('/attestations/:inputs', async (request, reply) => {
    if (!INPUTS.test(request.params.inputs)) return await reply.code(400).send({ error: `inputs: expected 0x and 64 hex digits, got ${request.params.inputs.length} characters` });
    const inputs = request.params.inputs.toLowerCase() as Hex;
    const outputs = options.signOnce.boundTo(inputs);
    if (outputs === undefined) return await reply.code(404).send({ error: 'not signed by this attester' });
    const attestation = cached.get(inputs) ?? options.signer.sign(inputs, outputs);
    cached.set(inputs, attestation);
    const oldest = cached.size > MAX_CACHED_ATTESTATIONS ? cached.keys().next().value : undefined;
    if (oldest !== undefined) cached.delete(oldest);
    return attestation;
  });
  server.get('/status', async (_request, reply) => await reply.type('application/json').send(plainJson(options.status())));
  server.get('/submissions', async (_request, reply) => await reply.type('application/json').send(plainJson(options.submissions())));
  server.get('/health', async () => ({ status: 'ok' }));
  server.get('/ready', async (_request, reply) => {
    const { isCaughtUp, l1Trouble } = options.status();
    const isReady = isCaughtUp && l1Trouble === undefined;
    return await reply.code(isReady ? 200 : 503).send({ ready: isReady, because: l1Trouble ?? (isCaughtUp ? undefined : 'catching up with finalized L1') });
  });
  server.get('/metrics', async (_request, reply) => await reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics()));
  return server;
}

/** JSON with bigints as decimal strings and bytes as hex. */
function plainJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? field.toString() : field instanceof Uint8Array ? `0x${Buffer.from(field).toString('hex')}` : field));
}
