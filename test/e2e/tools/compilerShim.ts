// A `solc` executable for forge: solc-js behind the two arguments forge uses, so that nothing is downloaded.
//
// Owns: writing the executable into a folder. Does not own: compiling (the solc package).
// Invariant: the compiler is the version the lockfile pins; forge runs offline with it.

import { chmodSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** Writes the executable and returns its path. */
export function writeCompilerShim(directory: string): string {
  const path = join(directory, 'solc');
  writeFileSync(path, `#!${process.execPath}
const solc = require(${JSON.stringify(require.resolve('solc'))});
if (process.argv.includes('--version')) console.log('solc, the solidity compiler commandline interface\\nVersion: ' + solc.version());
else process.stdout.write(solc.compile(require('fs').readFileSync(0, 'utf8')));
`);
  chmodSync(path, 0o755);
  return path;
}
