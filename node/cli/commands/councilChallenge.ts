// `keyfall council challenge ADDRESS`: asks a member for a sign of life, answers it, or removes who did not answer. Owns which of the
// three a command line means.

import { parseAddress } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { connectGovernance, readTimes, view, wallText } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { sendOrWrite } from '../governance/sending.ts';
import type { SendOptions } from '../governance/sending.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

export interface ChallengeOptions extends GovernanceOptions, SendOptions {
  readonly answer?: true;
  readonly remove?: true;
}

export async function councilChallenge(memberText: string, options: ChallengeOptions, output: Output): Promise<void> {
  if (options.answer === true && options.remove === true) throw new CommandFailure('usage', 'expected one of --answer and --remove, got both');
  const member = parseAddress(memberText, 'MEMBER');
  const home = homeAt(options.home);
  const connection = await connectGovernance(options, home);
  try {
    const [method, args] = options.answer === true ? ['respond', []] as const : options.remove === true ? ['removeSilent', [member]] as const : ['challenge', [member]] as const;
    const receipt = await sendOrWrite(connection, 'SecurityCouncil', method, args, options, home, output);
    if (receipt === undefined) return;
    const council = connection.contract('SecurityCouncil');
    const until = await view<bigint>(council, 'answerableUntil', member);
    const isMember = await view<boolean>(council, 'isMember', member);
    const words = until === 0n ? (isMember ? 'is a member and not challenged' : 'is no member') : `may answer until T ${until}: ${wallText(await readTimes(connection), until)}`;
    output.result({ member, isMember, answerableUntilT: until, hash: receipt.hash }, [`${member} ${words}`]);
  } finally {
    connection.close();
  }
}
