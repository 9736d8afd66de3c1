// D22: what zk lanes proved is what executing the same batches here gives. Owns reading the replay's findings by lane. Without re-execution, or while it is
// behind the last answer, it is unknown.

import type { Monitor } from '../monitor.ts';
import { enabledLanes, isZk } from './enabledLanes.ts';
import { NO_ZK_LANE_STALE_SECONDS, noZkLane } from './noZkLane.ts';
import { remembered } from './onward.ts';
import { verdict } from './verdicts.ts';

export const zkAnswers: Monitor = {
  id: 'D22-zk-answers', group: 'D', about: 'what each zk lane proved is what executing the batch here gives', severity: 'critical', needs: ['Lanes', 'Rollup'], staleAfterSeconds: NO_ZK_LANE_STALE_SECONDS,
  evaluate: async (view) => {
    const lanes = (await enabledLanes(view)).filter(isZk);
    if (lanes.length === 0) return [noZkLane(view, 'roots equal to those executed here')];
    const replay = view.reexecuted();
    const answers = remembered(view, 'D22', 'Rollup', 'AnswerRecorded', ({ args }) => [String(args['lane']).toLowerCase(), Number(args['index'])]);
    return lanes.map(({ lane }) => {
      const wrong = (replay?.findings ?? []).filter(({ subject, sentence }) => `${subject} ${sentence}`.toLowerCase().includes(lane.toLowerCase()));
      if (wrong.length > 0) return verdict(view, 'violation', { subject: lane, sentence: wrong.map(({ sentence }) => sentence).join('; '), expected: wrong[0]?.expected ?? '', got: wrong[0]?.got ?? '' });
      const answered = answers.get(lane.toLowerCase()) ?? 0;
      const reached = replay?.state.broken === undefined ? replay?.state.executed.batch ?? 0 : 0;
      if (answered === 0) return verdict(view, 'unverifiable', { subject: lane, sentence: `lane ${lane} answered no batch yet`, expected: 'an answer', got: 'none' });
      if (reached < answered) return verdict(view, 'unverifiable', { subject: lane, sentence: `lane ${lane} answered batch ${answered}, and ${reached} batches were executed here`, expected: `batch ${answered} executed`, got: String(reached) });
      return verdict(view, 'ok', { subject: lane, sentence: `what lane ${lane} proved, up to batch ${answered}, is what executing gives`, expected: 'equal roots', got: 'equal roots' });
    });
  },
};
