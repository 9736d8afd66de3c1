// The worker that checks proofs, so that the page stays usable meanwhile. Owns nothing but the message in and out.

import { verifyKit } from '../chain/exit/kit.ts';
import { verifyWithdrawal } from '../chain/proof/withdrawal.ts';
import type { ProofTask } from './proofWorker.ts';

addEventListener('message', ({ data }: MessageEvent<ProofTask>) => {
  try {
    postMessage({ ok: true, proof: data.kind === 'kit' ? verifyKit(data.kit, data.ground) : verifyWithdrawal(data.withdrawal) });
  } catch (error) {
    postMessage({ ok: false, why: error instanceof Error ? error.message : String(error) });
  }
});
