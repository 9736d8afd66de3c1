// Entry: deploys Keyfall's L1 contracts and prints one JSON object that says what stands where. Composition only.
// Progress goes to stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 the L1 endpoint does not answer.

import { renameSync, writeFileSync } from 'node:fs';
import { Contract, JsonRpcProvider, isError } from 'ethers';
import { readArtifact } from '../scripts/artifacts.ts';
import { assertAgreement } from './agreement.ts';
import { Deployer } from './deployer.ts';
import { USAGE, UsageError, parseOptions } from './options.ts';
import { DEVNET_CHAIN_ID, deployAll } from './plan.ts';

const POLL_MILLISECONDS = 100;

/** First block in which the Rollup has code: nothing of the deployment that a follower reads is older. */
async function findDeployBlock(provider: JsonRpcProvider, rollup: string): Promise<number> {
  let low = 0;
  let high = await provider.getBlockNumber();
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await provider.getCode(rollup, middle)) === '0x') low = middle + 1;
    else high = middle;
  }
  return low;
}

async function deploy(args: readonly string[]): Promise<void> {
  const options = parseOptions(args, process.env);
  const provider = new JsonRpcProvider(options.l1, undefined, { staticNetwork: true, pollingInterval: POLL_MILLISECONDS, cacheTimeout: -1 });
  try {
    const l1ChainId = BigInt((await provider.send('eth_chainId', [])) as string);
    const deployer = new Deployer(provider, options.deployerKey, options.name);
    await deployer.prepare();
    const deployment = await deployAll(deployer, options, l1ChainId, (text) => console.error(text));
    const rollup = deployment.contracts['Rollup'] ?? '';
    const genesis = new Contract(deployment.contracts['Genesis'] ?? '', [...readArtifact('Genesis').abi], provider);
    await genesis.getFunction('check').staticCall();
    await assertAgreement(provider, deployment, options);
    const text = `${JSON.stringify({
      profile: l1ChainId === DEVNET_CHAIN_ID ? 'training-devnet' : 'mainnet',
      timeScale: Number(options.timeScale),
      l1ChainId: Number(l1ChainId),
      l2ChainId: Number(options.l2ChainId),
      deployBlock: await findDeployBlock(provider, rollup),
      ...deployment,
    }, null, 2)}\n`;
    if (options.out !== undefined) {
      writeFileSync(`${options.out}.partial`, text);
      renameSync(`${options.out}.partial`, options.out);
    }
    process.stdout.write(text);
  } finally {
    provider.destroy();
  }
}

try {
  await deploy(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else if (isError(error, 'NETWORK_ERROR') || (error instanceof TypeError && error.message === 'fetch failed') || (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) {
    console.error(`the L1 endpoint does not answer: ${error.message}`);
    process.exitCode = 3;
  } else {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
