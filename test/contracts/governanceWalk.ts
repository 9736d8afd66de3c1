/**
 * The model of governance replayed against the contracts: random acts, bunched around the moments at which an answer changes, on a real
 * deployment at the speed of the main profile, through Training, Mature and Ossified. After every step T, the answer and the states are
 * compared. How a stage is earned and a lane trips has tests of its own: here both are put where Maturity and Lanes keep them.
 *
 * Owns one walk from a seed; how many, and what they must have come to, is their tests'.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { AbiCoder, Contract, ContractFactory, Interface, ZeroHash, encodeBytes32String, id, keccak256, toBeHex } from 'ethers';
import { CORE, COUNCIL, GovernanceModel, STAGES, ZK_LANE } from '../sim/protocol/governance.ts';
import { Refused } from '../sim/protocol/refused.ts';
import { random as generator } from '../sim/walk.ts';
import { compileSupport } from './compile.ts';
import { COUNCIL_KEYS, DeployedSystem, abiOf, keyAt } from './deployed.ts';

/** Part of the steps after which Mature and Ossified begin; the sunset of the council falls into Mature. */
const MATURE_FROM = 0.3;
const OSSIFIED_FROM = 0.88;
const LANES = 6;
const DAY = 86_400;
const STATES = ['Unknown', 'Scheduled', 'Executable', 'Executed', 'Expired', 'Vetoed'];
const FAR = (1n << 255n).toString();
interface Known { readonly id: string; readonly kind: number; readonly content: string; readonly lane: string | undefined; readonly upgrade: readonly unknown[] }

const errors = ['UpgradeTimelock', 'SecurityCouncil', 'Clock', 'Rollup', 'Lanes'].map((name) => new Interface(abiOf(name)));

/** Name of the custom error, or 'taken'. */
async function onChain(send: () => Promise<unknown>): Promise<string> {
  try {
    await send();
    return 'taken';
  } catch (error) {
    const data = error instanceof Error && 'data' in error ? String(error.data) : '0x';
    const name = errors.map((abi) => abi.parseError(data)?.name).find((found) => found !== undefined);
    if (name === undefined) throw error;
    return name;
  }
}

