// The API's routes about upgrades: list, one with its report (JSON or Markdown), how long there is to leave, and a calendar. Owns those shapes.

import type { FastifyInstance } from 'fastify';
import type { View } from '../monitor.ts';
import type { ExitPlan } from '../exit/plan.ts';
import { exitPlansAt } from '../monitors/exitTime.ts';
import { lookedAt, type LookedAt } from '../upgrades/pending.ts';
import { markdown } from '../upgrades/report.ts';
import { describeTime } from '../upgrades/time.ts';
import { canonicalJson, Unverifiable } from '../verdict.ts';
import { calendar } from './calendar.ts';
import type { Answers } from './limits.ts';

/** Every answer is made of what was judged: nothing here reads L1 or begins a trial. */
export function addUpgradeRoutes(server: FastifyInstance, answers: Answers, lastView: () => View | undefined): void {
  const look = (): readonly LookedAt[] => {
    const view = lastView();
    if (view === undefined) throw new Unverifiable('no final state was judged yet');
    if (!view.contracts.has('UpgradeTimelock')) return [];
    const looked = lookedAt(view);
    if (looked === undefined) throw new Unverifiable('the upgrades of the last final state could not be looked at: see the verdict of B-upgrades');
    return looked;
  };
  const block = (): { readonly number: bigint; readonly hash: string } | null => { const view = lastView(); return view === undefined ? null : { number: view.header.number, hash: view.header.hash }; };
  server.get('/v1/upgrades', async (_request, reply) => reply.type('application/json').send(await answers.of('upgrades', () => canonicalJson(look().map(summaryOf)))));
  server.get('/v1/upgrades/:id', async (request, reply) => {
    const [, id, form] = /^(0x[0-9a-fA-F]{64})(\.md)?$/.exec((request.params as { id: string }).id) ?? [];
    if (id === undefined) return reply.code(400).send({ error: 'expected the id of an upgrade, 32 bytes of hexadecimal, with .md for Markdown' });
    const found = look().find((upgrade) => upgrade.id === id.toLowerCase());
    if (found === undefined) return reply.code(404).send({ error: 'no upgrade of this id was scheduled' });
    if (form !== undefined && found.report !== undefined) return reply.type('text/markdown; charset=utf-8').send(markdown(found.report));
    return reply.type('application/json').send(canonicalJson({ ...summaryOf(found), report: found.report ?? null, stacked: found.stacked ?? null }));
  });
  server.get('/v1/exit-plans', async (request, reply) => {
    const { address } = request.query as { address?: unknown };
    const plans = plansOf(lastView(), look());
    return reply.type('application/json').send(canonicalJson({ block: block(), plans: plans.filter((plan) => typeof address !== 'string' || plan.address === address.toLowerCase()) }));
  });
  server.get('/v1/exit-window', async (request, reply) => {
    const { address } = request.query as { address?: unknown };
    const pending = look().filter(isPending);
    const first = pending.toSorted((a, b) => a.time.lastSafeT - b.time.lastSafeT)[0];
    if (first === undefined) return reply.type('application/json').send(canonicalJson({ block: block(), pending: 0, secondsLeft: null, sentence: 'no upgrade is pending' }));
    const own = typeof address === 'string' ? plansOf(lastView(), pending).find((plan) => plan.address === address.toLowerCase()) : undefined;
    return reply.type('application/json').send(canonicalJson({
      block: block(), pending: pending.length, upgrade: own?.upgrade ?? first.id, secondsLeft: own?.secondsLeft ?? first.time.lastSafeT - first.time.nowT, sentence: own?.sentence ?? describeTime(first.time),
      ...(typeof address === 'string' ? { isWatched: own !== undefined } : {}),
    }));
  });
  server.get('/v1/calendar.ics', async (_request, reply) => reply.type('text/calendar; charset=utf-8').send(await answers.of('calendar', () => calendar(look(), plansOf(lastView(), look()), lastView()?.header.timestamp ?? 0n))));
}

const isPending = ({ state }: LookedAt): boolean => state === 'Scheduled' || state === 'Executable';

function plansOf(view: View | undefined, looked: readonly LookedAt[]): readonly ExitPlan[] {
  if (view === undefined || looked.length === 0) return [];
  const plans = exitPlansAt(view);
  if (plans === undefined) throw new Unverifiable('the exit plans of the last final state could not be made: see the verdict of G38-exit-time');
  return plans;
}

function summaryOf({ id, state, time, hash, scheduledReportHash, report, undecodable }: LookedAt): Readonly<Record<string, unknown>> {
  return {
    id, state, time, sentence: describeTime(time), kind: report?.kind ?? null, reportHash: hash ?? null, scheduledReportHash: scheduledReportHash ?? null, isReportReproduced: hash !== undefined && hash === scheduledReportHash,
    failed: report?.checks.filter(({ status }) => status === 'violation').map((check) => check.id) ?? [], unverifiable: report?.checks.filter(({ status }) => status === 'unverifiable').map((check) => check.id) ?? [], undecodable: undecodable ?? null,
  };
}
