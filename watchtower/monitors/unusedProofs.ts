// E27: proofs that came to nothing: a statement that a lane took in part and never whole, or whole and whose answer the Rollup never recorded. Transactions
// that L1 reverted leave no log, and are not seen here (README).

import { outputsHash, PROOF_DEADLINE_SECONDS } from '@keyfall/protocol';
import type { Hex } from 'viem';
import type { Monitor, View } from '../monitor.ts';
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
    const forget = <T>(kept: ReadonlyMap<string, T>, at: (value: T) => number): readonly (readonly [string, T])[] => [...kept].filter(([, value]) => now - at(value) < limit * FORGOTTEN_SHARE);
    const parts = remembered(view, 'E27', 'AttesterLane', 'PartAccepted', ({ args, timestamp }) => (args['complete'] === true ? undefined : [String(args['statement']), timestamp]));
    const whole = remembered(view, 'E27 whole', 'AttesterLane', 'PartAccepted', ({ args }) => (args['complete'] === true ? [String(args['statement']), true] : undefined));
    const attested = remembered(view, 'E27', 'AttesterLane', 'Attested', ({ args, timestamp }) => [String(args['statement']), { timestamp, outputs: String(args['outputs']) }]);
    const statements = remembered(view, 'E27', 'Lanes', 'StatementRecorded', ({ args }) => [String(args['outputs']), true]);
    const answers = remembered(view, 'E27', 'Rollup', 'AnswerRecorded', ({ args }) => [hashOfOutputs(args['outputs'] as Outputs), true]);
    const begun = forget(parts, (at) => at).filter(([statement, at]) => isDue(at) && !whole.has(statement)).map(([statement]) => statement);
    const unused = forget(attested, ({ timestamp }) => timestamp).filter(([, { timestamp, outputs }]) => isDue(timestamp) && !statements.has(outputs) && !answers.has(outputs)).map(([statement]) => statement);
    return [verdictOf(view, 'parts', begun, limit, 'were begun and never completed'), verdictOf(view, 'answers', unused, limit, 'were accepted and never recorded as an answer')];
  },
};

function hashOfOutputs({ lastNumber, lastHash, stateRoot, lastTimestamp, zkGasUsed, dropRoot }: Outputs): Hex {
  return outputsHash({ lastNumber: BigInt(lastNumber), lastHash: lastHash as Hex, stateRoot: stateRoot as Hex, lastTimestamp: BigInt(lastTimestamp), zkGasUsed: BigInt(zkGasUsed), dropRoot: dropRoot as Hex });
}

function verdictOf(view: View, subject: string, statements: readonly string[], limit: number, what: string): ReturnType<typeof holds> {
  const which = statements.join(', ');
  return holds(view, statements.length === 0, { subject, sentence: statements.length === 0 ? `no statements ${what} within ${duration(limit)}` : `${statements.length} statements ${what} within ${duration(limit)}: ${which}`, expected: 'none', got: which || 'none', ...(which === '' ? {} : { finding: which }) });
}