function inModel(act: () => void): string {
  try {
    act();
    return 'taken';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

async function impersonated(system: DeployedSystem, contract: string, as: string): Promise<Contract> {
  const address = system.deployment.contracts[as] ?? '';
  await system.anvil.rpc('anvil_impersonateAccount', address);
  await system.anvil.rpc('anvil_setBalance', address, '0x56bc75e2d63100000');
  return system.contract(contract).connect(await system.provider.getSigner(address)) as Contract;
}

/** Zk lanes that have verified the corpus and that nobody has added yet. */
async function newLanes(system: DeployedSystem): Promise<readonly Contract[]> {
  const { abi, bytecode } = compileSupport('ScriptedLane')['ScriptedLane']!;
  const corpus = (await system.contract('UpgradeTimelock').getFunction('CORPUS_STATEMENT').staticCall()) as string;
  const lanes: Contract[] = [];
  for (let i = 0; i < LANES; i += 1) {
    const deployed = await new ContractFactory(abi, bytecode, system.user).deploy(1, encodeBytes32String('TEST'));
    await deployed.waitForDeployment();
    const lane = new Contract(await deployed.getAddress(), abi, system.user);
    await system.send(lane, 'submit', [corpus, 0, '0x']);
    lanes.push(lane);
  }
  return lanes;
}

/** Puts a number into a variable, found by the committed layout. */
async function put(system: DeployedSystem, contract: string, variable: string, value: bigint): Promise<void> {
  const layout = JSON.parse(readFileSync(new URL('../../contracts/generated/layout.json', import.meta.url), 'utf8')) as Record<string, string[]>;
  const line = layout[contract]?.find((text) => text.includes(` ${variable}:`)) ?? '';
  const [, slot = '', offset = '', bytes = ''] = /^(\d+)\+(\d+) .*\((\d+) bytes\)$/.exec(line) ?? [];
  assert.notEqual(slot, '', `${contract}.${variable} is in the layout`);
  const at = system.deployment.contracts[contract] ?? '';
  const shift = BigInt(offset) * 8n;
  const mask = ((1n << (BigInt(bytes) * 8n)) - 1n) << shift;
  const word = BigInt(await system.provider.getStorage(at, BigInt(slot)));
  await system.anvil.rpc('anvil_setStorageAt', at, toBeHex(BigInt(slot), 32), toBeHex((word & ~mask) | (value << shift), 32));
}

/** What a walk came to: answers by stage and act, and the states of its upgrades at the end. */
interface Walked { readonly answers: ReadonlySet<string>; readonly states: ReadonlySet<string> }

/** Walks `steps` steps on a deployment of its own. @throws AssertionError at the first difference */
export async function walkGovernance(seed: number, steps: number): Promise<Walked> {
  const system = await DeployedSystem.start();
  try {
    return await walkOn(system, seed, steps);
  } finally {
    await system.stop();
  }
}

async function walkOn(system: DeployedSystem, seed: number, steps: number): Promise<Walked> {
  const next = generator(seed);
  const random = (below: number): number => Math.floor(next() * below);
  const known: Known[] = [];
  const timelock = system.contract('UpgradeTimelock');
  const [asGovernor, asCouncil, council, clock] = [await impersonated(system, 'UpgradeTimelock', 'KeyfallGovernor'), await impersonated(system, 'UpgradeTimelock', 'SecurityCouncil'), system.contract('SecurityCouncil'), system.contract('Clock')];
  const implementation = system.deployment.contracts['RollupImplementation'] ?? '';
  const codehash = keccak256(await system.provider.getCode(implementation));
  const members = ((await council.getFunction('members').staticCall()) as { account: string; isExternal: boolean }[]).map(({ account, isExternal }) => [account, isExternal]);
  const coder = AbiCoder.defaultAbiCoder();
  const lanes = await newLanes(system);
  const laneCode = keccak256(await system.provider.getCode(await lanes[0]!.getAddress()));
  const laneAddresses = await Promise.all(lanes.map(async (lane) => lane.getAddress()));
  const payloads: readonly (readonly [number, string, string?])[] = [
    [CORE, coder.encode(['tuple(address, bytes32, bool)'], [[implementation, codehash, false]])],
    ...[6, 7].map((threshold) => [COUNCIL, coder.encode(['tuple(tuple(address, bool)[], uint256)'], [[members, threshold]])] as const),
    ...laneAddresses.map((lane) => [ZK_LANE, coder.encode(['tuple(address, bytes32, address[])'], [[lane, laneCode, []]]), lane] as const),
  ];
  /** Answers by stage, so that the walk can be seen to have come everywhere. */
  const answers = new Set<string>();
  let nonce = 0n;
  const [matureFrom, ossifiedFrom] = [Math.round(steps * MATURE_FROM), Math.round(steps * OSSIFIED_FROM)];
  const start = (await system.provider.getBlock('latest'))?.timestamp ?? 0;
  const model = new GovernanceModel(Number(await timelock.getFunction('SUNSET').staticCall()) - start);
  const startT = Number(await clock.getFunction('current').staticCall());

  /** The next block's time, for the chain and the model. */
  const at = async (seconds: number): Promise<void> => {
    const latest = (await system.provider.getBlock('latest'))?.timestamp ?? 0;
    await system.pass(BigInt(seconds));
    model.clock.advanceTo(latest + seconds - start);
  };
  /** Sends in a block of exactly the model's next second. */
  const send = async (contract: Contract, method: string, ...args: readonly unknown[]): Promise<string> => {
    const answer = await onChain(async () => {
      await contract.getFunction(method).staticCall(...args);
      await system.send(contract, method, args);
    });
    return answer;
  };
  const catchUp = async (): Promise<void> => {
    const latest = (await system.provider.getBlock('latest'))?.timestamp ?? 0;
    model.clock.advanceTo(latest - start);
  };
  /** Compares the answers; the model moves to the block in which the chain acted. */
  const compare = async (what: string, chain: string, act: () => void): Promise<void> => {
    if (chain === 'taken') await catchUp();
    assert.equal(chain, inModel(act), what);
    answers.add(`${model.stage} ${what.split(': ')[1] ?? ''} ${chain}`);
  };

  const enabled = async (): Promise<Contract | undefined> => {
    const records = await Promise.all(laneAddresses.map(async (lane) => system.contract('Lanes').getFunction('laneRecord').staticCall(lane) as Promise<{ isEnabled: boolean }>));
    return lanes[records.findIndex(({ isEnabled }) => isEnabled)];
  };

  for (let step = 0; step < steps; step += 1) {
    const jumps = [1, 1, 3_600, DAY, DAY, 3 * DAY, 7 * DAY, 34 * DAY, 48 * DAY];
    await at(jumps[random(jumps.length)] ?? 1);
    if (step === matureFrom || step === ossifiedFrom) {
      model.stage = step === matureFrom ? 'Mature' : 'Ossified';
      await put(system, 'Maturity', 'stage', BigInt(STAGES.indexOf(model.stage)));
    }
    if (model.stage === 'Mature' && random(4) === 0) {
      const lane = random(3);
      const untilT = model.clock.t + 30 * DAY;
      await put(system, 'Lanes', '_trippedId', BigInt(lane));
      await put(system, 'Lanes', '_trippedUntilT', BigInt(startT + untilT));
      model.tripped = { lane: String(lane), untilT };
    }
    // Mostly the newest: older ones are soon over.
    const pick = known[known.length - 1 - random(Math.min(3, Math.max(1, known.length)))];
    const choice = random(model.stage === 'Mature' ? 13 : 11);
    if (choice <= 1 || pick === undefined) {
      const [kind, payload, lane] = payloads[random(payloads.length)] ?? [CORE, '0x'];
      const upgrade = [kind, payload, id('report'), random(6) === 0 ? ZeroHash : toBeHex(step + 1, 32)];
      const identity = (await timelock.getFunction('idOf').staticCall(upgrade)) as string;
      const content = (await timelock.getFunction('contentOf').staticCall(upgrade)) as string;
      await compare(`step ${step}: schedule`, await send(asGovernor, 'schedule', upgrade), () => model.schedule(identity, kind, content, lane));
      if (!known.some((entry) => entry.id === identity)) known.push({ id: identity, kind, content, lane, upgrade });
    } else if (choice === 2 || choice === 8) {
      // Every other time one whose moment has come, if there is one.
      const ready = (random(2) === 0 ? known.findLast((entry) => model.stateOf(entry.id) === 'Executable') : undefined) ?? pick;
      await compare(`step ${step}: execute`, await send(timelock, 'execute', ready.upgrade), () => model.execute(ready.id));
    } else if (choice === 3 || choice > 10) {
      await compare(`step ${step}: expedite`, await send(asCouncil, 'expedite', pick.upgrade), () => model.expedite(pick.id));
    } else if (choice === 4 || choice === 9) {
      const vetoed = known.findLast((entry) => entry.kind === CORE && ['Scheduled', 'Executable'].includes(model.stateOf(entry.id))) ?? pick;
      await compare(`step ${step}: veto`, await send(asCouncil, 'veto', vetoed.content, vetoed.upgrade[2], vetoed.upgrade[3]), () => model.veto(vetoed.id));
    } else if (choice === 5) {
      await compare(`step ${step}: extend`, await send(timelock, 'extend', pick.id), () => model.extend(pick.id));
    } else if (choice === 6) {
      const digest = (await council.getFunction('pauseDigest').staticCall(nonce, FAR)) as string;
      const approvals = COUNCIL_KEYS.map(keyAt).toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1)).slice(0, 4).map((member) => ({ signer: member.address, signature: member.signingKey.sign(digest).serialized }));
      const answer = await send(council, 'pause', nonce, FAR, approvals);
      await compare(`step ${step}: pause`, answer, () => model.pause());
      if (answer === 'taken') nonce += 1n;
    } else if (choice === 7 && random(2) === 0) {
      const price = (await system.contract('Inbox').getFunction('price').staticCall(50_000n)) as bigint;
      await system.send(system.contract('Inbox'), 'sendCall', [keyAt(0).address, 0n, 0n, 50_000n, 0n, '0x'], price * 2n);
      await catchUp();
      model.enqueue();
    } else if (!model.isPaused) {
      // Once a zk lane is enabled, attesters alone finalize nothing.
      const [isAlone, zkLane] = [await system.contract('Lanes').getFunction('attestersFinalizeAlone').staticCall(), await enabled()];
      assert.equal(isAlone, zkLane === undefined);
      await system.finalizeRoot(id(`root ${step}`), zkLane === undefined ? {} : { zkLane });
      await catchUp();
      model.settle();
    }
    await catchUp();
    assert.equal(Number(await clock.getFunction('current').staticCall()) - startT, model.clock.t, `step ${step}: T`);
    // All of them at the end and now and then; old ones are over.
    for (const entry of step % 10 === 0 || step === steps - 1 ? known : known.slice(-4)) assert.equal(STATES[Number(await timelock.getFunction('state').staticCall(entry.id))], model.stateOf(entry.id), `step ${step}: ${entry.id}`);
  }
  return { answers, states: new Set(known.map((entry) => model.stateOf(entry.id))) };
}
