/**
 * The scores of both corpora of upgrades: how many malicious ones the check that names them catches, how many benign ones no check accuses. Prints one
 * JSON object, for the benchmark. Owns counting; the corpora are corpus.ts, the same that the tests hold to.
 */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DeployedSystem } from '../contracts/deployed.ts';
import { readArtifacts } from '../../watchtower/upgrades/bytecode.ts';
import { corpus, violationsOf } from './corpus.ts';
import { Watched } from './watched.ts';

const ARTIFACTS = join(import.meta.dirname, '..', '..', 'contracts', 'artifacts');
const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';

const ends: (() => Promise<void>)[] = [];
const system = await DeployedSystem.start([], ['--slots-in-an-epoch', '1']);
try {
  const slot = await system.anvil.rpc('eth_getStorageAt', system.deployment.contracts['Rollup'], IMPLEMENTATION_SLOT, 'latest') as string;
  const { entries, published } = await corpus(system, `0x${slot.slice(26)}`);
  await system.anvil.rpc('anvil_mine', '0x5');
  const watched = new Watched({ after: (end: () => Promise<void>) => void ends.push(end) } as unknown as TestContext, { urls: [system.anvil.url], quorum: 1, deployment: system.deployment, artifacts: ARTIFACTS, isSimulating: false, monitors: [] });
  await watched.catchUp();
  const view = watched.engine.lastView;
  if (view === undefined) throw new Error('expected a finalized view');
  view.memory.set('artifacts', [...readArtifacts(ARTIFACTS), ...published]);
  const score = { malicious: 0, caught: 0, benign: 0, clean: 0 };
  for (const { caughtBy, upgrade } of entries) {
    const violations = await violationsOf(view, upgrade);
    if (caughtBy === undefined) {
      score.benign += 1;
      if (violations.length === 0) score.clean += 1;
    } else {
      score.malicious += 1;
      if (violations.includes(caughtBy)) score.caught += 1;
    }
  }
  process.stdout.write(`${JSON.stringify(score)}\n`);
} finally {
  for (const end of ends) await end();
  await system.stop();
}
