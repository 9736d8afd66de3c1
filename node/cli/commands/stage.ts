// `keyfall stage`: how far the keys have fallen by L2BEAT's criteria, from the deployed contracts alone. Owns the table and the verdict;
// the questions are in governance/stageItems.ts.
// Invariant: an unknown item never raises the stage, and the exit code says that something is unknown.

import { EXIT_CODES } from '../failure.ts';
import { connectGovernance, readTimes } from '../governance/contracts.ts';
import type { GovernanceOptions } from '../governance/contracts.ts';
import { Reader, canExpedite, evaluateItems, readPowers, sentences } from '../governance/stageItems.ts';
import type { StageItem } from '../governance/stageItems.ts';
import { stageName } from '../governance/upgrades.ts';
import { homeAt } from '../home.ts';
import type { Output } from '../output.ts';

/** Highest stage all of whose items, and those below, are yes; and the highest that no item denies. -1 is below Stage 0. */
function bounds(items: readonly StageItem[]): { proven: number; possible: number } {
  let [proven, possible] = [-1, -1];
  for (const stage of [0, 1, 2]) {
    const upTo = items.filter((item) => item.stage <= stage);
    if (upTo.every(({ verdict }) => verdict === 'yes')) proven = stage;
    if (upTo.every(({ verdict }) => verdict !== 'no')) possible = stage;
  }
  return { proven, possible };
}

const stageText = (stage: number): string => (stage < 0 ? 'below Stage 0' : `at most Stage ${stage}`);

/** The evidence of an item; what an earlier one rests on as well is named there alone. */
function evidenceLines({ evidence }: StageItem, earlier: readonly StageItem[]): string[] {
  const lines = evidence.map(({ contract, address, call, value }) => `             ${contract} ${address} ${call} = ${value}`);
  const same = earlier.find((item) => item.evidence.length > 1 && JSON.stringify(item.evidence) === JSON.stringify(evidence));
  return same === undefined ? lines : [`             by the same ${evidence.length} readings as '${same.title}'`];
}

export async function stage(options: GovernanceOptions, output: Output): Promise<void> {
  const connection = await connectGovernance(options, homeAt(options.home));
  try {
    const block = await connection.l1.getBlockNumber();
    const { nowWall } = await readTimes(connection);
    const reader = new Reader(connection, block);
    const powers = await readPowers(reader, nowWall);
    const items = await evaluateItems(reader, powers, reader.takeEvidence());
    const { proven, possible } = bounds(items);
    // Whatever else is so: while a council can act at once, it is no more than Stage 1.
    const atMost = canExpedite(powers) ? Math.min(possible, 1) : possible;
    const said = sentences(powers);
    const unknownCount = items.filter(({ verdict }) => verdict === 'unknown').length;
    output.result(
      { block, maturity: stageName(powers.stage), atMostStage: atMost, provenStage: proven, unknown: unknownCount, sentences: said, items },
      [
        `${stageName(powers.stage)}: ${stageText(atMost)} by what the contracts say at L1 block ${block}; ${unknownCount} items they cannot tell`,
        ...said.map((sentence) => `  ${sentence}`),
        ...items.flatMap((item, index) => [`  ${item.verdict.padEnd(7)}  Stage ${item.stage}  ${item.title}: ${item.reason}`, ...evidenceLines(item, items.slice(0, index))]),
      ],
    );
    if (unknownCount > 0) process.exitCode = EXIT_CODES.unknown;
  } finally {
    connection.close();
  }
}
