// `keyfall upgrade show [ID]`: an upgrade in sentences, or the list of all of them. Owns only the choice; the words are those that
// members and voters sign.
// Invariant: an upgrade whose bytes cannot be said in full is *failed*, never shown in part.

import { CommandFailure } from '../failure.ts';
import { connectGovernance } from '../governance/contracts.ts';
import type { GovernanceConnection, GovernanceOptions } from '../governance/contracts.ts';
import { decodeUpgrade, kindName } from '../governance/upgradeKinds.ts';
import { allProposals, describeUpgrade, findUpgrade } from '../governance/upgrades.ts';
import type { Described, FoundUpgrade, Proposal } from '../governance/upgrades.ts';
import { view } from '../governance/contracts.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

export interface ShowOptions extends GovernanceOptions {
  readonly artifacts?: string;
}

/** What will change no storage any more. */
const OVER: ReadonlySet<unknown> = new Set(['executed', 'vetoed', 'expired']);

/** All there is to say about one upgrade; of a new core also what becomes of the storage. */
async function describeWhole(connection: GovernanceConnection, found: FoundUpgrade, artifacts: string | undefined): Promise<Described> {
  const { facts, lines } = await describeUpgrade(connection, found);
  if (kindName(found.upgrade.kind) !== 'core' || OVER.has(facts['state'])) return { facts, lines };
  const { coreLayout, layoutLines } = await import('../governance/layout.ts');
  const layout = await coreLayout(connection, decodeUpgrade(found.upgrade)['implementation'] as string, artifacts);
  return { facts: { ...facts, layout }, lines: [...lines, ...layoutLines(layout)] };
}

export async function upgradeShow(reference: string | undefined, options: ShowOptions, output: Output): Promise<void> {
  const connection = await connectGovernance(options, homeAt(options.home));
  try {
    if (reference !== undefined) {
      const { facts, lines } = await describeWhole(connection, await findUpgrade(connection, reference), options.artifacts);
      output.result(facts, lines);
      return;
    }
    const { readable, unreadable } = await allProposals(connection);
    const all: Described[] = [];
    for (const proposal of readable) all.push(await describeOrRefuse(connection, proposal));
    const opaque = unreadable.map((id) => `proposal ${id}: no upgrade in its one encoding; what it would do cannot be said, so do not vote for it`);
    const lines = [...all.flatMap((described) => [...described.lines, '']), ...opaque];
    output.result({ upgrades: all.map(({ facts }) => facts), unreadable }, lines.length === 0 ? [`no proposal since L1 block ${connection.fromBlock}`] : lines);
  } finally {
    connection.close();
  }
}

/** In the list one upgrade that cannot be said in full is said to be that, and hides no other. */
async function describeOrRefuse(connection: GovernanceConnection, proposal: Proposal): Promise<Described> {
  const id = await view<string>(connection.contract('UpgradeTimelock'), 'idOf', proposal.upgrade);
  try {
    return await describeUpgrade(connection, { id, upgrade: proposal.upgrade, proposal });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return { facts: { id, proposalId: proposal.id, opaque: error.message }, lines: [`upgrade ${id}, proposal ${proposal.id}: ${error.message}`] };
  }
}
