// The model of governance replayed against the contracts: random acts, bunched around the moments at which an answer changes, on a real
// deployment at the speed of the main profile. After every step T, the answer and the state of every upgrade are compared.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AbiCoder, Interface, ZeroHash, id, keccak256, toBeHex, type Contract } from 'ethers';
import { CORE, COUNCIL, GovernanceModel } from '../sim/protocol/governance.ts';
import { Refused } from '../sim/protocol/refused.ts';
import { random as generator } from '../sim/walk.ts';
import { COUNCIL_KEYS, DeployedSystem, abiOf, keyAt } from './deployed.ts';

const SEED = 20_240_611;
const STEPS = 70;
const DAY = 86_400;
const STATES = ['Unknown', 'Scheduled', 'Executable', 'Executed', 'Expired', 'Vetoed'];
const FAR = (1n << 255n).toString();
let system: DeployedSystem;

before(async () => { system = await DeployedSystem.start(); });
after(() => system.stop());

interface Known { readonly id: string; readonly kind: number; readonly content: string; readonly upgrade: readonly unknown[] }

const errors = ['UpgradeTimelock', 'SecurityCouncil', 'Clock', 'Rollup'].map((name) => new Interface(abiOf(name)));

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

async function impersonated(contract: string, as: string): Promise<Contract> {
  const address = system.deployment.contracts[as] ?? '';
  await system.anvil.rpc('anvil_impersonateAccount', address);
  await system.anvil.rpc('anvil_setBalance', address, '0x56bc75e2d63100000');
  return system.contract(contract).connect(await system.provider.getSigner(address)) as Contract;
}

test(`P-141, P-143, P-144, P-146, P-147, P-152 the contracts answer as the model does, ${STEPS} steps from seed ${SEED}`, async () => {
  const next = generator(SEED);
  const random = (below: number): number => Math.floor(next() * below);
  const known: Known[] = [];
  const timelock = system.contract('UpgradeTimelock');
  const [asGovernor, asCouncil, council, clock] = [await impersonated('UpgradeTimelock', 'KeyfallGovernor'), await impersonated('UpgradeTimelock', 'SecurityCouncil'), system.contract('SecurityCouncil'), system.contract('Clock')];
  const implementation = system.deployment.contracts['RollupImplementation'] ?? '';
  const codehash = keccak256(await system.provider.getCode(implementation));
  const members = ((await council.getFunction('members').staticCall()) as { account: string; isExternal: boolean }[]).map(({ account, isExternal }) => [account, isExternal]);
  const coder = AbiCoder.defaultAbiCoder();
  const payloads: readonly (readonly [number, string])[] = [
    [CORE, coder.encode(['tuple(address, bytes32, bool)'], [[implementation, codehash, false]])],
    ...[6, 7].map((threshold) => [COUNCIL, coder.encode(['tuple(tuple(address, bool)[], uint256)'], [[members, threshold]])] as const),
  ];
  let nonce = 0n;
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
  };

  for (let step = 0; step < STEPS; step += 1) {
    const jumps = [1, 1, 3_600, DAY, DAY, 3 * DAY, 14 * DAY, 34 * DAY, 48 * DAY];
    await at(jumps[random(jumps.length)] ?? 1);
    // Mostly the newest: older ones are soon over.
    const pick = known[known.length - 1 - random(Math.min(3, Math.max(1, known.length)))];
    const choice = random(11);
    if (choice <= 1 || pick === undefined) {
      const [kind, payload] = payloads[random(payloads.length)] ?? [CORE, '0x'];
      const upgrade = [kind, payload, id('report'), random(6) === 0 ? ZeroHash : toBeHex(step + 1, 32)];
      const identity = (await timelock.getFunction('idOf').staticCall(upgrade)) as string;
      const content = (await timelock.getFunction('contentOf').staticCall(upgrade)) as string;
      await compare(`step ${step}: schedule`, await send(asGovernor, 'schedule', upgrade), () => model.schedule(identity, kind, content));
      if (!known.some((entry) => entry.id === identity)) known.push({ id: identity, kind, content, upgrade });
    } else if (choice === 2 || choice === 8) {
      await compare(`step ${step}: execute`, await send(timelock, 'execute', pick.upgrade), () => model.execute(pick.id));
    } else if (choice === 3) {
      await compare(`step ${step}: expedite`, await send(asCouncil, 'expedite', pick.upgrade), () => model.expedite(pick.id));
    } else if (choice === 4 || choice === 9) {
      const vetoed = known.findLast((entry) => entry.kind === CORE && ['Scheduled', 'Executable'].includes(model.stateOf(entry.id))) ?? pick;
      await compare(`step ${step}: veto`, await send(asCouncil, 'veto', vetoed.upgrade), () => model.veto(vetoed.id, vetoed.kind));
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
      await system.finalizeRoot(id(`root ${step}`));
      await catchUp();
      model.settle();
    }
    await catchUp();
    assert.equal(Number(await clock.getFunction('current').staticCall()) - startT, model.clock.t, `step ${step}: T`);
    for (const entry of known) assert.equal(STATES[Number(await timelock.getFunction('state').staticCall(entry.id))], model.stateOf(entry.id), `step ${step}: ${entry.id}`);
  }
  const reached = new Set(known.map((entry) => model.stateOf(entry.id)));
  for (const state of ['Executed', 'Vetoed', 'Expired']) assert.ok(reached.has(state), `the walk reaches ${state}, it reached ${[...reached].join(', ')}`);
});
