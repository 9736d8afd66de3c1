// P-072 The shared protocol vectors, run by the contracts' own libraries on a chain; node/protocol runs the same files.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { Contract, ContractFactory, JsonRpcProvider, type InterfaceAbi } from 'ethers';
import { startAnvil, type Anvil } from '../node/l1/harness/anvil.ts';

const require = createRequire(import.meta.url);
const CONTRACTS = new URL('../../contracts/', import.meta.url).pathname;
let anvil: Anvil;
let provider: JsonRpcProvider;
let vectors: Contract;

type Row = Readonly<Record<string, string>>;
const read = (name: string): Row[] => JSON.parse(readFileSync(new URL(`../vectors/protocol/${name}.json`, import.meta.url), 'utf8')) as Row[];

/** Compiles test/support/Vectors.sol with the sources it imports. */
function compileVectors(): { abi: InterfaceAbi; bytecode: string } {
  const solc = require('solc') as { compile(input: string, callbacks: { import(path: string): { contents: string } }): string };
  const entry = 'test/support/Vectors.sol';
  const input = {
    language: 'Solidity',
    sources: { [entry]: { content: readFileSync(join(CONTRACTS, entry), 'utf8') } },
    settings: { evmVersion: 'osaka', optimizer: { enabled: true, runs: 1_000 }, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: readFileSync(join(CONTRACTS, path), 'utf8') }) })) as {
    contracts: Record<string, Record<string, { abi: InterfaceAbi; evm: { bytecode: { object: string } } }>>;
  };
  const compiled = output.contracts[entry]?.['Vectors'];
  assert.ok(compiled !== undefined, `${dirname(entry)} compiles`);
  return { abi: compiled.abi, bytecode: compiled.evm.bytecode.object };
}

before(async () => {
  anvil = await startAnvil();
  await anvil.rpc('evm_setAutomine', true);
  provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, pollingInterval: 20 });
  const { abi, bytecode } = compileVectors();
  const deployed = await new ContractFactory(abi, bytecode, await provider.getSigner(0)).deploy();
  await deployed.waitForDeployment();
  vectors = new Contract(await deployed.getAddress(), abi, provider);
});
after(async () => {
  provider.destroy();
  await anvil.stop();
});

test('P-072 statements: inputs, outputs, binding and the whole', async () => {
  const rows = read('statements');
  assert.ok(rows.length >= 10);
  for (const row of rows) {
    const inputs = { ...row, version: 1 };
    const [a, b, c, d] = (await vectors.getFunction('statement').staticCall(inputs, row, row)) as string[];
    assert.deepEqual([a, b, c, d], [row['inputs'], row['outputs'], row['binding'], row['statement']]);
  }
});

test('P-072 withdrawals and asset keys', async () => {
  const rows = read('withdrawals');
  assert.ok(rows.length >= 10);
  for (const row of rows) {
    const [hash, key] = (await vectors.getFunction('withdrawal').staticCall(row)) as string[];
    assert.deepEqual([hash, key], [row['hash'], row['assetKey']]);
  }
});
