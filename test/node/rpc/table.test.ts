// The table of methods against its documentation and against the shape every entry must have.
// Owns: that README.md, registry and files name the same methods. Does not own: what methods answer.
// Invariant: a method that is dispatched is documented, with the parameters it really takes.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { METHODS } from '../../../node/rpc/registry.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'node', 'rpc');

test('the documentation lists exactly the methods of the table, with their parameters and summaries', () => {
  const documented = readFileSync(join(folder, 'README.md'), 'utf8').split('\n').filter((line) => line.startsWith('| `') && line.includes('_') && !line.includes('.ts'));
  const expected = METHODS.map(({ name, parameters, summary }) => {
    const list = parameters.map((parameter) => (parameter.required ? parameter.name : `${parameter.name}?`)).join(', ');
    return `| \`${name}\` | ${list} | ${summary} |`;
  });
  assert.deepEqual(documented, expected);
});

test('each file of methods is one entry of the table and each entry has its file', () => {
  const files = readdirSync(join(folder, 'methods')).map((file) => file.replace(/\.ts$/, ''));
  assert.deepEqual(files.sort(), METHODS.map(({ name }) => name).sort());
});

test('optional parameters come after required ones, as positions demand', () => {
  for (const { name, parameters } of METHODS) {
    const firstOptional = parameters.findIndex((parameter) => !parameter.required);
    assert.ok(firstOptional === -1 || parameters.slice(firstOptional).every((parameter) => !parameter.required), name);
  }
});
