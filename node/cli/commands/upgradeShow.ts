// `keyfall upgrade show [ID]`: an upgrade in sentences, or the list of all of them. Owns only the choice; the words are those that
// members and voters sign.
// Invariant: an upgrade whose bytes cannot be said in full is *failed*, never shown in part.

import { connectGovernance } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { allProposals, describeUpgrade, findUpgrade } from '../governance/upgrades.ts';
import { view } from '../governance/contracts.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

export async function upgradeShow(reference: string | undefined, options: GovernanceOptions, output: Output): Promise<void> {
  const connection = await connectGovernance(options, homeAt(options.home));
  try {
    if (reference !== undefined) {
      const { facts, lines } = await describeUpgrade(connection, await findUpgrade(connection, reference));
      output.result(facts, lines);
      return;
    }
    const all = [];
    for (const proposal of await allProposals(connection)) {
      const id = await view<string>(connection.contract('UpgradeTimelock'), 'idOf', proposal.upgrade);
      all.push(await describeUpgrade(connection, { id, upgrade: proposal.upgrade, proposal }));
    }
    output.result({ upgrades: all.map(({ facts }) => facts) }, all.length === 0 ? [`no proposal since L1 block ${connection.fromBlock}`] : all.flatMap(({ lines }) => [...lines, '']));
  } finally {
    connection.close();
  }
}
