// The other attesters over HTTP: asked for their signature of one batch, believed in nothing.
//
// Owns: requests with time and size limits. Does not own: what an answer is worth (quorum.ts).
// Invariant: each request ends within the time limit; a silent or hostile peer costs no more than that, and never throws.

import { z } from 'zod';
import type { Hex } from '@keyfall/protocol';
import type { Attestation } from './attestation.ts';

const PEER_TIMEOUT_MILLISECONDS = 2_000;
const MAX_ANSWER_BYTES = 4_096;

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const answerSchema = z.object({
  inputs: hash, outputs: hash, signer: z.string().regex(/^0x[0-9a-f]{40}$/), signature: z.string().regex(/^0x[0-9a-f]{130}$/),
});

export type PeerAnswer =
  | { readonly kind: 'attestation'; readonly attestation: Attestation }
  /** It has not signed these inputs. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly because: string };

/** A peer's attestation of these inputs. Never throws but when `signal` is aborted. */
export async function askPeer(peerUrl: string, inputs: Hex, signal: AbortSignal): Promise<PeerAnswer> {
  try {
    const response = await fetch(new URL(`attestations/${inputs}`, peerUrl.endsWith('/') ? peerUrl : `${peerUrl}/`), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PEER_TIMEOUT_MILLISECONDS)]), redirect: 'error',
    });
    if (response.status === 404) {
      await response.body?.cancel();
      return { kind: 'none' };
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: 'failed', because: `expected HTTP 200 or 404, got ${response.status}` };
    }
    return parse(await readBounded(response));
  } catch (cause) {
    signal.throwIfAborted();
    return { kind: 'failed', because: cause instanceof Error ? cause.message : String(cause) };
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new RangeError(`expected at most ${MAX_ANSWER_BYTES} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): PeerAnswer {
  const parsed = answerSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return { kind: 'failed', because: `an answer that is no attestation: ${z.prettifyError(parsed.error)}` };
  const { inputs, outputs, signer, signature } = parsed.data;
  return { kind: 'attestation', attestation: { inputs: inputs as Hex, outputs: outputs as Hex, signer: signer as Hex, signature: signature as Hex } };
}
