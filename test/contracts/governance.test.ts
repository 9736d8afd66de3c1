// The keys of a real deployment: every function that changes something and who may call it, the delays as they stand on chain, a real
// Safe as a member of the council, and a rehearsal of an upgrade of the Rollup. The life of an upgrade from the command line is in
// test/cli/governance.test.ts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AbiCoder, Contract, ContractFactory, Interface, NonceManager, Wallet, ZeroHash, id, keccak256, type Fragment, type FunctionFragment, type ParamType } from 'ethers';
import { COUNCIL_KEYS, DeployedSystem, abiOf, keyAt } from './deployed.ts';
import { NO_PATHS, OWNERSHIP, PATHS, POWERS } from './powers.ts';

const TIME_SCALE = 1440n;
const STRANGER = '0x00000000000000000000000000000000000000aa';
const CORE = 0;
const COUNCIL = 7;
const FAR = (1n << 255n).toString();
let system: DeployedSystem;

before(async () => { system = await DeployedSystem.start(['--time-scale', String(TIME_SCALE)]); });
after(() => system.stop());

const isFunction = (fragment: Fragment): fragment is FunctionFragment => fragment.type === 'function';

function changing(name: string): FunctionFragment[] {
  const proxied = name === 'Rollup' ? 'Rollup' : name;
  return Interface.from(abiOf(proxied)).fragments.filter(isFunction).filter(({ stateMutability }) => stateMutability === 'nonpayable' || stateMutability === 'payable');
}

/** The simplest value of a type. */
function plainValue(type: ParamType): unknown {
  if (type.isArray()) return [];
  if (type.isTuple()) return (type.components ?? []).map(plainValue);
  if (type.type === 'bool') return false;
  if (type.type === 'string') return '';
  if (type.type === 'address') return STRANGER;
  if (type.type === 'bytes') return '0x';
  return type.type.startsWith('bytes') ? `0x${'00'.repeat(Number(type.type.slice(5)))}` : 0n;
}

test('P-166 every function that changes something is on the committed list of powers, and no contract has an owner', () => {
  const names = Object.keys(system.deployment.contracts).filter((name) => name !== 'RollupImplementation');
  assert.deepEqual(Object.keys(POWERS).toSorted(), names.toSorted(), 'every deployed contract');
  for (const [name, functions] of Object.entries(POWERS)) {
    assert.deepEqual([...new Set(changing(name).map((fragment) => fragment.name))].toSorted(), Object.keys(functions).toSorted(), name);
    const all = Interface.from(abiOf(name)).fragments.filter(isFunction).map((fragment) => fragment.name);
    const allowed = name === 'SecurityCouncil' ? ['pause'] : [];
    assert.deepEqual(all.filter((fragment) => OWNERSHIP.includes(fragment) && !allowed.includes(fragment)), [], `${name} has no owner`);
  }
});

test('P-166 a stranger gets the named refusal from every function that is a power', async () => {
  for (const [name, functions] of Object.entries(POWERS)) {
    const contract = new Interface(abiOf(name));
    for (const fragment of changing(name)) {
      const expected = functions[fragment.name];
      if (expected === 'anyone' || expected === undefined) continue;
      const data = contract.encodeFunctionData(fragment, fragment.inputs.map(plainValue));
      const refused: unknown = await system.provider.call({ from: STRANGER, to: system.deployment.contracts[name] ?? '', data }).catch((error: unknown) => error);
      assert.ok(refused instanceof Error && 'data' in refused && typeof refused.data === 'string', `${name}.${fragment.name} refuses`);
      assert.equal(contract.parseError(refused.data)?.name, expected, `${name}.${fragment.name}`);
    }
  }
});

test('P-142, P-166 every power is a path by which code, keys or parameters change, with a test that measures its delay, or is none', () => {
  const powers = Object.entries(POWERS).flatMap(([name, functions]) => Object.entries(functions).map(([call, holder]) => ({ call: `${name}.${call}`, holder })));
  const paths = PATHS.map(({ call }) => call);
  for (const { call, holder } of powers) if (holder !== 'anyone') assert.equal([...paths, ...NO_PATHS].filter((one) => one === call).length, 1, call);
  for (const call of [...paths, ...NO_PATHS]) assert.ok(powers.some((power) => power.call === call), `${call} exists`);
  const folder = new URL('../../contracts/test/', import.meta.url);
  const tests = readdirSync(folder).filter((file) => file.endsWith('.sol')).map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  for (const { call, measuredBy } of PATHS) assert.ok(tests.includes(`function ${measuredBy}(`), `${call} is measured by ${measuredBy}`);
});

