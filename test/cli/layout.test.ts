// The check of a core's storage: variables that are reordered, retyped, removed, put in front or into a gap that does not give way are refused,
// what keeps every place is not; and code that no build is known of is unknown, whatever its layout would be. Real compiler output throughout.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { compareCores, readBuilds } from '../../governance-ui/chain/coreLayout.ts';
import { compareLayouts, layoutChanges } from '../../node/cli/governance/layout.ts';
import { compileSources, type Compiled } from '../contracts/compile.ts';

const BODY = 'uint64 count; uint64 settled; bytes32 head; struct Record { uint128 x; uint128 y; } mapping(uint64 => Record) records; Record[] list; uint256[5] __gap;';
const STRUCT = 'struct Record { uint128 x; uint128 y; }';
const VARIANTS = {
  Present: BODY,
  SameWithMoreCode: `${BODY} function more() external view returns (uint256) { return count + 1; }`,
  AppendedAfterTheGap: `${BODY} uint256 added;`,
  IntoTheGap: BODY.replace('uint256[5] __gap;', 'uint256 added; uint256[4] __gap;'),
  GrownInAMapping: BODY.replace(STRUCT, 'struct Grown { uint128 x; uint128 y; uint256 z; } struct Record { uint128 x; uint128 y; }').replace('=> Record)', '=> Grown)'),
  Reordered: BODY.replace('uint64 count; uint64 settled;', 'uint64 settled; uint64 count;'),
  Retyped: BODY.replace('uint64 settled', 'uint32 settled'),
  Widened: BODY.replace('uint64 settled', 'uint128 settled'),
  Removed: BODY.replace('bytes32 head; ', ''),
  PutInFront: `address owner; ${BODY}`,
  GapNotShrunk: BODY.replace('uint256[5] __gap;', 'uint256 added; uint256[5] __gap;'),
  GapShrunkForNothing: BODY.replace('uint256[5] __gap;', 'uint256[4] __gap;'),
  GapShrunkTooFar: BODY.replace('uint256[5] __gap;', 'uint256 added; uint256[3] __gap;'),
  MembersSwapped: BODY.replace(STRUCT, 'struct Record { uint128 y; uint128 x; }'),
  MemberRetyped: BODY.replace(STRUCT, 'struct Record { uint128 x; int128 y; }'),
  GrownInAnArray: BODY.replace(STRUCT, 'struct Record { uint128 x; uint128 y; uint256 z; }'),
  OtherKeys: BODY.replace('mapping(uint64', 'mapping(bytes32'),
  OwnedByAddress: BODY.replace('bytes32 head', 'address head'),
} as const;
const COMPATIBLE = new Set(['Present', 'SameWithMoreCode', 'AppendedAfterTheGap', 'IntoTheGap', 'GrownInAMapping']);
const TWINS: ReadonlySet<string> = new Set(['OtherKeys', 'OwnedByAddress']);
type Name = keyof typeof VARIANTS;
type Layout = Parameters<typeof layoutChanges>[0];
let compiled: Readonly<Record<Name, Compiled>>;
let folder: string;

before(() => {
  // Each has code of its own, but the twins: the same code over different storage.
  const sources = Object.fromEntries(Object.entries(VARIANTS).map(([name, body], index) =>
    [`${name}.sol`, `// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\ncontract ${name} { ${body} uint256 private immutable WIRED; constructor(uint256 wired) { WIRED = wired; } function wired() external view returns (uint256) { return WIRED + ${TWINS.has(name) ? 1_000 : index}; } }`]));
  compiled = compileSources(sources) as Readonly<Record<Name, Compiled>>;
  folder = mkdtempSync(join(tmpdir(), 'keyfall-layout-'));
  mkdirSync(join(folder, 'build-info'));
  writeFileSync(join(folder, 'build-info', 'b.output.json'), JSON.stringify({ output: { contracts: Object.fromEntries(Object.entries(compiled).map(([name, { storageLayout }]) => [`${name}.sol`, { [name]: { storageLayout } }])) } }));
  for (const [contractName, { runtime, immutableReferences }] of Object.entries(compiled)) {
    const artifact = { contractName, inputSourceName: `${contractName}.sol`, deployedBytecode: runtime, immutableReferences, buildInfoId: contractName === 'Widened' ? 'lost' : 'b' };
    writeFileSync(join(folder, `${contractName}.json`), JSON.stringify(artifact));
  }
});
after(() => { rmSync(folder, { recursive: true, force: true }); });

/** The code as it would stand on chain, with its immutable set. */
function standing(name: Name, wired: string): string {
  const { runtime, immutableReferences } = compiled[name];
  const bytes = Buffer.from(runtime.slice(2), 'hex');
  for (const { start, length } of Object.values(immutableReferences).flat()) Buffer.from(wired.padStart(length * 2, '0'), 'hex').copy(bytes, start);
  return `0x${bytes.toString('hex')}`;
}

