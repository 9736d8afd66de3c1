// E27: proofs that came to nothing: a statement that a lane took in part and never whole, or whole and whose answer the Rollup never recorded. Transactions
// that L1 reverted leave no log, and are not seen here (README).

import { outputsHash, PROOF_DEADLINE_SECONDS } from '@keyfall/protocol';
import type { Hex } from 'viem';
import type { Monitor, View } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';
import { remembered } from './onward.ts';
import { duration, holds } from './verdicts.ts';

type Outputs = Readonly<Record<'lastNumber' | 'lastHash' | 'stateRoot' | 'lastTimestamp' | 'zkGasUsed' | 'dropRoot', string>>;

/** What was begun longer ago concerns no batch that still waits. */
const FORGOTTEN_SHARE = 10;

export const unusedProofs: Monitor = {
  id: 'E27-failed-proofs', group: 'E', about: 'every statement that a lane took was taken whole and its answer recorded within the proof deadline', severity: 'warning', needs: ['AttesterLane', 'Rollup', 'Clock'], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const limit = Number(PROOF_DEADLINE_SECONDS / await view.read<bigint>('Clock', 'TIME_SCALE'));
    const now = Number(view.header.timestamp);
    const isDue = (at: number): boolean => now - at > limit;
    const isOver = (at: number): boolean => now - at >= limit * FORGOTTEN_SHARE;
    const parts = remembered(view, 'E27', 'AttesterLane', 'PartAccepted', ({ args, timestamp }) => (args['complete'] === true ? undefined : [String(args['statement']), timestamp]), isOver);
    const whole = remembered(view, 'E27 whole', 'AttesterLane', 'PartAccepted', ({ args, timestamp }) => (args['complete'] === true ? [String(args['statement']), timestamp] : undefined), isOver);
    // What was recorded is kept for ever, one a batch: anybody may have old signatures taken again under another statement.
    const statements = remembered(view, 'E27', 'Lanes', 'StatementRecorded', ({ args }) => [String(args['outputs']), true]);
    const answers = remembered(view, 'E27', 'Rollup', 'AnswerRecorded', ({ args }) => [hashOfOutputs(args['outputs'] as Outputs), true]);
    const isRecorded = (outputs: string): boolean => statements.has(outputs) || answers.has(outputs);
    const attested = remembered(view, 'E27', 'AttesterLane', 'Attested', ({ args, timestamp }) => [String(args['statement']), { timestamp, outputs: String(args['outputs']) }], ({ timestamp, outputs }) => isOver(timestamp) || isRecorded(outputs));
    const begun = [...parts].filter(([statement, at]) => isDue(at) && !whole.has(statement)).map(([statement]) => statement);
    const unused = new Set([...attested.values()].filter(({ timestamp }) => isDue(timestamp)).map(({ outputs }) => outputs));
    return [...verdictsOf(view, 'parts', begun, `statement begun and not completed within ${duration(limit)}`), ...verdictsOf(view, 'answers', [...unused], `outputs accepted and not recorded as an answer within ${duration(limit)}`)];
  },
};

function hashOfOutputs({ lastNumber, lastHash, stateRoot, lastTimestamp, zkGasUsed, dropRoot }: Outputs): Hex {
  return outputsHash({ lastNumber: BigInt(lastNumber), lastHash: lastHash as Hex, stateRoot: stateRoot as Hex, lastTimestamp: BigInt(lastTimestamp), zkGasUsed: BigInt(zkGasUsed), dropRoot: dropRoot as Hex });
}

/** Each an alarm of its own: a further one must not tell all of them again. */
function verdictsOf(view: View, subject: string, found: readonly string[], what: string): readonly Verdict[] {
  if (found.length === 0) return [holds(view, true, { subject, sentence: `no ${what}`, expected: 'none', got: 'none' })];
  return found.map((which) => holds(view, false, { subject, sentence: `${what}: ${which}`, expected: 'none', got: which, finding: which }));
}
