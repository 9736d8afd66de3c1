// Where the official state tests lie: $EEST_FIXTURES (the file, or the folder holding it), else beside the checkout.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'eest-v5.4.0-osaka-public.ndjson.gz';
export const NO_FIXTURES =
  'deferred: state-test-fixtures: the official state tests are not on this machine; they are the public release v5.4.0 of ' +
  'github.com/ethereum/execution-spec-tests (fixtures_stable), reduced to NDJSON as test/node/execute/README.md says; set EEST_FIXTURES';

/** The fixture file, or undefined if this machine has none. A path that was set but is wrong is an error, not an absence. */
export function fixturePath(): string | undefined {
  const chosen = process.env['EEST_FIXTURES'];
  const root = new URL('../../../', import.meta.url).pathname;
  if (chosen === undefined || chosen === '') {
    const beside = join(root, '../shared/fixtures', NAME);
    return existsSync(beside) ? beside : undefined;
  }
  if (!existsSync(chosen)) throw new Error(`EEST_FIXTURES: expected a file or folder, found nothing at ${chosen}`);
  return statSync(chosen).isDirectory() ? join(chosen, NAME) : chosen;
}
