/**
 * Compiles the scenario tokens with solc-js, so that they are ordinary contracts which the project's own build knows nothing of.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ContractFactory, Contract, type InterfaceAbi, type Signer } from 'ethers';

const require = createRequire(import.meta.url);

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<Record<string, Readonly<Record<string, { readonly abi: InterfaceAbi; readonly evm: { readonly bytecode: { readonly object: string } } }>>>>;
}

interface Solc {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
}

let compiled: CompilerOutput['contracts'][string] | undefined;

function tokens(): CompilerOutput['contracts'][string] {
  if (compiled !== undefined) return compiled;
  const solc = require('solc') as Solc;
  const content = readFileSync(new URL('tokens/Tokens.sol', import.meta.url), 'utf8');
  const settings = { evmVersion: 'osaka', optimizer: { enabled: true, runs: 200 }, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } };
  const input = JSON.stringify({ language: 'Solidity', sources: { 'Tokens.sol': { content } }, settings });
  const output = JSON.parse(solc.compile(input, { import: (path) => ({ contents: readFileSync(require.resolve(path), 'utf8') }) })) as CompilerOutput;
  const failures = output.errors?.filter((error) => error.severity === 'error') ?? [];
  if (failures.length > 0) throw new Error(`the scenario tokens do not compile: ${failures.map((failure) => failure.formattedMessage).join('\n')}`);
  compiled = output.contracts['Tokens.sol'];
  return compiled!;
}

/** Deploys one of the scenario tokens by its Solidity name. */
export async function deployToken(signer: Signer, name: string): Promise<Contract> {
  const artifact = tokens()[name];
  if (artifact === undefined) throw new Error(`no scenario token is called ${name}`);
  const deployed = await new ContractFactory(artifact.abi, artifact.evm.bytecode.object, signer).deploy();
  await deployed.waitForDeployment();
  return new Contract(await deployed.getAddress(), artifact.abi, signer);
}
