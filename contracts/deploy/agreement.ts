// Whether what stands is what was asked for. A deployment that exists is left alone, so a second run with another operator or other
// attesters would otherwise answer as if they had been taken.
// Owns the comparison of the flags with the chain. Does not own: the wiring, which `Genesis.check` compares on chain.
// Invariant: every flag that ends up in a contract is compared, except the council's (governance changes it) and the sunset (a moment); a key
// that was rotated since must be given as it is now. Of the tokens only their sum is compared.

import { Contract, type Provider } from 'ethers';
import { readArtifact, type ContractName } from '../scripts/artifacts.ts';
import { DeployFault } from './deployer.ts';
import type { DeployOptions } from './options.ts';
import type { Deployment } from './plan.ts';

const DAY_SECONDS = 86_400n;
const CORE_KIND = 0;

/** @throws DeployFault naming each flag that the deployment disagrees with, what was given and what stands */
export async function assertAgreement(provider: Provider, { contracts }: Deployment, options: DeployOptions): Promise<void> {
  const view = async (name: ContractName, method: string, ...args: readonly unknown[]): Promise<string> => {
    const contract = new Contract(contracts[name] ?? '', [...readArtifact(name).abi], provider);
    return written(await contract.getFunction(method).staticCall(...args));
  };
  const compared: [flag: string, given: string | undefined, standing: Promise<string>][] = [
    ['--time-scale', written(options.timeScale), view('Clock', 'TIME_SCALE')],
    ['--operator', written(options.operator), view('Rollup', 'operator')],
    ['--cold-key', written(options.coldKey), view('Rollup', 'coldKey')],
    ['--attesters', written(options.attesters), view('AttesterLane', 'attesters')],
    ['--upgrade-delay-days', written((options.upgradeDelayDays * DAY_SECONDS) / options.timeScale), view('UpgradeTimelock', 'delayOf', CORE_KIND)],
    ['--corpus-statement', options.corpusStatement === undefined ? undefined : written(options.corpusStatement), view('UpgradeTimelock', 'CORPUS_STATEMENT')],
    ['--tokens', written(options.tokens.reduce((sum, { amountWei }) => sum + amountWei, 0n)), view('KeyfallToken', 'totalSupply')],
    ['--l2-chain-id', written(options.l2ChainId), view('Rollup', 'l2ChainId')],
    ['--deposit-cap-wei', options.depositCapWei === undefined ? undefined : written(options.depositCapWei), view('Inbox', 'DEPOSIT_CAP_WEI')],
  ];
  const differences: string[] = [];
  for (const [flag, given, standing] of compared) {
    const found = await standing;
    if (given !== undefined && given !== found) differences.push(`${flag} ${given} was given, it stands with ${found}`);
  }
  if (differences.length === 0) return;
  throw new DeployFault(`a deployment of the name ${options.name} exists and differs: ${differences.join('; ')}. Give what stands, or another --name`);
}

/** A value as it is compared and shown: addresses in one case, a set of them in one order. */
function written(value: unknown): string {
  return Array.isArray(value) ? value.map(written).toSorted().join(',') : String(value).toLowerCase();
}