/** ERC-1967: admin and beacon of a proxy. */
const PROXY_SLOTS = ['0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103', '0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50'];

test('P-166 every address that any contract names is a contract of the deployment, but for the operator\'s two keys, the attesters and the council', async () => {
  const { contracts } = system.deployment;
  const known = new Set(Object.values(contracts));
  const people = new Map<string, string>(['Rollup', 'OperatorSeat'].flatMap((name) => [[`${name}.operator`, keyAt(21).address], [`${name}.coldKey`, keyAt(22).address]] as const));
  const seen = new Set<string>();
  for (const [name, address] of Object.entries(contracts)) {
    const abi = Interface.from(abiOf(name === 'RollupImplementation' ? 'Rollup' : name));
    const views = abi.fragments.filter(isFunction).filter(({ stateMutability, inputs, outputs }) => inputs.length === 0 && outputs.some(holdsAddress) && (stateMutability === 'view' || stateMutability === 'pure'));
    for (const fragment of views) {
      // The bare implementation has no state: what it names are its immutables.
      const read = (await new Contract(address, abi, system.provider).getFunction(fragment.name).staticCall().catch((error: unknown) => (name === 'RollupImplementation' ? [] : Promise.reject(error as Error)))) as unknown;
      for (const found of addressesIn(fragment.outputs, read)) {
        if (BigInt(found) === 0n || known.has(found)) continue;
        const view = `${name}.${fragment.name}`;
        if (view === 'AttesterLane.attesters' || view === 'SecurityCouncil.members') { seen.add(found); continue; }
        assert.equal(found, people.get(view.replace('RollupImplementation', 'Rollup')), `${view} names ${found}`);
        people.delete(view);
      }
    }
    for (const slot of PROXY_SLOTS) assert.equal(BigInt(await system.provider.getStorage(address, slot)), 0n, `${name} has no admin and no beacon`);
  }
  assert.deepEqual([...people.keys()], [], 'each of them was met');
  assert.deepEqual([...seen].toSorted(), [24, 25, 26, 27, 28, ...COUNCIL_KEYS].map((index) => keyAt(index).address).toSorted(), 'attesters and members are those that were named');
});

function addressesIn(outputs: readonly ParamType[], read: unknown): string[] {
  const values = outputs.length === 1 ? [read] : (read as unknown[]);
  return outputs.flatMap((output, index) => addressesOf(output, values[index]));
}

function holdsAddress(type: ParamType): boolean {
  if (type.isArray()) return holdsAddress(type.arrayChildren);
  return type.type === 'address' || (type.isTuple() && (type.components ?? []).some(holdsAddress));
}

function addressesOf(type: ParamType, value: unknown): string[] {
  if (type.type === 'address') return typeof value === 'string' ? [value] : [];
  if (type.isArray()) return [...(value as unknown[])].flatMap((one) => addressesOf(type.arrayChildren, one));
  return type.isTuple() ? (type.components ?? []).flatMap((component, index) => addressesOf(component, (value as unknown[])[index])) : [];
}

test('P-166 whoever holds a power is a contract of the deployment, but for the operator\'s two keys', async () => {
  const { contracts } = system.deployment;
  const read = async (name: string, method: string): Promise<string> => (await system.contract(name).getFunction(method).staticCall()) as string;
  assert.equal(await read('Rollup', 'UPGRADE_AUTHORITY'), contracts['UpgradeTimelock']);
  assert.equal(await read('UpgradeTimelock', 'GOVERNOR'), contracts['KeyfallGovernor']);
  assert.equal(await read('UpgradeTimelock', 'COUNCIL'), contracts['SecurityCouncil']);
  assert.equal(await read('SecurityCouncil', 'UPGRADE_TIMELOCK'), contracts['UpgradeTimelock']);
  assert.equal(await read('Clock', 'PAUSER'), contracts['SecurityCouncil']);
  assert.equal(await read('Clock', 'DISPUTER'), contracts['Lanes']);
  assert.equal(await read('Bounty', 'LANES'), contracts['Lanes']);
  assert.equal(await read('Rollup', 'operator'), keyAt(21).address);
  assert.equal(await read('Rollup', 'coldKey'), keyAt(22).address);
  const implementation = new Contract(contracts['RollupImplementation'] ?? '', abiOf('Rollup'), system.provider);
  await assert.rejects(implementation.getFunction('initialize').staticCall(), /InvalidInitialization/, 'the bare implementation is nobody\'s');
});

