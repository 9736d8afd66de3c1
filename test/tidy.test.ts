// The rules of the house, checked on every file: length, opening comments, words, layers, dead exports, properties,
// generated files, machine traces, the lockfile, the shape of the top level, and the lists of exceptions that may only shrink.
// It owns no rule itself: each lives in test/tidy/ beside its reason. Tests that a rule finds what it forbids are in
// test/tidy/rules.test.ts, so that none of these can pass by looking at nothing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { isGenerated, isSource, listFiles, read, root } from './tidy/files.ts';
import type { SourceFile } from './tidy/files.ts';
import { committedVersions, growth } from './tidy/history.ts';
import type { ListedName } from './tidy/history.ts';
import { layerViolations } from './tidy/layers.ts';
import { citedProperties, declaredProperties } from './tidy/properties.ts';
import { threatProblems } from './tidy/threats.ts';
import { forbiddenWords, longFiles, machineTraces, missingHead } from './tidy/rules.ts';
import { DEFERRED_LIST_PATH, parseDeferredList } from './runner/deferred.ts';

const paths = listFiles();
const sources = paths.filter(isSource).map(read);
const LONG_LIST_PATH = 'test/tidy/long-files.json';

const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

function assertNone(problems: readonly string[]): void {
  assert.ok(problems.length === 0, `${problems.length} found:\n${problems.join('\n')}`);
}

interface LongFile {
  readonly path: string;
  readonly lines: number;
  readonly since: string;
}

function longFileList(text: string): LongFile[] {
  return JSON.parse(text) as LongFile[];
}

test('there are sources to look at', () => {
  assert.ok(sources.length > 50, `expected more than 50 source files, found ${sources.length}`);
});

test('no source file is longer than the limit unless the committed list allows it', () => {
  const list = longFileList(readFileSync(join(root, LONG_LIST_PATH), 'utf8'));
  assertNone(longFiles(sources, Object.fromEntries(list.map(({ path, lines }) => [path, lines]))));
});

test('every source file opens by saying what it owns', () => {
  assertNone(sources.flatMap(missingHead));
});

test('no forbidden word or construction is in any source file', () => {
  assertNone(sources.flatMap(forbiddenWords));
});

test('no file is called utils, helpers, common or misc', () => {
  assertNone(paths.filter((path) => /(^|\/)(utils?|helpers?|misc|common)\.[a-z]+$/i.test(path)));
});

test('imports point one way through the layers', () => {
  const code = sources.filter(({ path }) => /\.(tsx?|mjs)$/.test(path));
  assertNone(code.flatMap(layerViolations));
});

test('no tracked file names a path of one machine or the host of a registry', () => {
  const isText = (path: string): boolean => /\.(tsx?|mjs|js|json|css|md|sol|sh|yml|wgsl|c|h|circom)$/.test(path) || !/\.[a-z0-9]+$/.test(path);
  const texts: SourceFile[] = paths.filter((path) => isText(path) && !path.endsWith('.ndjson')).map(read);
  assertNone(texts.flatMap(machineTraces));
});

test('the top level holds what the project fixed and nothing else', () => {
  const allowed = new Set([
    'package.json', 'package-lock.json', 'tsconfig.json', 'contracts', 'node', 'prover', 'governance-ui', 'watchtower', 'test',
    'README.md', 'LICENSE', '.gitignore', '.npmrc', '.ci', '.oxlintrc.json', 'knip.json',
  ]);
  const found = new Set(paths.map((path) => path.split('/')[0] ?? path));
  assertNone([...found].filter((name) => !allowed.has(name)).map((name) => `${name}: not part of the fixed top level`));
});

test('the lockfile names packages by version and integrity, never by where one machine found them', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { resolved?: string; link?: boolean; version?: string; integrity?: string; inBundle?: boolean }> };
  const entries = Object.entries(lock.packages).filter(([path]) => path.includes('node_modules/'));
  assert.ok(entries.length > 100, `expected more than 100 locked packages, found ${entries.length}`);
  assertNone(entries.flatMap(([path, entry]) => {
    if (entry.link === true) return existsSync(join(root, entry.resolved ?? '')) ? [] : [`${path}: links to nothing`];
    if (entry.resolved !== undefined) return [`${path}: has a resolved address`];
    if (entry.version === undefined || (entry.integrity === undefined && entry.inBundle !== true)) return [`${path}: expected a version and an integrity`];
    return [];
  }));
});

test('nothing is exported that nobody imports', { timeout: 120_000 }, () => {
  const outcome = runTool('knip', ['--include', 'exports,files', '--no-progress', '--reporter', 'compact']);
  assert.equal(outcome.status, 0, outcome.output);
});

test('what the contracts generate (ABIs, constants, genesis, layouts) is what the sources give', { timeout: 300_000 }, () => {
  const outcome = runTool('npm', ['run', '--silent', 'check', '-w', 'contracts']);
  assert.equal(outcome.status, 0, outcome.output);
});

test('every numbered property is cited by a test, and every citation names a property', (t: TestContext) => {
  if (!existsSync(join(root, 'contracts/PROPERTIES.md'))) {
    assert.ok(!paths.some((path) => path.startsWith('contracts/') && path.endsWith('.sol')), 'there are contracts but no contracts/PROPERTIES.md');
    t.diagnostic('no contracts yet');
    return;
  }
  const declared = declaredProperties(read('contracts/PROPERTIES.md').text);
  assert.ok(declared.length > 0, 'expected P-xxx entries in contracts/PROPERTIES.md, found none');
  const tests = paths.filter((path) => isTestFile(path) && !path.startsWith('test/tidy')).map(read);
  const cited = new Set(tests.flatMap(({ text }) => citedProperties(text)));
  assertNone([
    ...declared.filter((id) => !cited.has(id)).map((id) => `${id}: declared in contracts/PROPERTIES.md, cited by no test`),
    ...[...cited].filter((id) => !declared.includes(id)).map((id) => `${id}: cited by a test, declared nowhere`),
  ]);
});

test('every threat has a row, and every test that a row cites exists', () => {
  assertNone(threatProblems(read('contracts/THREATS.md').text, (path) => (paths.includes(path) ? read(path).text : undefined)));
});

function isTestFile(path: string): boolean {
  return !isGenerated(path) && (path.startsWith('test/') || path.startsWith('contracts/test/') || path.endsWith('.t.sol'));
}

test('the list of deferred tests only shrinks', (t: TestContext) => {
  checkShrinking(t, DEFERRED_LIST_PATH, (text) => parseDeferredList(text).map(({ id, since }) => ({ name: id, since })));
});

test('the list of long files only shrinks', (t: TestContext) => {
  checkShrinking(t, LONG_LIST_PATH, (text) => longFileList(text).map(({ path, since }) => ({ name: path, since })));
});

function checkShrinking(t: TestContext, path: string, parse: (text: string) => ListedName[]): void {
  const versions = committedVersions(path);
  if (versions === undefined) {
    t.skip('deferred: no-git-history: this copy has no git history, so whether the list shrank is unknown');
    return;
  }
  assertNone(growth(parse(readFileSync(join(root, path), 'utf8')), versions.map(parse), version));
}

/** Runs a tool found on PATH, on which the set-up has put node_modules/.bin. */
function runTool(name: string, args: readonly string[]): { status: number; output: string } {
  try {
    const output = execFileSync(name, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return { status: 0, output };
  } catch (error) {
    if (!(error instanceof Error) || !('status' in error)) throw error;
    const { status, stdout, stderr } = error as Error & { status: number | null; stdout: string; stderr: string };
    return { status: status ?? -1, output: `${stdout}${stderr}` };
  }
}
