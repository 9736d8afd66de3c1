// When an installed tree counts as the one that the lockfile names.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

// The set-up is plain JavaScript without declarations.
const { missingPackages } = createRequire(import.meta.url)('../../../node/setup/dependencies.mjs') as { missingPackages: (lock: unknown, record: unknown) => string[] };

const lock = { packages: {
  '': { version: '1' }, 'node_modules/a': { version: '1', integrity: 'x' }, 'node_modules/here': { version: '1', integrity: 'y', optional: true, os: [process.platform], cpu: [process.arch] },
  'node_modules/there': { version: '1', integrity: 'z', optional: true, os: ['none'] }, 'node_modules/there/node_modules/below': { version: '1', integrity: 'w', optional: true },
} };
const installed = { packages: { 'node_modules/a': lock.packages['node_modules/a'], 'node_modules/here': lock.packages['node_modules/here'] } };

test('a tree is current without what is for other machines, and without what only that needs', () => {
  assert.deepEqual(missingPackages(lock, installed), []);
});

test('a tree is not current when a package is absent, of another version or of other contents, or is this machine\'s binary', () => {
  for (const change of [{ 'node_modules/a': undefined }, { 'node_modules/a': { version: '2', integrity: 'x' } }, { 'node_modules/a': { version: '1', integrity: 'other' } }]) {
    assert.deepEqual(missingPackages(lock, { packages: { ...installed.packages, ...change } }), ['node_modules/a']);
  }
  assert.deepEqual(missingPackages(lock, { packages: { ...installed.packages, 'node_modules/here': undefined } }), ['node_modules/here']);
});
