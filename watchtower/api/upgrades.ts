// The API's routes about upgrades: list, one with its report (JSON or Markdown), how long there is to leave, and a calendar. Owns those shapes.

import type { FastifyInstance } from 'fastify';
import type { View } from '../monitor.ts';
import { exitPlans } from '../monitors/exitTime.ts';
import { lookAtUpgrades, type LookedAt } from '../upgrades/pending.ts';
import { markdown } from '../upgrades/report.ts';
import { describeTime } from '../upgrades/time.ts';
import { canonicalJson } from '../verdict.ts';
import { calendar } from './calendar.ts';

export function addUpgradeRoutes(server: FastifyInstance, lastView: () => View | undefined): void {
  const look = async (): Promise<readonly LookedAt[]> => {
    const view = lastView();
    return view?.contracts.has('UpgradeTimelock') === true ? lookAtUpgrades(view) : [];
  };
  server.get('/v1/upgrades', async (_request, reply) => reply.type('application/json').send(canonicalJson((await look()).map(summaryOf))));
  server.get('/v1/upgrades/:id', (request, reply) => {
    const [id = '', form] = (request.params as { id: string }).id.split('.');
    look().then((all) => {
      const found = all.find((upgrade) => upgrade.id === id.toLowerCase());
      if (found === undefined) return reply.code(404).send({ error: `no upgrade ${id} was scheduled` });
      if (form === 'md' && found.report !== undefined) return reply.type('text/markdown').send(markdown(found.report));
      return reply.type('application/json').send(canonicalJson({ ...summaryOf(found), report: found.report ?? null }));
    }).catch((error: unknown) => reply.code(503).send({ error: error instanceof Error ? error.message : String(error) }));
  });
  server.get('/v1/exit-plans', (request, reply) => {
    const { address } = request.query as { address?: string };
    const view = lastView();
    const plans = view?.contracts.has('UpgradeTimelock') === true ? exitPlans(view) : Promise.resolve([]);
    plans.then((all) => reply.type('application/json').send(canonicalJson({ block: view === undefined ? null : { number: view.header.number, hash: view.header.hash }, plans: all.filter((plan) => address === undefined || plan.address === address.toLowerCase()) })))
      .catch((error: unknown) => reply.code(503).send({ error: error instanceof Error ? error.message : String(error) }));
  });
  server.get('/v1/exit-window', async (_request, reply) => {
    const pending = (await look()).filter(({ state }) => state === 'Scheduled' || state === 'Executable');
    const first = pending.toSorted((a, b) => a.time.lastSafeT - b.time.lastSafeT)[0];
    const view = lastView();
    return reply.type('application/json').send(canonicalJson(first === undefined
      ? { block: view === undefined ? null : { number: view.header.number, hash: view.header.hash }, pending: 0, secondsLeft: null, sentence: 'no upgrade is pending' }
      : { block: { number: view?.header.number, hash: view?.header.hash }, pending: pending.length, upgrade: first.id, secondsLeft: first.time.lastSafeT - first.time.nowT, sentence: describeTime(first.time) }));
  });
  server.get('/v1/calendar.ics', async (_request, reply) => reply.type('text/calendar').send(calendar(await look(), lastView()?.header.timestamp ?? 0n)));
}

function summaryOf({ id, state, time, hash, scheduledReportHash, report, undecodable }: LookedAt): Readonly<Record<string, unknown>> {
  return {
    id, state, time, sentence: describeTime(time), kind: report?.kind ?? null, reportHash: hash ?? null, scheduledReportHash: scheduledReportHash ?? null, isReportReproduced: hash !== undefined && hash === scheduledReportHash,
    failed: report?.checks.filter(({ status }) => status === 'violation').map((check) => check.id) ?? [], unverifiable: report?.checks.filter(({ status }) => status === 'unverifiable').map((check) => check.id) ?? [], undecodable: undecodable ?? null,
  };
}
