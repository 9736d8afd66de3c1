// Hardhat: compiler and Solidity tests. Offline: the compiler is the solc package's own WebAssembly build.
// What the compiler is told here is part of the contracts' addresses and of the L2 genesis: a change changes both.

import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import { defineConfig } from 'hardhat/config';
import type { HardhatPlugin } from 'hardhat/types/plugins';

/** `npm run test:full -w contracts`: longer walks and more draws of the same tests. */
const isLong = process.env['KEYFALL_LONG'] === '1';
const require = createRequire(import.meta.url);

export const compiler = (runs: number, viaIR = false) => ({
  version: '0.8.37',
  path: require.resolve('solc/soljson.js'),
  settings: {
    evmVersion: 'osaka',
    optimizer: { enabled: true, runs },
    viaIR,
    metadata: { bytecodeHash: 'none', appendCBOR: false },
    outputSelection: { '*': { '*': ['storageLayout'] } },
  },
} as const);

/** Hardhat leaves one core idle while it compiles, half of a machine with two; the sources are three compilations of unlike length. */
const everyCore: HardhatPlugin = {
  id: 'keyfall-every-core',
  hookHandlers: {
    solidity: () => Promise.resolve({
      default: () => Promise.resolve({
        build: (context, files, options, next) => next(context, files, { ...options, concurrency: availableParallelism() }),
      }),
    }),
  },
};

export default defineConfig({
  plugins: [hardhatEthers, everyCore],
  paths: { sources: './src', tests: { solidity: './test' } },
  // The Rollup is near the limit of a contract's size, so it is compiled for size. The Inbox is what every user pays for: the IR pipeline makes
  // its messages 1,700 gas cheaper, and takes so long to compile that nothing else is worth it.
  solidity: { compilers: [compiler(1_000)], overrides: { 'src/rollup/Rollup.sol': compiler(200), 'src/rollup/Inbox.sol': compiler(1_000, true) } },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka', chainId: 31_337 },
  },
  test: {
    solidity: {
      fuzz: { runs: isLong ? 4_096 : 256, seed: '0x6b657966616c6c' },
      invariant: isLong ? { runs: 100, depth: 150, failOnRevert: true } : { runs: 24, depth: 60, failOnRevert: true },
    },
  },
});
