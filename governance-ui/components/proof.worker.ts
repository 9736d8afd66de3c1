// The worker that checks withdrawal proofs, so that the page stays usable meanwhile. Owns nothing but the message in and out.

import { verifyWithdrawal } from '../chain/proof/withdrawal.ts';
import type { WithdrawalProofTask } from '../chain/proof/withdrawal.ts';

addEventListener('message', (event: MessageEvent<WithdrawalProofTask>) => {
  try {
    postMessage({ ok: true, proof: verifyWithdrawal(event.data) });
  } catch (error) {
    postMessage({ ok: false, why: error instanceof Error ? error.message : String(error) });
  }
});
