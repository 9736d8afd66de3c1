// The worker that checks proofs, so that the page stays usable meanwhile. Owns nothing but the message in and out.

import { runTask } from './proofTasks.ts';
import type { ProofTask } from './proofTasks.ts';

addEventListener('message', ({ data }: MessageEvent<ProofTask>) => {
  void runTask(data).then((proof) => postMessage({ ok: true, proof }), (error: unknown) => postMessage({ ok: false, why: error instanceof Error ? error.message : String(error) }));
});
