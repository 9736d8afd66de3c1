// The table of stages: name, what it checks, how it runs, and which of them run side by side. Order is cheapest first, so that a slip shows early.
// Owns which files belong to which stage. Running node:test files is in node-tests.ts, running a tool in commands.ts.
// Invariant: every *.test.ts under test/ belongs to exactly one stage.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Selection, StageName } from './arguments.ts';
import { repositoryRoot } from './root.ts';
import { runHardhatTests, runTool } from './commands.ts';
import { runTestFiles } from './node-tests.ts';
import { joinOutcomes } from './results.ts';
import type { StageOutcome } from './results.ts';

interface Stage {
  readonly name: StageName;
  readonly about: string;
  readonly run: (selection: Selection) => Promise<StageOutcome>;
}

/** Stages in order, one after the other. */
type Chain = readonly StageName[];

const TIDY_FILE = 'test/tidy.test.ts';
const MINUTE = 60_000;

/** Every test file, relative to the root, in a stable order. */
export function allTestFiles(): string[] {
  return globSync('test/**/*.test.ts', { cwd: repositoryRoot, exclude: (path) => path.includes('node_modules') }).toSorted();
}

function selectFiles(selection: Selection, belongs: (path: string) => boolean): string[] {
  const { filePatterns, isFull } = selection;
  return allTestFiles()
    .filter((path) => path !== TIDY_FILE && belongs(path))
    .filter((path) => isFull || !path.endsWith('.full.test.ts'))
    .filter((path) => filePatterns.length === 0 || filePatterns.some((part) => path.includes(part)));
}

/** The two that take longest start first, so that neither is left to run alone at the end. */
const LONGEST_END_TO_END = ['test/e2e/tools.test.ts', 'test/e2e/smoke.test.ts'];

function longestFirst(files: readonly string[]): string[] {
  const rank = (path: string): number => LONGEST_END_TO_END.indexOf(path);
  return files.toSorted((left, right) => rank(right) - rank(left));
}

const isEndToEnd = (path: string): boolean => path.startsWith('test/e2e/');

function contractsScripts(): Record<string, string> {
  const path = join(repositoryRoot, 'contracts', 'package.json');
  if (!existsSync(path)) return {};
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { scripts?: Record<string, string> };
  return manifest.scripts ?? {};
}

export const STAGES: readonly Stage[] = [
  {
    name: 'lint',
    about: 'oxlint with type information, solhint; warnings refused',
    run: async () => joinOutcomes([
      await runTool('lint', 'oxlint', ['--type-aware', '--deny-warnings']),
      ...(contractsScripts()['lint'] === undefined ? [] : [await runTool('lint', 'npm', ['run', '--silent', 'lint', '-w', 'contracts'])]),
    ]),
  },
  { name: 'types', about: 'tsc over every folder', run: async () => joinOutcomes([await runTool('types', 'tsc', ['-p', 'tsconfig.json']), await runTool('types', 'tsc', ['-p', 'governance-ui/tsconfig.json'])]) },
  {
    name: 'tidy',
    about: 'the rules of the house',
    run: async () => runTestFiles([TIDY_FILE], { stage: 'tidy', concurrency: 1, fileTimeoutMilliseconds: 5 * MINUTE, isYielding: true }),
  },
  {
    name: 'contracts',
    about: 'Solidity tests: examples, fuzz, invariants',
    run: async ({ isFull }) => {
      const scripts = contractsScripts();
      return runHardhatTests(isFull && scripts['test:full'] !== undefined ? 'test:full' : 'test');
    },
  },
  {
    name: 'unit',
    about: 'every folder on its own',
    run: async (selection) =>
      runTestFiles(selectFiles(selection, (path) => !isEndToEnd(path)), {
        stage: 'unit',
        concurrency: 2,
        fileTimeoutMilliseconds: (selection.isFull ? 60 : 6) * MINUTE,
        isYielding: true,
      }),
  },
  {
    name: 'e2e',
    about: 'real processes, two files at a time: each spends most of its time waiting for blocks',
    run: async (selection) =>
      runTestFiles(longestFirst(selectFiles(selection, isEndToEnd)), {
        stage: 'e2e',
        concurrency: 2,
        fileTimeoutMilliseconds: (selection.isFull ? 90 : 8) * MINUTE,
      }),
  },
];

/**
 * The rounds of a run: rounds follow one another, the chains of a round run side by side.
 * The Solidity compiler uses one core and end-to-end tests mostly wait for blocks, so side by side no core is idle; all but the end-to-end
 * tests give way (lower priority), because those have deadlines.
 * Long suites are proofs and measurements of minutes each: there every stage has the machine to itself.
 */
export function roundsOf({ isFull, stages }: Selection): readonly (readonly Chain[])[] {
  const rounds: readonly (readonly Chain[])[] = isFull
    ? STAGES.map(({ name }) => [[name]])
    : [[['e2e'], ['contracts'], ['lint', 'types', 'tidy', 'unit']]];
  return rounds
    .map((chains) => chains.map((chain) => chain.filter((name) => stages.includes(name))).filter((chain) => chain.length > 0))
    .filter((chains) => chains.length > 0);
}
