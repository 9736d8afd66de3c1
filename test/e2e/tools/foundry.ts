// forge and cast as a user runs them: the binaries of their npm packages, a project folder, an RPC address and a key.
//
// Owns: finding and running them. Does not own: what is asked of them (tools.test.ts).
// Invariant: nothing is downloaded, and a run that fails shows all it printed.

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { writeCompilerShim } from './compilerShim.ts';

const require = createRequire(import.meta.url);

function binary(name: 'cast' | 'forge'): string {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  return join(dirname(require.resolve(`@foundry-rs/${name}-${platform}/package.json`)), 'bin', name);
}

export interface ToolRun { code: number; output: string }

function run(file: string, args: readonly string[], directory: string): Promise<ToolRun> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: directory, timeout: 120_000, env: { ...process.env, NO_COLOR: '1', FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, output: stdout + stderr });
    });
  });
}

export class FoundryProject {
  readonly directory: string;
  readonly #url: string;

  /** A project in `directory` with the probe contract, the token beside it, and one script that uses the probe. */
  constructor(directory: string, url: string, probeSource: string) {
    this.directory = directory;
    this.#url = url;
    mkdirSync(join(directory, 'src'), { recursive: true });
    mkdirSync(join(directory, 'script'), { recursive: true });
    copyFileSync(probeSource, join(directory, 'src', 'Probe.sol'));
    copyFileSync(join(dirname(probeSource), 'Token.sol'), join(directory, 'src', 'Token.sol'));
    const openZeppelin = dirname(require.resolve('@openzeppelin/contracts/package.json'));
    copyFileSync(join(import.meta.dirname, 'foundry', 'Use.s.sol'), join(directory, 'script', 'Use.s.sol'));
    writeFileSync(join(directory, 'foundry.toml'), `[profile.default]\nsrc = "src"\nout = "out"\noffline = true\nevm_version = "osaka"\nremappings = ["@openzeppelin/contracts/=${openZeppelin}/"]\nallow_paths = [${JSON.stringify(openZeppelin)}]\nsolc = ${JSON.stringify(writeCompilerShim(directory))}\n`);
  }

  cast(command: string, ...args: readonly string[]): Promise<ToolRun> {
    return run(binary('cast'), [command, '--rpc-url', this.#url, ...args], this.directory);
  }

  forge(command: string, ...args: readonly string[]): Promise<ToolRun> {
    return run(binary('forge'), [command, '--rpc-url', this.#url, ...args], this.directory);
  }
}
