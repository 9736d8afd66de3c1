// B15: lanes that may answer. A lane that lies voids everything unpaid, so every registration and switch is told, and a lane that is on without having
// been announced, or of another kind than was announced, is a violation.

import { Contracts } from '../contracts.ts';
import type { Hex } from 'viem';
import type { Monitor, Notice, View } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';
import { judgedAlone } from './alone.ts';
import { enabledLanes, LANE_KINDS, type EnabledLane } from './enabledLanes.ts';
import { holds } from './verdicts.ts';

const told: readonly Notice[] = [
  { contract: 'Lanes', event: 'LaneRegistered', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `a new ${LANE_KINDS[String(args['kind'])] ?? 'unknown'} lane may answer: ${String(args['lane'])}` },
  { contract: 'Lanes', event: 'LaneSwitched', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} was switched ${args['isEnabled'] === true ? 'on' : 'off'}` },
];

export const lanes: Monitor = {
  id: 'B15-lanes', group: 'B', about: 'a lane may answer, and each that may was announced as what it is', severity: 'critical', needs: ['Lanes', 'Clock'], staleAfterSeconds: 900, notices: told,
  evaluate: async (view) => {
    const enabled = await enabledLanes(view);
    const announced = new Map(view.events('Lanes', 'LaneRegistered').map(({ args }) => [String(args['lane']).toLowerCase(), Number(args['kind'])]));
    const dead = new Set(view.events('Lanes', 'LaneKilled').map(({ args }) => String(args['lane']).toLowerCase()));
    const judge = async ({ lane, kind, specId }: EnabledLane): Promise<Verdict> => {
      const [name, said] = [LANE_KINDS[String(kind)] ?? `kind ${kind}`, announced.get(lane.toLowerCase())];
      const own = Number(await view.readAt<bigint>(lane, Contracts.LANE, 'specId'));
      const isOlder = said === undefined && await isOlderThanReading(view, lane);
      const isRight = (isOlder || said === kind) && own === specId && !dead.has(lane.toLowerCase());
      const came = `${isOlder ? 'registered before the first block that is read' : said === undefined ? 'never registered' : `registered as ${LANE_KINDS[String(said)] ?? `kind ${said}`}`}, spec ${own}${dead.has(lane.toLowerCase()) ? ', killed' : ''}`;
      return holds(view, isRight, { subject: lane, sentence: `the ${name} lane ${lane} may answer batches of spec ${specId}: ${came}`, expected: `registered as ${name}, spec ${specId}, alive`, got: came });
    };
    const each = await judgedAlone(view, { monitor: lanes.id, items: enabled, subjectOf: ({ lane }) => lane, expected: 'registered as what it is, alive', judge, gone: (lane) => `lane ${lane} may answer no more` });
    return [holds(view, enabled.length > 0, { sentence: enabled.length === 0 ? 'no lane may answer: nothing can become final' : `${enabled.length} lanes may answer`, expected: 'at least one lane', got: String(enabled.length) }), ...each];
  },
};

/** The deployment may register its first lane in a block before the one that reading begins with: then no event of it was read. */
async function isOlderThanReading(view: View, lane: Hex): Promise<boolean> {
  const [{ enabledSinceT }, first] = await Promise.all([view.read<{ readonly enabledSinceT: number | bigint }>('Lanes', 'laneRecord', [lane]), view.block(BigInt(view.cursor.first))]);
  return BigInt(enabledSinceT) <= await view.read<bigint>('Clock', 'timeAt', [BigInt(first['timestamp'] as Hex)]);
}
