// What an operator sees of an attester in numbers. Owns the metrics' names; each is set where its fact is known.

import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';

export class AttesterMetrics {
  readonly registry = new Registry();
  readonly l1Block = this.#gauge('keyfall_attester_l1_block', 'Last finalized L1 block applied');
  readonly derivedBatch = this.#gauge('keyfall_attester_derived_batch', 'Last batch re-executed');
  readonly signedBatch = this.#gauge('keyfall_attester_signed_batch', 'Last batch signed');
  readonly finalBatch = this.#gauge('keyfall_attester_final_batch', 'Last batch final in the Rollup, at the head of L1');
  readonly pendingSubmissions = this.#gauge('keyfall_attester_pending_submissions', 'L1 transactions queued or sent and not final');
  readonly heldSubmissions = this.#gauge('keyfall_attester_held_submissions', 'L1 transactions that wait for a person or for lower fees');
  readonly l1Trouble = this.#gauge('keyfall_attester_l1_trouble', '1 while the L1 endpoint is not to be followed');
  readonly l1Faults = this.#counter('keyfall_attester_l1_faults_total', 'Faults of L1 endpoints', ['code']);
  readonly peerFaults = this.#counter('keyfall_attester_peer_faults_total', 'Peers that did not answer with an attestation that counts', ['peer']);
  readonly disagreements = this.#counter('keyfall_attester_disagreements_total', 'Valid signatures of members over other outputs than ours', ['signer']);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }
  #counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }
}
