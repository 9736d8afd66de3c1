// The table of upgrade kinds against the Solidity interface: names, order and every field of every struct.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { UPGRADE_KINDS, type AbiField } from '@keyfall/protocol';

const INTERFACES = new URL('../../../contracts/src/interfaces/', import.meta.url);
const source = readFileSync(new URL('IUpgradeTimelock.sol', INTERFACES), 'utf8') + readFileSync(new URL('ISecurityCouncil.sol', INTERFACES), 'utf8');
const withoutComments = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

function structFields(name: string): AbiField[] {
  const body = new RegExp(`struct ${name} \\{([^}]*)\\}`).exec(withoutComments)?.[1];
  assert.ok(body !== undefined, `struct ${name} exists`);
  return body.split(';').map((line) => line.trim()).filter((line) => line !== '').map((line): AbiField => {
    const [type = '', field = ''] = line.split(/\s+/);
    const custom = /^([A-Z]\w*)(\[\])?$/.exec(type);
    return custom === null ? { name: field, type } : { name: field, type: `tuple${custom[2] ?? ''}`, components: structFields(custom[1] ?? '') };
  });
}

test('the upgrade kinds are those of the contract, in its order', () => {
  const members = /enum UpgradeKind \{([^}]*)\}/.exec(withoutComments)?.[1]?.split(',').map((text) => text.trim()).filter((text) => text !== '');
  assert.deepEqual(UPGRADE_KINDS.map(({ name }) => name), members);
});

test('each payload type has exactly the fields of the contract\'s struct', () => {
  for (const { struct, payload } of UPGRADE_KINDS) assert.deepEqual(payload.components, structFields(struct), struct);
});
