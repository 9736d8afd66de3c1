// A user's Hardhat project, unmodified but for where the compiler is and where its output goes (a test's own folder).
// Owns: the network `keyfall`, an ordinary HTTP network with an ordinary key. The address and the key come from the test.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);
const needed = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`expected ${name} in the environment`);
  return value;
};
const output = needed('PROBE_OUTPUT');

export default defineConfig({
  plugins: [hardhatEthers],
  paths: { sources: join(import.meta.dirname, 'contracts'), artifacts: join(output, 'artifacts'), cache: join(output, 'cache') },
  solidity: { version: '0.8.37', path: require.resolve('solc/soljson.js'), settings: { evmVersion: 'osaka', optimizer: { enabled: true } } },
  networks: { keyfall: { type: 'http', url: needed('PROBE_URL'), accounts: [needed('PROBE_KEY')] } },
});