describe('P-145 a core under which the storage would mean something else is refused', () => {
  for (const name of Object.keys(VARIANTS) as Name[]) {
    test(`${name}: ${COMPATIBLE.has(name) ? 'compatible' : 'refused, in words'}`, () => {
      const changes = layoutChanges(compiled.Present.storageLayout as Layout, compiled[name].storageLayout as Layout);
      assert.equal(changes.length === 0, COMPATIBLE.has(name), changes.join('; '));
      for (const change of changes) assert.doesNotMatch(change, /undefined|object Object/);
    });
  }

  test('a removal says which variable is gone, a swap which it is called', () => {
    const say = (name: Name): string => layoutChanges(compiled.Present.storageLayout as Layout, compiled[name].storageLayout as Layout).join('; ');
    assert.match(say('Removed'), /head \(bytes32\) is gone/);
    assert.match(say('Reordered'), /count .*settled/);
    assert.match(say('PutInFront'), /owner \(address\) is put before/);
  });
});

describe('the page, given the compiler\'s output, says what the command line says', () => {
  type Part = Partial<Record<'runtime' | 'immutableReferences' | 'storageLayout', unknown>>;
  const output = (names: readonly Name[], changed: Part = {}, wrap = true): string => {
    const contracts = Object.fromEntries(names.map((name) => {
      const { runtime, immutableReferences, storageLayout } = { ...compiled[name], ...changed };
      return [`${name}.sol`, { [name]: { storageLayout, evm: { deployedBytecode: { object: String(runtime).slice(2), immutableReferences } } } }];
    }));
    return JSON.stringify(wrap ? { output: { contracts } } : { contracts });
  };

  for (const name of (Object.keys(VARIANTS) as Name[]).filter((one) => one !== 'Widened' && !TWINS.has(one))) {
    test(`${name}: the same verdict, changes and reason`, () => {
      const said = compareCores(standing('Present', 'aa'), standing(name, 'bb'), readBuilds(output(Object.keys(VARIANTS) as Name[])));
      assert.deepEqual(said, compareLayouts(standing('Present', 'aa'), standing(name, 'bb'), [folder]));
      assert.equal(said.verdict, COMPATIBLE.has(name) ? 'compatible' : 'incompatible');
    });
  }

  test('the bytes that run now keep the storage without any file, other immutables are other bytes, and no code is unknown', () => {
    assert.equal(compareCores(standing('Present', 'aa'), standing('Present', 'aa').toUpperCase().replace('0X', '0x'), []).verdict, 'compatible');
    assert.equal(compareCores(standing('Present', 'aa'), standing('Present', 'bb'), []).verdict, 'unknown');
    assert.equal(compareCores('0x', '0x', []).verdict, 'unknown');
  });

  test('files that are no compiler output, or have no code in them, are refused in words; solc\'s own form is taken', () => {
    for (const text of ['', 'null', '[]', '{"contracts":null}', '{"contracts":{}}', '{"contracts":{"a.sol":{"A":{"evm":{"deployedBytecode":{"object":""}}}}}}', '{"contracts":{"a.sol":null}}']) {
      assert.throws(() => readBuilds(text), /expected the compiler's output/, text);
    }
    assert.equal(compareCores(standing('Present', 'aa'), standing('IntoTheGap', 'bb'), readBuilds(output(['Present', 'IntoTheGap'], {}, false))).verdict, 'compatible');
  });

  test('no file, one build of two, twins, and layouts that are missing, without places or broken are unknown, never compatible', () => {
    const [present, next] = [standing('Present', 'aa'), standing('IntoTheGap', 'bb')];
    const { storage, types } = compiled.IntoTheGap.storageLayout as { storage: Record<string, unknown>[]; types: Record<string, object> };
    const withNext = (changed: Part): ReturnType<typeof readBuilds> => [...readBuilds(output(['Present'])), ...readBuilds(output(['IntoTheGap'], changed))];
    for (const [said, reason] of [
      [compareCores(present, next, []), /no compiler output was chosen/],
      [compareCores(present, next, readBuilds(output(['Present']))), /new code is no build/],
      [compareCores(present, next, readBuilds(output(['IntoTheGap']))), /present code is no build/],
      [compareCores(present, '0x', readBuilds(output(['Present']))), /new code is no build/],
      [compareCores(present, standing('OtherKeys', 'aa'), readBuilds(output(Object.keys(VARIANTS) as Name[]))), /both OtherKeys and OwnedByAddress/],
      [compareCores(present, next, withNext({ storageLayout: undefined })), /no storage layout/],
      [compareCores(present, next, withNext({ storageLayout: { storage, types: null } })), /no storage layout/],
      [compareCores(present, next, withNext({ storageLayout: { storage: storage.map((item) => ({ ...item, slot: undefined })), types } })), /no storage layout/],
      [compareCores(present, next, withNext({ storageLayout: { storage, types: {} } })), /no storage layout/],
      [compareCores(present, next, withNext({ storageLayout: { storage, types: Object.fromEntries(Object.entries(types).filter(([id]) => id !== 't_uint128')) } })), /no storage layout/],
      [compareCores(present, next, withNext({ storageLayout: { storage, types: Object.fromEntries(Object.entries(types).map(([id, type]) => [id, { ...type, numberOfBytes: 'many', label: 7 }])) } })), /cannot be read/],
      [compareCores(present, next, withNext({ storageLayout: { storage, types: Object.fromEntries(Object.entries(types).map(([id, type]) => [id, { ...type, numberOfBytes: undefined }])) } })), /no storage layout/],
      [compareCores(present, next, withNext({ storageLayout: { storage: storage.map((item) => ({ ...item, slot: '' })), types } })), /no storage layout/],
      [compareCores(present, next, withNext({ immutableReferences: { 1: [{ start: 0, length: 1e6 }] } })), /new code is no build/],
    ] as const) {
      assert.equal(said.verdict, 'unknown', said.reason);
      assert.match(said.reason, reason);
    }
  });
});

test('two builds of one code whose storage differs are unknown in whatever order they come', () => {
  const as = (name: Name, layout: Name): { name: string; deployedBytecode: string; immutableReferences: Compiled['immutableReferences']; layout: Layout } => ({ name: layout, deployedBytecode: compiled[name].runtime, immutableReferences: compiled[name].immutableReferences, layout: compiled[layout].storageLayout as Layout });
  // A struct that is the value of a mapping may grow: seen from the smaller of the two, the other is no change.
  const twins = [as('Present', 'Present'), as('Present', 'GrownInAMapping')];
  for (const builds of [twins, twins.toReversed()]) {
    const said = compareCores(standing('Present', 'aa'), standing('IntoTheGap', 'bb'), [...builds, as('IntoTheGap', 'IntoTheGap')] as Parameters<typeof compareCores>[2]);
    assert.equal(said.verdict, 'unknown', said.reason);
    assert.match(said.reason, /is both/);
  }
});

test('a layout without sizes is unknown: all of its variables could stand elsewhere unnoticed', () => {
  const { storage, types } = compiled.SameWithMoreCode.storageLayout as { storage: readonly { slot: string }[]; types: Readonly<Record<string, object>> };
  const moved = storage.map((item) => ({ ...item, slot: String(Number(item.slot) + 100) }));
  const said = (sizes: object): string => {
    const file = (name: Name, storageLayout: unknown): object => ({ [name]: { storageLayout, evm: { deployedBytecode: { object: compiled[name].runtime.slice(2), immutableReferences: compiled[name].immutableReferences } } } });
    const layout = { storage: moved, types: Object.fromEntries(Object.entries(types).map(([id, type]) => [id, { ...type, ...sizes }])) };
    return compareCores(standing('Present', 'aa'), standing('SameWithMoreCode', 'bb'), readBuilds(JSON.stringify({ contracts: { a: file('Present', compiled.Present.storageLayout), b: file('SameWithMoreCode', layout) } }))).verdict;
  };
  assert.equal(said({}), 'incompatible');
  assert.equal(said({ numberOfBytes: undefined }), 'unknown');
});

describe('code on chain is compared only if its build is known', () => {
  test('the same builds with other immutables are found', () => {
    assert.equal(compareLayouts(standing('Present', 'aa'), standing('IntoTheGap', 'bb'), [folder]).verdict, 'compatible');
    const refused = compareLayouts(standing('Present', 'aa'), standing('Reordered', 'aa'), [folder]);
    assert.equal(refused.verdict, 'incompatible');
    assert.ok(refused.changes.length > 0);
  });

  test('no artifacts, a byte that differs, no code, a build without a layout, or code of two builds: unknown, never compatible', () => {
    const present = standing('Present', 'aa');
    const flipped = `${present.slice(0, -2)}${present.endsWith('00') ? '01' : '00'}`;
    for (const [next, folders, reason] of [
      [present, [join(folder, 'nothing')], /no artifacts/], [flipped, [folder], /next code is no build/], ['0x', [folder], /next code is no build/], [standing('Widened', 'aa'), [folder], /no storage layout/],
      [standing('OtherKeys', 'aa'), [folder], /both OtherKeys and OwnedByAddress/],
    ] as const) {
      const verdict = compareLayouts(present, next, folders);
      assert.equal(verdict.verdict, 'unknown');
      assert.match(verdict.reason, reason);
    }
    assert.match(compareLayouts(flipped, present, [folder]).reason, /present code is no build/);
  });
});
