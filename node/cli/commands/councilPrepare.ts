// `keyfall upgrade veto|expedite` and `keyfall council pause|resolve`: an act of the council, written to a file for its members to sign.
// Owns nonce and deadline; nothing is signed or sent here.

import { Contract, randomBytes } from 'ethers';
import { parseAddress, parseInteger } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { actHashes, typedAct, writeAct } from '../governance/councilActs.ts';
import type { CouncilAct } from '../governance/councilActs.ts';
import { connectGovernance, readTimes, view } from '../governance/contracts.ts';
import type { GovernanceConnection, GovernanceOptions } from '../governance/contracts.ts';
import { readTwins, twinLines } from '../governance/twins.ts';
import { kindName } from '../governance/upgradeKinds.ts';
import { findUpgrade, stageName, stateOf } from '../governance/upgrades.ts';
import type { FoundUpgrade } from '../governance/upgrades.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';
import { contractAbi } from '../rollup.ts';

export interface PrepareOptions extends GovernanceOptions {
  readonly out: string;
  readonly validHours: string;
  readonly dispute?: string;
  readonly lane?: string;
}

const HOUR_SECONDS = 3_600n;
const WORD_BITS = 256;
const NONCE_WORDS = 64n;

/** The dispute and the lane to switch off. @throws CommandFailure (failed) when the contract would refuse them */
async function readResolution(connection: GovernanceConnection, options: PrepareOptions): Promise<{ disputeId: string; lane: string }> {
  const id = parseInteger(options.dispute ?? '', '--dispute');
  const lane = parseAddress(options.lane ?? '', '--lane');
  const lanes = new Contract(await view<string>(connection.contract('SecurityCouncil'), 'LANES'), contractAbi('Lanes'), connection.l1);
  const count = await view<bigint>(lanes, 'disputeCount');
  if (id === 0n || id > count) throw new CommandFailure('failed', `there is no dispute ${id}: ${count === 0n ? 'there never was one' : `the last one is ${count}`}`);
  if (!(await view<boolean>(lanes, 'isOpen', id))) throw new CommandFailure('failed', `dispute ${id} is closed`);
  const { batch, laneA, laneB } = await view<{ batch: bigint; laneA: string; laneB: string }>(lanes, 'dispute', id);
  if (lane !== laneA && lane !== laneB) throw new CommandFailure('failed', `dispute ${id} is about batch ${batch}: expected one of its two lanes, ${laneA} and ${laneB}, got ${lane}`);
  return { disputeId: String(id), lane };
}

/**
 * A nonce that no act has used, in the first word of 256 that has one: an act in a used word costs 17,100 gas less. Which of them is left to
 * chance, so that two acts prepared at the same time hardly ever are in each other's way; if they are, the contract refuses the second.
 */
async function freeNonce(council: Contract): Promise<bigint> {
  const start = randomBytes(1)[0] ?? 0;
  for (let word = 0n; word < NONCE_WORDS; word += 1n) {
    for (let step = 0; step < WORD_BITS; step += 1) {
      const nonce = word * BigInt(WORD_BITS) + BigInt((start + step) % WORD_BITS);
      if (!(await view<boolean>(council, 'isNonceUsed', nonce))) return nonce;
    }
  }
  throw new CommandFailure('failed', `the council has used its first ${NONCE_WORDS * BigInt(WORD_BITS)} nonces`);
}

/** Why the timelock would refuse the act, whoever signs. The act is written all the same: what is not scheduled yet may be by the time it is signed. */
async function obstaclesTo(connection: GovernanceConnection, kind: 'veto' | 'expedite', { id, upgrade }: FoundUpgrade): Promise<string[]> {
  const timelock = connection.contract('UpgradeTimelock');
  const state = await stateOf(connection, id);
  const obstacles = state === 'scheduled' || state === 'executable' ? [] : [state === 'unscheduled' ? 'the upgrade is not scheduled yet' : `the upgrade is ${state} already`];
  const isOverPeople = !(await view<boolean>(timelock, 'isVetoable', upgrade.kind));
  if (isOverPeople) obstacles.push(`the council has no power over a change of the ${kindName(upgrade.kind)}`);
  if (kind === 'veto') {
    const isSpent = (await view<bigint>(timelock, 'vetoedTimeOf', await view<string>(timelock, 'contentOf', upgrade))) !== 0n;
    return isSpent && state !== 'vetoed' ? [...obstacles, 'its content was vetoed before, and there is no second veto'] : obstacles;
  }
  const stage = await view<bigint>(connection.contract('Maturity'), 'stage');
  if (stage !== 0n && kindName(upgrade.kind) !== 'zk-lane') obstacles.push(`in stage ${stageName(stage)} only a zk lane is carried out early, after another has tripped`);
  if ((await readTimes(connection)).nowWall >= (await view<bigint>(timelock, 'SUNSET'))) obstacles.push('the sunset of this power is over');
  return obstacles;
}

export async function councilPrepare(kind: CouncilAct['act'], reference: string | undefined, options: PrepareOptions, output: Output): Promise<void> {
  const hours = parseInteger(options.validHours, '--valid-hours', 720n);
  if (hours === 0n) throw new CommandFailure('usage', '--valid-hours: expected from 1 to 720, got 0: signatures that are void at once help nobody');
  const connection = await connectGovernance(options, homeAt(options.home));
  try {
    const council = connection.contract('SecurityCouncil');
    const { nowWall } = await readTimes(connection);
    const isUpgrade = kind === 'veto' || kind === 'expedite';
    const found = isUpgrade ? await findUpgrade(connection, reference ?? '') : undefined;
    const upgrade = found?.upgrade;
    const obstacles = found === undefined ? [] : await obstaclesTo(connection, kind as 'veto' | 'expedite', found);
    const twins = kind === 'veto' && found !== undefined ? await readTwins(connection, found.id, found.upgrade) : undefined;
    const resolution = kind === 'resolve' ? await readResolution(connection, options) : {};
    if (await view<boolean>(council, 'isDormant')) throw new CommandFailure('failed', 'the council is dormant: fewer members are left than its strongest acts need');
    const act: CouncilAct = {
      format: 'keyfall-council-act-1', act: kind, chainId: String(connection.chainId), council: connection.addresses.SecurityCouncil, timelock: connection.addresses.UpgradeTimelock,
      epoch: String(await view<bigint>(council, 'epoch')), nonce: String(await freeNonce(council)), deadline: String(nowWall + hours * HOUR_SECONDS),
      ...(upgrade === undefined ? {} : { upgrade: { ...upgrade } }), ...resolution, approvals: [],
    };
    writeAct(options.out, act);
    const typed = typedAct(act);
    const hashes = actHashes(typed);
    const quorum = await view<bigint>(council, 'quorumOf', ['veto', 'pause', 'resolve', 'expedite'].indexOf(kind));
    output.result({ file: options.out, act, sentence: typed.sentence, quorum, obstacles, ...(twins === undefined ? {} : { twins }), ...hashes }, [
      typed.sentence, ...(twins === undefined ? [] : twinLines(twins)), ...obstacles.map((text) => `  the timelock would refuse it now: ${text}`),
      `needs ${quorum} signatures; written to ${options.out}`, `digest ${hashes.digest}`,
    ]);
  } finally {
    connection.close();
  }
}
