// Shows that each tidy rule finds what it forbids and leaves alone what it allows: a rule that finds nothing proves nothing.
// Planted violations are built from parts, so that they do not trip the rules in this file. It does not look at the checkout;
// test/tidy.test.ts does. Every mistake a rule once missed gets a line here.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSource } from './files.ts';
import { growth } from './history.ts';
import { importsOf, layerViolations } from './layers.ts';
import { THREAT_IDS, threatProblems } from './threats.ts';
import { citedProperties, declaredProperties } from './properties.ts';
import { forbiddenWords, longFiles, machineTraces, missingHead } from './rules.ts';

const file = (path: string, text: string): { path: string; text: string } => ({ path, text });

describe('tidy rules find what they forbid', () => {
  test('a file one line over the limit is reported, one at the limit is not', () => {
    const lines = (count: number): string => 'x\n'.repeat(count);
    assert.deepEqual(longFiles([file('a.ts', lines(400))], {}), []);
    assert.match(longFiles([file('a.ts', lines(401))], {}).join(), /a\.ts: 401 lines/);
  });

  test('an allowance that is larger than needed, no longer needed or for no file is reported', () => {
    const long = file('a.ts', 'x\n'.repeat(500));
    assert.deepEqual(longFiles([long], { 'a.ts': 500 }), []);
    assert.match(longFiles([long], { 'a.ts': 551 }).join(), /lower its allowance/);
    assert.match(longFiles([file('a.ts', 'x\n')], { 'a.ts': 500 }).join(), /no longer long/);
    assert.match(longFiles([], { 'gone.ts': 500 }).join(), /no such file/);
  });

  test('a file without an opening comment is reported', () => {
    const head = '// Owns the one thing that a file in a test has to own, and nothing else whatsoever.\n// Invariant: none.';
    assert.equal(missingHead(file('a.ts', 'export const one = 1;\n')).length, 1);
    assert.deepEqual(missingHead(file('a.ts', `${head}\nexport const one = 1;\n`)), []);
    assert.equal(missingHead(file('A.sol', '// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\ncontract A {}\n')).length, 1);
    assert.deepEqual(missingHead(file('A.sol', `// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n${head}\ncontract A {}\n`)), []);
  });

  test('pages and styles are sources like any other', () => {
    for (const path of ['governance-ui/screens/Home.tsx', 'governance-ui/styles/base.css', 'node/main.ts']) assert.ok(isSource(path), path);
    assert.ok(!isSource('governance-ui/public/keyfall.config.json'));
  });

  test('every forbidden construction is reported', () => {
    for (const planted of [
      `// ${'TO' + 'DO'}: later`,
      `const a = b as ${'any'};`,
      `// @ts-${'ignore'}`,
      `it.${'skip'}('x', () => {});`,
      `test.${'only'}('x', () => {});`,
      `try { f(); } catch ${'{}'}`,
      `try { f(); } catch (error) {\n  ${'}'}`,
      `// oxlint-${'disable'}-next-line no-new`,
    ]) assert.equal(forbiddenWords(file('a.ts', planted)).length, 1, planted);
    for (const fine of ["t.skip('deferred: x: y');", 'try { f(); } catch (error) { throw wrap(error); }', `// oxlint-${'disable'}-next-line no-new -- measured`]) {
      assert.deepEqual(forbiddenWords(file('a.ts', fine)), [], fine);
    }
  });

  test('machine paths and registry hosts are reported, relative and URL paths are not', () => {
    for (const planted of [`/${'work'}/main/x`, `'/${'tmp'}/x'`, `/${'home'}/someone/x`, `https://registry.${'npmjs'}.org/x`]) {
      assert.equal(machineTraces(file('a.ts', planted)).length, 1, planted);
    }
    for (const fine of ['../work/x', 'tmpdir()', 'https://example.org/home']) assert.deepEqual(machineTraces(file('a.ts', fine)), [], fine);
  });

  test('imports are read in every form', () => {
    const text = "import a from './a.ts';\nimport type { B } from '../b.ts';\nexport * from './c.ts';\nconst d = await import('./d.ts');\nimport './e.ts';\nimport { f,\n  g } from '@keyfall/protocol/f.ts';\nimport x from 'ethers';\n";
    assert.deepEqual(importsOf(file('node/rpc/x.ts', text)), ['node/rpc/a.ts', 'node/b.ts', 'node/rpc/c.ts', 'node/rpc/d.ts', 'node/rpc/e.ts', 'node/protocol/f.ts', 'ethers']);
  });

  test('imports against the direction of the layers are reported', () => {
    const violations = (path: string, target: string): number => layerViolations(file(path, `import x from '${target}';`)).length;
    assert.equal(violations('node/protocol/a.ts', '../rpc/b.ts'), 1);
    assert.equal(violations('node/rpc/a.ts', '@ethereumjs/vm'), 1);
    assert.equal(violations('node/rpc/a.ts', '@ethereumjs/evm/x'), 1);
    assert.equal(violations('node/cli/a.ts', '../main.ts'), 1);
    assert.equal(violations('node/main.ts', './cli/x.ts'), 1);
    assert.equal(violations('prover/verify/a.ts', '../prove/b.ts'), 1);
    assert.equal(violations('watchtower/a.ts', '../node/derive/b.ts'), 1);
    assert.equal(violations('prover/a.ts', '@keyfall/node'), 1);
    assert.equal(violations('somewhere/a.ts', 'ethers'), 1);
    assert.equal(violations('governance-ui/screens/A.tsx', '../../node/derive/b.ts'), 1);
    assert.equal(violations('governance-ui/chain/a.ts', '../../contracts/deploy/plan.ts'), 1);
    assert.equal(violations('governance-ui/chain/a.ts', '../../contracts/abi/Vault.json'), 0);
    assert.equal(violations('node/execute/a.ts', '@ethereumjs/vm'), 0);
    assert.equal(violations('node/rpc/a.ts', '@keyfall/protocol'), 0);
    assert.equal(violations('node/rpc/a.ts', '../store/b.ts'), 0);
    assert.equal(violations('watchtower/a.ts', '@keyfall/protocol/x.ts'), 0);
    assert.equal(violations('prover/verify/a.ts', '../field/b.ts'), 0);
  });

  test('properties are declared at the start of a line and cited anywhere', () => {
    assert.deepEqual(declaredProperties('# P-001 x\n- **P-002** y, see P-009\n| P-003 | z |\ntext P-004\n'), ['P-001', 'P-002', 'P-003']);
    assert.deepEqual(citedProperties('// P-001, P-002\n'), ['P-001', 'P-002']);
  });

  test('a list of exceptions may grow only in the version being written, and nothing removed comes back', () => {
    const entry = (name: string, since = '1.0.0'): { name: string; since: string } => ({ name, since });
    assert.deepEqual(growth([entry('a')], [[entry('a'), entry('b')]], '1.1.0'), []);
    assert.deepEqual(growth([entry('a'), entry('new', '1.1.0')], [[entry('a')]], '1.1.0'), []);
    assert.match(growth([entry('new', '1.0.0')], [[entry('a')]], '1.1.0').join(), /no committed list has it/);
    assert.match(growth([entry('a')], [[], [entry('a')]], '1.1.0').join(), /is back/);
  });
});

test('a threat without a row, without a test, or with a test that is not there is found', () => {
  const row = (id: string): string => `| ${id} | an attack | \`a.test.ts\`: a title | passed |`;
  const whole = THREAT_IDS.map(row).join('\n');
  const textOf = (path: string): string | undefined => (path === 'a.test.ts' ? "test('a title')" : undefined);
  assert.deepEqual(threatProblems(whole, textOf), []);
  assert.match(threatProblems(whole.replace(`${row('N7')}\n`, ''), textOf).join(), /N7: expected a row/);
  assert.match(threatProblems(whole.replace(row('C1'), '| C1 | an attack | | passed |'), textOf).join(), /C1: passed, and cites no test/);
  assert.match(threatProblems(whole.replace(row('C1'), '| C1 | an attack | | deferred |'), textOf).join(), /C1: expected a row/);
  assert.match(threatProblems(whole.replace(row('C1'), row('C1').replace('a title', 'another')), textOf).join(), /C1: cites "another"/);
  assert.match(threatProblems(whole.replace(row('C1'), row('C1').replace('a.test.ts', 'b.test.ts')), textOf).join(), /C1: cites b.test.ts/);
});
