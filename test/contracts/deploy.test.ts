// The deploy entry as a stranger runs it: twice, on a chain without the deployment proxy, with every kind of wrong input.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { Contract, JsonRpcProvider } from 'ethers';
import { parseOptions } from '../../contracts/deploy/options.ts';
import { startAnvil, type Anvil } from '../node/l1/harness/anvil.ts';
import { abiOf, keyAt, runDeploy, type Deployment } from './deployed.ts';

const PROXY = '0x4e59b44847b379578588920cA78FbF26c0B4956C';
let anvil: Anvil;
let provider: JsonRpcProvider;
let first: Deployment;

before(async () => {
  anvil = await startAnvil(['--accounts', '40']);
  await anvil.rpc('evm_setAutomine', true);
  // Anvil brings the deployment proxy along; most chains of a stranger do not.
  await anvil.rpc('anvil_setCode', PROXY, '0x');
  provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 });
  first = await runDeploy(anvil.url, ['--time-scale', '1440']);
});
after(async () => {
  provider.destroy();
  await anvil.stop();
});

test('P-071 everything stands where it was foretold, wired to each other', async () => {
  const genesis = new Contract(first.contracts['Genesis'] ?? '', abiOf('Genesis'), provider);
  assert.equal(await genesis.getFunction('check').staticCall(), true);
  for (const address of Object.values(first.contracts)) assert.notEqual(await provider.getCode(address), '0x');
  const head = JSON.parse(readFileSync(new URL('../../contracts/generated/genesis-head.json', import.meta.url), 'utf8')) as unknown;
  assert.deepEqual(first.genesis, head);
  const rollup = new Contract(first.contracts['Rollup'] ?? '', abiOf('Rollup'), provider);
  assert.equal(await rollup.getFunction('UPGRADE_AUTHORITY').staticCall(), first.contracts['UpgradeTimelock'], 'the timelock alone can upgrade');
  assert.equal(await rollup.getFunction('chainProfile').staticCall(), 'training-devnet');
  assert.equal(await provider.getCode(first.contracts['Rollup'] ?? '', first.deployBlock - 1), '0x', 'nothing is older than the deploy block');
});

test('P-071 a second run changes nothing and says the same, whatever the order of the attesters', async () => {
  const before = await provider.getBlockNumber();
  const attesters = [28, 27, 26, 25, 24].map((index) => keyAt(index).address.toLowerCase()).join(',');
  assert.deepEqual(await runDeploy(anvil.url, ['--time-scale', '1440', '--attesters', attesters]), first);
  assert.equal(await provider.getBlockNumber(), before);
});

test('P-071 a second run with other keys, attesters or figures than those that stand is refused, each named, and nothing is sent', async () => {
  const before = await provider.getBlockNumber();
  const [operator, ...others] = [10, 24, 25, 26, 27, 11].map((index) => keyAt(index).address);
  const differing = {
    '--time-scale': '720', '--operator': operator ?? '', '--cold-key': operator ?? '', '--attesters': others.join(','), '--upgrade-delay-days': '50', '--tokens': `${operator ?? ''}=1`, '--l2-chain-id': '7', '--deposit-cap-wei': '5',
  };
  await assert.rejects(runDeploy(anvil.url, Object.entries(differing).flat()), (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 1);
    assert.match(error.stderr, /name keyfall-1 exists and differs/);
    for (const [flag, value] of Object.entries({ ...differing, '--upgrade-delay-days': String((50n * 86_400n) / 720n), '--tokens': String(10n ** 18n) })) assert.ok(error.stderr.includes(`${flag} ${value.toLowerCase().split(',').toSorted().join(',')} was given, it stands with `), `${flag}: ${error.stderr}`);
    assert.ok(error.stderr.includes(`it stands with ${keyAt(21).address.toLowerCase()}`));
    return true;
  });
  assert.equal(await provider.getBlockNumber(), before);
});

