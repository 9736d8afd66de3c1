// `keyfall operator rotate ADDRESS`: the cold key names another hot key, at once. Owns nothing but the call.

import { parseAddress } from '../amounts.ts';
import { connectGovernance, view } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { sendOrWrite } from '../governance/sending.ts';
import type { SendOptions } from '../governance/sending.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

export async function operatorRotate(nextText: string, options: GovernanceOptions & SendOptions, output: Output): Promise<void> {
  const next = parseAddress(nextText, 'ADDRESS');
  const home = homeAt(options.home);
  const connection = await connectGovernance(options, home);
  try {
    const previous = await view<string>(connection.contract('OperatorSeat'), 'operator');
    const receipt = await sendOrWrite(connection, 'OperatorSeat', 'rotateOperator', [next], options, home, output);
    if (receipt !== undefined) output.result({ previous, operator: next, hash: receipt.hash }, [`hot key: ${previous} -> ${next}`]);
  } finally {
    connection.close();
  }
}
