/**
 * Compiles the scenario tokens with solc-js, so that they are ordinary contracts which the project's own build knows nothing of.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ContractFactory, Contract, type Signer } from 'ethers';
import { compileSolidity, type CompiledContract } from '../../solidity.ts';

const require = createRequire(import.meta.url);

let compiled: Readonly<Record<string, CompiledContract>> | undefined;

function tokens(): Readonly<Record<string, CompiledContract>> {
  const content = readFileSync(new URL('tokens/Tokens.sol', import.meta.url), 'utf8');
  compiled ??= compileSolidity({ sources: { 'Tokens.sol': { content } }, optimizerRuns: 200, load: (path) => readFileSync(require.resolve(path), 'utf8') })['Tokens.sol'];
  return compiled ?? {};
}

/** Deploys one of the scenario tokens by its Solidity name. */
export async function deployToken(signer: Signer, name: string): Promise<Contract> {
  const artifact = tokens()[name];
  if (artifact === undefined) throw new Error(`no scenario token is called ${name}`);
  const deployed = await new ContractFactory(artifact.abi, artifact.evm.bytecode.object, signer).deploy();
  await deployed.waitForDeployment();
  return new Contract(await deployed.getAddress(), artifact.abi, signer);
}
