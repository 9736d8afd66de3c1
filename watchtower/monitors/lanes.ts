// B: lanes that may answer. A lane that lies voids everything unpaid, so every registration and switch is told.

import type { Monitor } from '../monitor.ts';

const KINDS: Readonly<Record<string, string>> = { 1: 'zk', 2: 'attester' };
const contract = (name: string): Monitor['notices'] => [
  { contract: name, event: 'LaneRegistered', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `a new ${KINDS[String(args['kind'])] ?? 'unknown'} lane may answer: ${String(args['lane'])}` },
  { contract: name, event: 'LaneSwitched', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} was switched ${args['isEnabled'] === true ? 'on' : 'off'}` },
];

export const lanes: Monitor = {
  id: 'B15-lanes', group: 'B', about: 'which lanes may answer', severity: 'critical', needs: ['Lanes'], staleAfterSeconds: 900,
  notices: contract('Lanes') ?? [],
};
