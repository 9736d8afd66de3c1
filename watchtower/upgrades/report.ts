// The report of an upgrade: what it changes, what was checked, with which result. Owns its canonical form and hash, and the Markdown that people
// read. The hash is what governance schedules as `reportHash`: who rebuilds the report from the same chain gets the same bytes.
// Invariant: nothing in it depends on when or by whom it was made, nor on the hash or salt of the upgrade itself.

import type { Hex } from 'viem';
import type { View } from '../monitor.ts';
import { markdownText } from '../text.ts';
import { hashOf } from '../verdict.ts';
import { checkUpgrade, type CheckResult } from './checks.ts';
import type { Upgrade } from './decode.ts';
import { describeUpgrade, type Delta } from './describe.ts';
import { simulate } from './simulate.ts';

const NOT_TRIED: CheckResult = { id: 'C18-writes', status: 'unverifiable', sentence: 'simulations are switched off', expected: 'a trial', got: 'none' };

export interface Report {
  readonly version: 1;
  readonly l1ChainId: number;
  readonly timelock: Hex;
  readonly kind: string;
  readonly payload: Hex;
  readonly sentences: readonly string[];
  readonly deltas: readonly Delta[];
  readonly checks: readonly CheckResult[];
}

/** Describes, checks and tries out an upgrade, scheduled or only proposed. */
export async function reportOn(view: View, upgrade: Upgrade): Promise<Report> {
  const [{ sentences, deltas }, seen] = await Promise.all([describeUpgrade(view, upgrade), checkUpgrade(view, upgrade)]);
  const tried = view.isSimulating ? await simulate(view, upgrade) : [NOT_TRIED];
  const checks = [...seen, ...tried];
  return { version: 1, l1ChainId: view.config.l1.chainId, timelock: view.contracts.address('UpgradeTimelock'), kind: upgrade.kind, payload: upgrade.payload, sentences, deltas, checks };
}

export function reportHash(report: Report): Hex {
  return hashOf(report);
}

const MARKS = { ok: 'ok', violation: 'VIOLATION', unverifiable: 'unverifiable' } as const;

/** Cells of a table: what the chain says must not become markup. */
const cell = markdownText;

export function markdown(report: Report): string {
  return [
    `# Upgrade of kind ${report.kind}`, '', ...report.sentences.map((sentence) => `- ${cell(sentence)}`), '', '| what | before | after |', '|---|---|---|',
    ...report.deltas.map(({ what, before, after }) => `| ${cell(what)} | ${cell(before)} | ${cell(after)} |`), '', '| check | result | what was found | expected | got |', '|---|---|---|---|---|',
    ...report.checks.map(({ id, status, sentence, expected, got }) => `| ${id} | ${MARKS[status]} | ${cell(sentence)} | ${cell(expected)} | ${cell(got)} |`), '',
    `payload \`${report.payload}\``, '', `report hash \`${reportHash(report)}\``, '',
  ].join('\n');
}
