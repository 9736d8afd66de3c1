// The configuration file: what is wrong is named with its place; what is unknown is refused.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checked } from '../../watchtower/checkConfig.ts';
import { acknowledgersOf, parseConfig, urlOf } from '../../watchtower/config.ts';
import { enabled, MONITORS } from '../../watchtower/registry.ts';
import { ConfigMistake } from '../../watchtower/fault.ts';

const RIGHT = {
  l1: { chainId: 31_337, quorum: 1, endpoints: [{ url: 'http://127.0.0.1:8545', operator: 'own' }] },
  deployment: { deployBlock: 0, contracts: { Rollup: `0x${'11'.repeat(20)}` } }, data: './watchtower',
};

const refused = (change: (config: Record<string, never>) => void, pattern: RegExp): void => {
  const config = structuredClone(RIGHT) as unknown as Record<string, never>;
  change(config);
  assert.throws(() => parseConfig(JSON.stringify(config), 'file.yaml'), (error) => error instanceof ConfigMistake && pattern.test(error.message), String(pattern));
};

describe('the configuration', () => {
  it('is read from YAML and JSON alike, with defaults', () => {
    const yaml = 'l1:\n  chainId: 31337\n  quorum: 1\n  endpoints: [{ url: "http://127.0.0.1:8545", operator: own }]\ndeployment:\n  deployBlock: 0\n  contracts: { Rollup: "0x1111111111111111111111111111111111111111" }\ndata: ./watchtower\n';
    const [a, b] = [parseConfig(yaml, 'a'), parseConfig(JSON.stringify(RIGHT), 'b')];
    assert.deepEqual(a, b);
    assert.equal(a.api.host, '127.0.0.1');
    assert.match(a.hash, /^0x[0-9a-f]{64}$/);
  });

  it('refuses unknown keys at every depth, so that a typing mistake silences nothing', () => {
    refused((config) => { Object.assign(config, { chanels: [] }); }, /chanels/);
    refused((config) => { Object.assign(config['l1']!, { quorumm: 2 }); }, /l1.*quorumm/);
    refused((config) => { Object.assign(config, { channels: [{ kind: 'webhook', name: 'x', url: 'http://a/', secretFrom: 'S', minimun: 'info' }] }); }, /channels\.0.*minimun/);
  });

  it('says what is missing, and refuses a pin of a contract that is not watched', () => {
    refused((config) => { Reflect.deleteProperty(config, 'data'); }, /^file\.yaml: data: is missing: expected string$/);
    refused((config) => { Object.assign(config['deployment']!, { codeHashes: { Vualt: `0x${'11'.repeat(32)}` } }); }, /codeHashes: .* got Vualt/);
  });

  it('is checked with all that it points to, and what it leaves open is named', async () => {
    const parsed = (more: object): ReturnType<typeof parseConfig> => parseConfig(JSON.stringify({ ...RIGHT, ...more }), 'a');
    const { notes, operators } = await checked(parsed({ checks: { 'A2-agreement': { isEnabled: false } } }));
    assert.deepEqual(operators, ['own']);
    for (const expected of [/quorum is 1/, /channels: none/, /deadMan: none/, /codeHashes: none/, /switched off: A2-agreement/, /for want of a contract: .*E30-forced-queue \(.*Inbox/]) assert.ok(notes.some((note) => expected.test(note)), `${expected} in ${notes.join('\n')}`);
    for (const more of [{ channels: [{ kind: 'discord', name: 'x', urlFrom: 'KEYFALL_TEST_NONE' }] }, { acknowledgers: [{ name: 'x', tokenFrom: 'KEYFALL_TEST_NONE' }] }, { deadMan: { urlFrom: 'KEYFALL_TEST_NONE' } }, { checks: { X: {} } }]) await assert.rejects(checked(parsed(more)), ConfigMistake, JSON.stringify(more));
  });

  it('refuses a quorum above the number of operators, counted by operator', () => {
    refused((config) => { Object.assign(config['l1']!, { quorum: 2, endpoints: [{ url: 'http://a/', operator: 'one' }, { url: 'http://b/', operator: 'one' }] }); }, /l1\.quorum: expected at most the number of operators, 1, got 2/);
  });

  it('refuses what is no address, no URL, no variable name, and channels of one name', () => {
    refused((config) => { Object.assign(config['deployment']!, { contracts: { Rollup: '0x12' } }); }, /contracts\.Rollup: expected an address/);
    refused((config) => { Object.assign(config['l1']!, { endpoints: [{ url: 'ftp://x', operator: 'own' }] }); }, /endpoints\.0\.url: expected an http/);
    refused((config) => { Object.assign(config, { channels: [{ kind: 'discord', name: 'x', urlFrom: 'https://secret' }] }); }, /urlFrom: expected the name of an environment variable/);
    refused((config) => { Object.assign(config, { channels: ['x', 'x'].map((name) => ({ kind: 'discord', name, urlFrom: 'D' })) }); }, /names that differ/);
  });

  it('refuses two people of one token, under one variable or two: the log must tell who it was', () => {
    const people = (...variables: string[]): Record<string, unknown> => ({ acknowledgers: variables.map((tokenFrom, index) => ({ name: `p${index}`, tokenFrom })) });
    refused((config) => { Object.assign(config, people('A', 'A')); }, /acknowledgers: expected a variable of its own/);
    const config = parseConfig(JSON.stringify({ ...RIGHT, ...people('KEYFALL_TEST_A', 'KEYFALL_TEST_B') }), 'a');
    [process.env['KEYFALL_TEST_A'], process.env['KEYFALL_TEST_B']] = ['one', 'one'];
    assert.throws(() => acknowledgersOf(config), (error) => error instanceof ConfigMistake && /p0 and p1 have the same/.test(error.message) && !error.message.includes('one:'));
    process.env['KEYFALL_TEST_B'] = 'two';
    assert.deepEqual(acknowledgersOf(config), [{ name: 'p0', token: 'one' }, { name: 'p1', token: 'two' }]);
    for (const name of ['KEYFALL_TEST_A', 'KEYFALL_TEST_B']) delete process.env[name];
  });

  it('takes a secret URL from the environment, refuses one with a password in it, or none or two places', () => {
    const withPlace = (place: Record<string, unknown>) => (config: Record<string, never>): void => { Object.assign(config['l1']!, { endpoints: [{ operator: 'own', ...place }] }); };
    refused(withPlace({ url: 'https://user:pass@rpc.example/' }), /without a user name or password/);
    refused(withPlace({ url: 'https://rpc.example/', urlFrom: 'RPC' }), /one of url and urlFrom/);
    refused(withPlace({}), /one of url and urlFrom/);
    refused(withPlace({ urlFrom: 'RPC', operator: 'a\nb' }), /letters, digits/);
    const config = parseConfig(JSON.stringify({ ...RIGHT, l1: { ...RIGHT.l1, endpoints: [{ urlFrom: 'KEYFALL_TEST_RPC', operator: 'own' }] } }), 'a');
    process.env['KEYFALL_TEST_RPC'] = 'https://rpc.example/key';
    assert.equal(urlOf(config.l1.endpoints[0] ?? {}), 'https://rpc.example/key');
    assert.equal(JSON.stringify(config).includes('rpc.example/key'), false);
    process.env['KEYFALL_TEST_RPC'] = 'file:///etc/passwd';
    assert.throws(() => urlOf(config.l1.endpoints[0] ?? {}), (error) => error instanceof ConfigMistake && !error.message.includes('passwd'));
    delete process.env['KEYFALL_TEST_RPC'];
  });

  it('changes and switches off single checks, and refuses an id that is none', () => {
    const config = parseConfig(JSON.stringify({ ...RIGHT, checks: { 'E29-liveness': { severity: 'critical', staleAfterSeconds: 5 }, 'A2-agreement': { isEnabled: false } } }), 'a');
    const liveness = enabled(MONITORS, config).find(({ id }) => id === 'E29-liveness');
    assert.deepEqual([liveness?.severity, liveness?.staleAfterSeconds], ['critical', 5]);
    assert.equal(enabled(MONITORS, config).some(({ id }) => id === 'A2-agreement'), false);
    assert.throws(() => enabled(MONITORS, parseConfig(JSON.stringify({ ...RIGHT, checks: { 'E29-livenes': {} } }), 'a')), ConfigMistake);
  });

  it('refuses text that is neither YAML nor JSON', () => {
    assert.throws(() => parseConfig('{ a: [', 'file.yaml'), ConfigMistake);
    assert.throws(() => parseConfig('7', 'file.yaml'), ConfigMistake);
  });
});