test('P-071 a deployment that was cut off goes on to the same end', async () => {
  const full = await runDeploy(anvil.url, ['--name', 'whole']);
  await runDeploy(anvil.url, ['--name', 'cut']);
  const end = await provider.getBlockNumber();
  // The last contracts of it are taken back.
  await anvil.rpc('anvil_rollback', 5);
  assert.equal(await provider.getBlockNumber(), end - 5);
  const missing = await runDeploy(anvil.url, ['--name', 'cut']);
  const genesis = new Contract(missing.contracts['Genesis'] ?? '', abiOf('Genesis'), provider);
  assert.equal(await genesis.getFunction('check').staticCall(), true);
  assert.equal(await provider.getBlockNumber(), end, 'what was missing was sent again, and no more');
  assert.notDeepEqual(missing.contracts, full.contracts, 'another name has other addresses');
});

test('P-071 the check names what is wrong', async () => {
  const genesis = new Contract(first.contracts['Genesis'] ?? '', abiOf('Genesis'), provider);
  const code = await provider.getCode(first.contracts['Vault'] ?? '');
  await anvil.rpc('anvil_setCode', first.contracts['Vault'], '0x');
  await assert.rejects(genesis.getFunction('check').staticCall(), /CodeMissing/);
  const other = (await runDeploy(anvil.url, ['--name', 'other'])).contracts['Vault'] ?? '';
  await anvil.rpc('anvil_setCode', first.contracts['Vault'], await provider.getCode(other));
  await assert.rejects(genesis.getFunction('check').staticCall(), /MiswiredAddress/);
  await anvil.rpc('anvil_setCode', first.contracts['Vault'], code);
  assert.equal(await genesis.getFunction('check').staticCall(), true);
});

test('wrong input is named before anything is sent', async () => {
  const before = await provider.getBlockNumber();
  const rejects = (extra: readonly string[], pattern: RegExp, key?: string): Promise<void> => assert.rejects(runDeploy(anvil.url, extra, key), (error: { code: number; stderr: string }) => {
    assert.match(error.stderr, pattern);
    return true;
  });
  await rejects(['--operator', '0x12'], /--operator: expected an address/);
  await rejects(['--time-scale', '0'], /--time-scale: expected a positive integer/);
  await rejects(['--surprise'], /Unknown option/);
  await rejects(['--l1', 'nowhere'], /--l1: expected a URL/);
  await rejects([], /KEYFALL_DEPLOYER_KEY: expected a private key/, 'secret');
  await rejects(['--time-scale', '60'], /--time-scale 60 was given, it stands with 1440/);
  assert.equal(await provider.getBlockNumber(), before);
});

test('P-142 a delay or a sunset that the timelock would refuse is named before anything is sent', () => {
  const address = keyAt(1).address;
  const council = Array.from({ length: 8 }, (_, index) => `${keyAt(index + 30).address}${index < 3 ? ':external' : ''}`).join(',');
  const base = ['--l1', anvil.url, '--operator', address, '--cold-key', address, '--attesters', [1, 2, 3, 4, 5].map((index) => keyAt(index).address).join(','), '--council', council, '--tokens', `${address}=1`];
  const parsed = (...extra: readonly string[]): ReturnType<typeof parseOptions> => parseOptions([...base, ...extra], { KEYFALL_DEPLOYER_KEY: keyAt(20).privateKey });
  for (const days of ['45', '365']) assert.equal(parsed('--upgrade-delay-days', days).upgradeDelayDays, BigInt(days));
  // The last one is 2^40 seconds and a day: cut to the forty bits of an eta it would be a day.
  for (const days of ['0', '1', '44', '366', '12725830']) assert.throws(() => parsed('--upgrade-delay-days', days), /--upgrade-delay-days: expected (45 to 365 days|a positive integer)/, days);
  assert.equal(parsed('--sunset-days', '730').sunsetDays, 730n);
  assert.throws(() => parsed('--sunset-days', '731'), /--sunset-days: expected 1 to 730 days, got 731/);
});
