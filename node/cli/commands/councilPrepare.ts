// `keyfall upgrade veto|expedite` and `keyfall council pause|resolve`: an act of the council, written to a file for its members to sign.
// Owns nonce and deadline; nothing is signed or sent here.

import { hexlify, randomBytes } from 'ethers';
import { parseAddress, parseInteger } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { actHashes, typedAct, writeAct } from '../governance/councilActs.ts';
import type { CouncilAct } from '../governance/councilActs.ts';
import { connectGovernance, readTimes, view } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { findUpgrade } from '../governance/upgrades.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

export interface PrepareOptions extends GovernanceOptions {
  readonly out: string;
  readonly validHours: string;
  readonly dispute?: string;
  readonly lane?: string;
}

const HOUR_SECONDS = 3_600n;

export async function councilPrepare(kind: CouncilAct['act'], reference: string | undefined, options: PrepareOptions, output: Output): Promise<void> {
  const hours = parseInteger(options.validHours, '--valid-hours', 720n);
  const connection = await connectGovernance(options, homeAt(options.home));
  try {
    const council = connection.contract('SecurityCouncil');
    const { nowWall } = await readTimes(connection);
    const isUpgrade = kind === 'veto' || kind === 'expedite';
    const upgrade = isUpgrade ? (await findUpgrade(connection, reference ?? '')).upgrade : undefined;
    const resolution = kind === 'resolve' ? { disputeId: String(parseInteger(options.dispute ?? '', '--dispute')), lane: parseAddress(options.lane ?? '', '--lane') } : {};
    if (await view<boolean>(council, 'isDormant')) throw new CommandFailure('failed', 'the council is dormant: fewer members are left than its strongest acts need');
    const act: CouncilAct = {
      format: 'keyfall-council-act-1', act: kind, chainId: String(connection.chainId), council: connection.addresses.SecurityCouncil, timelock: connection.addresses.UpgradeTimelock,
      epoch: String(await view<bigint>(council, 'epoch')), nonce: String(BigInt(hexlify(randomBytes(8)))), deadline: String(nowWall + hours * HOUR_SECONDS),
      ...(upgrade === undefined ? {} : { upgrade: { ...upgrade } }), ...resolution, approvals: [],
    };
    writeAct(options.out, act);
    const typed = typedAct(act);
    const hashes = actHashes(typed);
    const quorum = await view<bigint>(council, 'quorumOf', ['veto', 'pause', 'resolve', 'expedite'].indexOf(kind));
    output.result({ file: options.out, act, sentence: typed.sentence, quorum, ...hashes }, [typed.sentence, `needs ${quorum} signatures; written to ${options.out}`, `digest ${hashes.digest}`]);
  } finally {
    connection.close();
  }
}
