// Hardhat for `npm test`: the Solidity tests with an optimizer that leaves out its three slowest steps, which make their compilation 2.4 times as
// long and change gas alone. Code as it is deployed is built by hardhat.config.ts; the tests in TypeScript run that, and `test:full` runs these
// tests too on it. Nothing compiled here is deployed anywhere.

import base, { compiler } from './hardhat.config.ts';
import { defineConfig } from 'hardhat/config';

const { settings, ...solc } = compiler(1_000);
/** What is left out: common subexpressions 61 s of 170, constants 19 s, Yul 36 s (solc 0.8.37 in WebAssembly, one core). */
const optimizer = {
  enabled: true,
  runs: 1_000,
  details: { inliner: true, peephole: true, jumpdestRemover: true, deduplicate: true, orderLiterals: true, cse: false, constantOptimizer: false, yul: false },
};

export default defineConfig({
  ...base,
  paths: { ...base.paths, artifacts: './cache/quick/artifacts', cache: './cache/quick/cache' },
  solidity: { ...solc, settings: { ...settings, optimizer } },
});
