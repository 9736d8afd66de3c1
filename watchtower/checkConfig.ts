// `watchtower check`: the configuration with all that it points to, before anything runs. Owns what is looked at and what is said to be left open: what is
// allowed, and what somebody who relies on it should know. Asks no endpoint and sends nothing.

import { openChannel } from './alerts/channels.ts';
import { acknowledgersOf, secret, urlOf, type Config } from './config.ts';
import { Contracts } from './contracts.ts';
import { unlockKeystore } from './keystore.ts';
import { configured, MONITORS } from './registry.ts';
import { SELF_CHECKS } from './self/selfWatch.ts';

interface Checked {
  readonly ok: true;
  readonly hash: string;
  readonly operators: readonly string[];
  readonly quorum: number;
  readonly channels: readonly string[];
  /** What is allowed and leaves something unwatched or untold. */
  readonly notes: readonly string[];
}

/** @throws ConfigMistake for a secret that is not set, a URL that is none, a keystore that does not open, a check that does not exist */
export async function checked(config: Config): Promise<Checked> {
  for (const place of [...config.l1.endpoints, ...config.peers, ...[config.l2, config.deadMan].flatMap((one) => (one === undefined ? [] : [one]))]) urlOf(place);
  for (const channel of config.channels) openChannel(channel);
  acknowledgersOf(config);
  for (const keys of [config.checkpoints, config.autoExit]) if (keys !== undefined) await unlockKeystore(keys.keystore, secret(keys.passwordFrom));
  const operators = [...new Set(config.l1.endpoints.map(({ operator }) => operator))];
  return { ok: true, hash: config.hash, operators, quorum: config.l1.quorum, channels: config.channels.map(({ name }) => name), notes: notesOn(config) };
}

function notesOn(config: Config): readonly string[] {
  const checks = [...configured(MONITORS, config), ...configured(SELF_CHECKS, config)];
  const off = checks.filter(({ isEnabled }) => !isEnabled).map(({ check }) => check.id);
  const blind = checks.flatMap(({ check, isEnabled }) => { const missing = isEnabled ? check.needs.filter((name) => config.deployment.contracts[name] === undefined) : []; return missing.length === 0 ? [] : [`${check.id} (${missing.join(', ')})`]; });
  const contracts = new Contracts(config.deployment.contracts);
  const mute = Object.keys(config.deployment.contracts).filter((name) => !contracts.has(name));
  const awake = config.channels.filter(({ escalateAfterSeconds }) => escalateAfterSeconds === 0);
  return [
    ...(config.l1.quorum === 1 ? ['l1.quorum is 1: everything rests on one endpoint at a time'] : []),
    ...(awake.length === 0 ? ['channels: none is told at once: alarms are only in the log and the API'] : []),
    ...(config.deadMan === undefined ? ['deadMan: none: when this machine dies nobody hears of it'] : []),
    ...(config.channels.length > 0 && config.canary === undefined ? ['canary: none: a channel that stopped working is found out with the first alarm'] : []),
    ...(config.l2 === undefined ? ['l2: none: final blocks are held against no node of your own'] : []),
    ...(config.artifacts === undefined ? ['artifacts: none: which source new code was built from is unverifiable'] : []),
    ...(config.checkpoints === undefined ? ['checkpoints: none: whoever holds this machine can rewrite its log'] : []),
    ...(Object.keys(config.deployment.codeHashes).length === 0 ? ['deployment.codeHashes: none: the code that is there at the first look is taken for right'] : []),
    ...(config.api.host === '127.0.0.1' || config.api.host === '::1' || config.api.host === 'localhost' ? [] : [`api.host is ${config.api.host}: whoever reaches that port reads what you watch`]),
    ...(mute.length === 0 ? [] : [`contracts of which no ABI is known, so that no event of theirs is understood: ${mute.join(', ')}`]),
    ...(off.length === 0 ? [] : [`checks that are switched off: ${off.join(', ')}`]),
    ...(blind.length === 0 ? [] : [`checks that will say unverifiable, for want of a contract: ${blind.join('; ')}`]),
  ];
}
