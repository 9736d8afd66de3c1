// `keyfall upgrade vote ID for|against|abstain`: one vote on an upgrade's proposal. Owns reading the choice and saying what is voted on.

import { CommandFailure } from '../failure.ts';
import { connectGovernance } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { CHOICES, sendOrWrite } from '../governance/sending.ts';
import type { SendOptions } from '../governance/sending.ts';
import { describeUpgrade, findUpgrade } from '../governance/upgrades.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

export async function upgradeVote(reference: string, choice: string, options: GovernanceOptions & SendOptions, output: Output): Promise<void> {
  const support = (CHOICES as readonly string[]).indexOf(choice);
  if (support === -1) throw new CommandFailure('usage', `expected for, against or abstain, got '${choice}'`);
  const home = homeAt(options.home);
  const connection = await connectGovernance(options, home);
  try {
    const found = await findUpgrade(connection, reference);
    const { lines } = await describeUpgrade(connection, found);
    for (const line of lines) output.progress(line);
    const { proposal } = found;
    if (proposal === undefined) throw new CommandFailure('failed', `upgrade ${found.id} has no proposal`);
    const { id: proposalId, calldata, description } = proposal;
    const receipt = await sendOrWrite(connection, 'KeyfallGovernor', 'castVote', [proposalId, support], options, home, output, { target: connection.addresses.UpgradeTimelock, calldata, description });
    if (receipt !== undefined) output.result({ proposalId, choice, hash: receipt.hash }, [`voted ${choice} on proposal ${proposalId} (${receipt.hash})`]);
  } finally {
    connection.close();
  }
}
