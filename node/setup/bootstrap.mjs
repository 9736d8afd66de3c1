// The one entry of every root npm script. It runs under the Node a newcomer already has (>= 20), uses nothing
// that has to be installed first, brings the checkout to a runnable state and hands over to the real command.
// It owns the order of the steps and the table of commands; each step lives in its own file beside this one.
// It does not know what a devnet or a test is: it only starts the file that does.
// Invariant: a step's stamp is written after the step is complete, so a run that dies half way is repeated, never believed.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildWorkspaces } from './builds.mjs';
import { installDependencies } from './dependencies.mjs';
import { runCommand } from './handover.mjs';
import { holdSetupLock } from './lock.mjs';
import { SetupError, announce, formatDuration } from './progress.mjs';
import { checkPlatform } from './platform.mjs';
import { repositoryRoot, stateDirectory } from './paths.mjs';
import { installToolchain, toolchainPath } from './toolchain.mjs';

/**
 * What each root script needs before it can start, and what it starts (under the pinned Node, from the root).
 * `builds` names workspaces whose build must be current; a workspace without a build script has nothing to build.
 */
const COMMANDS = {
  setup: { builds: ['contracts', 'prover', 'governance-ui'], argv: undefined },
  up: { builds: ['contracts', 'governance-ui'], argv: ['node/cli/main.ts', 'up'] },
  test: { builds: ['contracts', 'prover', 'governance-ui'], argv: ['test/runner/main.ts'] },
  'test:full': { builds: ['contracts', 'prover', 'governance-ui'], argv: ['test/runner/main.ts', '--full'] },
  'bench:node': { builds: ['contracts'], argv: ['node/bench/main.ts'] },
  'bench:watchtower': { builds: ['contracts'], argv: ['watchtower/bench/main.ts'] },
  'bench:prover': { builds: ['prover'], argv: ['prover/bench/main.ts'] },
  keyfall: { builds: ['contracts'], argv: ['node/cli/main.ts'] },
};

async function main() {
  const [name = '', ...rest] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new SetupError(`unknown command '${name}': expected one of ${Object.keys(COMMANDS).join(', ')}`, 2);
  }
  if (command.argv !== undefined && !existsSync(join(repositoryRoot, command.argv[0]))) {
    throw new SetupError(`'npm run ${name}' starts ${command.argv[0]}, which this checkout does not have`, 2);
  }
  const startedAt = Date.now();
  checkPlatform();
  mkdirSync(stateDirectory, { recursive: true });
  const releaseLock = await holdSetupLock();
  try {
    let worked = await installToolchain();
    worked = (await installDependencies()) || worked;
    worked = (await buildWorkspaces(command.builds)) || worked;
    if (worked || command.argv === undefined) announce(`ready after ${formatDuration(Date.now() - startedAt)}`);
  } finally {
    await releaseLock();
  }
  if (command.argv === undefined) return 0;
  return runCommand(toolchainPath(), [...command.argv, ...rest]);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\nkeyfall set-up: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
