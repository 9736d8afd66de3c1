// A1: this is the chain and these are the contracts that were agreed on. Code hashes are proven against the state root; those that the
// configuration does not pin are pinned to what was first seen, and the verdict says so.

import { keccak256 } from 'viem';
import type { Monitor } from '../monitor.ts';
import { holds } from './verdicts.ts';

const EMPTY_CODE = keccak256('0x');

export const pins: Monitor = {
  id: 'A1-pins', group: 'A', about: 'every watched contract has the code that was pinned', severity: 'critical', needs: [], staleAfterSeconds: 900,
  evaluate: async (view) => Promise.all(Object.entries(view.contracts.addresses).map(async ([name, address]) => {
    const { codeHash } = await view.prove(address);
    const pinned = view.config.deployment.codeHashes[name];
    if (codeHash === EMPTY_CODE) return holds(view, false, { subject: name, sentence: `${name} at ${address} has no code`, expected: pinned ?? 'code', got: 'no code' });
    if (pinned === undefined) return holds(view, true, { subject: name, sentence: `${name} has code ${codeHash}, which the configuration does not pin`, expected: 'code', got: codeHash });
    return holds(view, codeHash === pinned, { subject: name, sentence: codeHash === pinned ? `${name} has its pinned code` : `${name} has other code than was pinned`, expected: pinned, got: codeHash });
  })),
};
