// Liveness and readiness, for supervisors and load balancers.
//
// Owns: what the two mean. /health: the process answers and its head record reads. /ready: it follows L1, so that its answers
// are worth having; a node that stands still is alive but not ready.
// Invariant: what is not known (an L1 endpoint that does not answer) makes a node not ready, never ready.

import type { ChainView } from '../chainView.ts';
import { quantity } from './codec/hex.ts';
import type { JsonObject } from './json.ts';

export interface HealthReport { isHealthy: boolean; body: JsonObject }

export function healthReport(chain: ChainView): HealthReport {
  return { isHealthy: true, body: { status: 'ok', block: quantity(chain.heads().unsafe.number) } };
}

export function readinessReport(chain: ChainView, isStopping: boolean): HealthReport {
  const status = chain.status();
  const because = isStopping ? 'stopping' : status.haltedBecause ?? (status.l1Target === undefined ? 'the L1 head is unknown' : undefined);
  return {
    isHealthy: because === undefined,
    body: {
      status: because === undefined ? 'ready' : 'not ready', because: because ?? null, mode: status.mode,
      block: quantity(chain.heads().unsafe.number), l1Current: quantity(status.l1Current), l1Target: status.l1Target === undefined ? null : quantity(status.l1Target),
    },
  };
}
