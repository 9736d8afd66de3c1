// What a veto takes beside the upgrade that it names, and what it leaves: other schedules of the same content, and proposals of it that are
// not scheduled yet. Owns telling them apart; reading them is timelock.ts and governor.ts.
// Invariant: pure; contents are compared byte for byte, never by what someone says of them.

import type { Hex } from 'viem';
import type { Proposal, ProposalState } from './governor.ts';
import { isPending } from './timelock.ts';
import type { ScheduledUpgrade } from './timelock.ts';
import { contentOf } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

export interface VetoReach {
  /** Stand now, and fall with it. */
  readonly falls: readonly ScheduledUpgrade[];
  /** Have passed and can be scheduled by anyone: after the veto they stand. */
  readonly passed: readonly Proposal[];
  /** Are still to be decided. */
  readonly undecided: readonly Proposal[];
  /** Have passed or are still to be decided, and cannot be read here: of the same content or not. */
  readonly unread: readonly Proposal[];
}

const PASSED: ReadonlySet<ProposalState> = new Set(['Succeeded', 'Queued']);
const OPEN: ReadonlySet<ProposalState> = new Set(['Pending', 'Active']);

/** @param id of the upgrade that the veto names */
export function vetoReach(id: Hex, upgrade: Upgrade, upgrades: readonly ScheduledUpgrade[], proposals: readonly Proposal[]): VetoReach {
  const content = contentOf(upgrade);
  const same = proposals.filter(({ does }) => does.ok && contentOf(does.upgrade) === content);
  return {
    falls: upgrades.filter((one) => isPending(one) && one.id.toLowerCase() !== id.toLowerCase() && contentOf(one.upgrade) === content),
    passed: same.filter(({ state }) => PASSED.has(state)),
    undecided: same.filter(({ state }) => OPEN.has(state)),
    unread: proposals.filter(({ does, state }) => !does.ok && (PASSED.has(state) || OPEN.has(state))),
  };
}