async function asGovernor(): Promise<Contract> {
  const governor = system.deployment.contracts['KeyfallGovernor'] ?? '';
  await system.anvil.rpc('anvil_impersonateAccount', governor);
  await system.anvil.rpc('anvil_setBalance', governor, '0x56bc75e2d63100000');
  return system.contract('UpgradeTimelock').connect(await system.provider.getSigner(governor)) as Contract;
}

const coder = AbiCoder.defaultAbiCoder();
const REPORT = id('report');

async function coreUpgrade(salt: string): Promise<readonly unknown[]> {
  const implementation = system.deployment.contracts['RollupImplementation'] ?? '';
  const codehash = keccak256(await system.provider.getCode(implementation));
  return [CORE, coder.encode(['tuple(address, bytes32, bool)'], [[implementation, codehash, false]]), REPORT, salt];
}

async function schedule(upgrade: readonly unknown[]): Promise<void> {
  const timelock = await asGovernor();
  const response = await timelock.getFunction('schedule').send(upgrade);
  await response.wait();
}

test('P-142 on a real deployment 48 days and 7 days, divided by the time scale, pass before anything can be carried out', async () => {
  const timelock = system.contract('UpgradeTimelock');
  for (let kind = 0; kind <= COUNCIL; kind += 1) {
    const days = kind === 5 ? 7n : 48n;
    assert.equal(await timelock.getFunction('delayOf').staticCall(kind), (days * 86_400n) / TIME_SCALE, `kind ${kind}`);
  }
  assert.equal(await timelock.getFunction('exitWindow').staticCall(), (15n * 86_400n) / TIME_SCALE);
});

test('P-141, P-145 a new implementation of the Rollup keeps its storage, and the rehearsal ends with the same state', async () => {
  const { index } = await system.finalizeRoot(id('root before the upgrade'));
  const rollup = system.contract('Rollup');
  const snapshot = async (): Promise<unknown[]> => Promise.all(['finalHead', 'settledIndex', 'committedCount', 'operator', 'coldKey', 'feeConfig'].map(async (name) => String(await rollup.getFunction(name).staticCall())));
  const before_ = await snapshot();
  const upgrade = await coreUpgrade(ZeroHash);
  await schedule(upgrade);
  await system.pass((48n * 86_400n) / TIME_SCALE);
  await system.send(system.contract('UpgradeTimelock'), 'execute', [upgrade]);
  assert.deepEqual(await snapshot(), before_);
  assert.equal(await rollup.getFunction('stateRootOf').staticCall(index), id('root before the upgrade'));
  const next = await system.finalizeRoot(id('root after the upgrade'));
  assert.equal(next.index, index + 1n, 'the chain goes on');
});

test('P-145 the storage of the Rollup is what was recorded: a new implementation that moves a variable is seen', () => {
  const layout = JSON.parse(readFileSync(new URL('../../contracts/generated/layout.json', import.meta.url), 'utf8')) as Record<string, string[]>;
  const lines = layout['Rollup'] ?? [];
  assert.ok(lines.length > 5);
  const slots = lines.filter((line) => !line.startsWith(' ')).map((line) => /^(\d+)\+(\d+) .*\((\d+) bytes\)$/.exec(line)?.slice(1, 4).map(Number) ?? []);
  for (const [position, [slot = -1, offset = -1]] of slots.entries()) {
    const [lastSlot = -1, lastOffset = -1, lastBytes = 0] = slots[position - 1] ?? [];
    assert.ok(slot > lastSlot || (slot === lastSlot && offset >= lastOffset + lastBytes), `variable ${position} overlaps none before it`);
  }
});

/** Signatures of the first `count` members over `digest`, ascending. */
function approvals(digest: string, count: number): { signer: string; signature: string }[] {
  const members = COUNCIL_KEYS.map(keyAt).toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  return members.slice(0, count).map((member) => ({ signer: member.address, signature: member.signingKey.sign(digest).serialized }));
}

test('P-147, P-150 six of eight members carry an upgrade out at once in Training; five do not', async () => {
  const council = system.contract('SecurityCouncil');
  const upgrade = await coreUpgrade(id('expedited'));
  await schedule(upgrade);
  const digest = (await council.getFunction('expediteDigest').staticCall(upgrade, 7n, FAR)) as string;
  await assert.rejects(council.getFunction('expedite').staticCall(upgrade, 7n, FAR, approvals(digest, 5)), /TooFewApprovals/);
  const receipt = await system.send(council, 'expedite', [upgrade, 7n, FAR, approvals(digest, 6)]);
  assert.equal(receipt.status, 1);
  await assert.rejects(council.getFunction('expedite').staticCall(upgrade, 7n, FAR, approvals(digest, 6)), /NonceUsed/);
});

