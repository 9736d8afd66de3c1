// F32, F34: who sits on the SecurityCouncil, how many must act, and every act of it. Its power over a passed upgrade in Training is total until the
// sunset, so each use is told at once.

import type { Monitor } from '../monitor.ts';
import { holds } from './verdicts.ts';

interface Member { readonly account: string; readonly isExternal: boolean }

const ACTS = ['vetoed an upgrade', 'paused finality', 'resolved a dispute', 'expedited an upgrade'];
const MIN_MEMBERS = 8;
const MIN_THRESHOLD = 6n;

export const council: Monitor = {
  id: 'F32-council', group: 'F', about: 'the SecurityCouncil is at least 6 of 8, at least 75 %, and not dormant', severity: 'warning', needs: ['SecurityCouncil'], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const [members, threshold, isDormant] = await Promise.all([view.read<readonly Member[]>('SecurityCouncil', 'members'), view.read<bigint>('SecurityCouncil', 'threshold'), view.read<boolean>('SecurityCouncil', 'isDormant')]);
    const external = members.filter(({ isExternal }) => isExternal).length;
    const isRight = !isDormant && members.length >= MIN_MEMBERS && threshold >= MIN_THRESHOLD && threshold * 4n >= BigInt(members.length) * 3n && external > members.length - Number(threshold);
    return [holds(view, isRight, { sentence: `${members.length} members, ${threshold} to act, ${external} external${isDormant ? '; dormant: too few are left to act' : ''}`, expected: 'at least 6 of 8, 75 %, external members enough to block', got: `${threshold} of ${members.length}, ${external} external${isDormant ? ', dormant' : ''}` })];
  },
  notices: [
    { contract: 'SecurityCouncil', event: 'ActCarriedOut', severity: 'critical', subject: ({ args }) => String(args['subject']), sentence: ({ args }) => `the council ${ACTS[Number(args['act'])] ?? 'did something unknown here'}, with ${String(args['approvals'])} signatures` },
    { contract: 'SecurityCouncil', event: 'MembersSet', severity: 'critical', sentence: ({ args }) => `the council's members were replaced: ${(args['members'] as readonly Member[]).map(({ account }) => account).join(', ')}; ${String(args['threshold'])} act`, isFirst: ({ args }) => String(args['epoch']) === '1' },
    { contract: 'SecurityCouncil', event: 'MemberChallenged', severity: 'warning', sentence: ({ args }) => `member ${String(args['member'])} was asked for a sign of life, until T ${String(args['untilT'])}` },
    { contract: 'SecurityCouncil', event: 'MemberRemoved', severity: 'warning', sentence: ({ args }) => `silent member ${String(args['member'])} was removed; ${String(args['membersLeft'])} are left` },
  ],
};