test('P-150 a real Safe signs as a member, by EIP-1271 and its own threshold', async () => {
  const require = createRequire(import.meta.url);
  const artifact = (path: string): { abi: never; bytecode: string } => JSON.parse(readFileSync(require.resolve(`@safe-global/safe-smart-account/build/artifacts/contracts/${path}`), 'utf8')) as { abi: never; bytecode: string };
  const deploy = async (path: string, ...args: readonly unknown[]): Promise<string> => {
    const { abi, bytecode } = artifact(path);
    const contract = await new ContractFactory(abi, bytecode, system.user).deploy(...args);
    await contract.waitForDeployment();
    return contract.getAddress();
  };
  const safe = artifact('Safe.sol/Safe.json');
  const singleton = await deploy('Safe.sol/Safe.json');
  const handler = await deploy('handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json');
  const address = await deploy('proxies/SafeProxy.sol/SafeProxy.json', singleton);
  const owners = [4, 5].map(keyAt).toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const wallet = new Contract(address, safe.abi, system.user);
  await system.send(wallet, 'setup', [owners.map((owner) => owner.address), 2, `0x${'00'.repeat(20)}`, '0x', handler, `0x${'00'.repeat(20)}`, 0, `0x${'00'.repeat(20)}`]);
  // The Safe takes the place of the first member, by an upgrade.
  const council = system.contract('SecurityCouncil');
  const present = (await council.getFunction('members').staticCall()) as { account: string; isExternal: boolean }[];
  const members = [[address, true] as const, ...present.slice(1).map(({ account, isExternal }) => [account, isExternal] as const)].toSorted((a, b) => (BigInt(a[0]) < BigInt(b[0]) ? -1 : 1));
  const upgrade = [COUNCIL, coder.encode(['tuple(tuple(address, bool)[], uint256)'], [[members, 6n]]), REPORT, ZeroHash];
  await schedule(upgrade);
  await system.pass((48n * 86_400n) / TIME_SCALE);
  await system.send(system.contract('UpgradeTimelock'), 'execute', [upgrade]);
  const digest = (await council.getFunction('pauseDigest').staticCall(1n, FAR)) as string;
  const domain = { chainId: 31_337, verifyingContract: address };
  const safeSignatures = await Promise.all(owners.map((owner) => new Wallet(owner.privateKey).signTypedData(domain, { SafeMessage: [{ name: 'message', type: 'bytes' }] }, { message: coder.encode(['bytes32'], [digest]) })));
  const others = approvals(digest, 8).filter(({ signer }) => members.some(([account]) => account === signer)).slice(0, 3);
  const signed = (signature: string): { signer: string; signature: string }[] => [...others, { signer: address, signature }].toSorted((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1));
  await assert.rejects(council.getFunction('pause').staticCall(1n, FAR, signed(safeSignatures[0] ?? '')), /SignatureInvalid|GS020/, 'one of two owners is not enough');
  await system.send(council, 'pause', [1n, FAR, signed(`0x${safeSignatures.map((part) => part.slice(2)).join('')}`)]);
  assert.equal(await system.contract('Clock').getFunction('isBlocked').staticCall(), true);
});

test('P-155 a vote costs no more than the design allows, and the governor schedules by itself', async () => {
  const voter = new NonceManager(new Wallet(keyAt(23).privateKey, system.provider));
  const governor = system.contract('KeyfallGovernor', voter);
  const timelock = system.contract('UpgradeTimelock');
  const upgrade = await coreUpgrade(id('voted'));
  const calldata = timelock.interface.encodeFunctionData('schedule', [upgrade]);
  const target = await timelock.getAddress();
  await system.pass((4n * 86_400n) / TIME_SCALE);
  await system.send(governor, 'propose', [[target], [0n], [calldata], 'voted']);
  const proposal = (await governor.getFunction('hashProposal').staticCall([target], [0n], [calldata], id('voted'))) as bigint;
  await system.pass((2n * 86_400n) / TIME_SCALE + 2n);
  await system.send(governor, 'castVote', [proposal, 1]);
  const second = system.contract('KeyfallGovernor', new NonceManager(new Wallet(keyAt(1).privateKey, system.provider)));
  const vote = await system.send(second, 'castVote', [proposal, 1]);
  assert.ok(vote.gasUsed <= 80_000n, `expected a vote to cost at most 80,000 gas, got ${vote.gasUsed}`);
  await system.pass((9n * 86_400n) / TIME_SCALE);
  await system.send(governor, 'execute', [[target], [0n], [calldata], id('voted')]);
  assert.equal(await timelock.getFunction('state').staticCall(await timelock.getFunction('idOf').staticCall(upgrade)), 1n, 'scheduled');
});
