// B: every upgrade that is scheduled, decoded, checked and timed. One subject an upgrade: it is a violation as long as it is pending and any check
// of it fails, with each failing check named. Scheduling, veto, extension and execution are told when they happen.

import { lookAtUpgrades } from '../upgrades/pending.ts';
import type { Monitor } from '../monitor.ts';
import { decodeUpgrade } from '../upgrades/decode.ts';
import { describeTime } from '../upgrades/time.ts';
import { verdict } from './verdicts.ts';

const id = ({ args }: { readonly args: Readonly<Record<string, unknown>> }): string => String(args['id']);

export const upgrades: Monitor = {
  id: 'B-upgrades', group: 'B', about: 'no pending upgrade fails a check', severity: 'critical', needs: ['UpgradeTimelock', 'Clock', 'Rollup'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const looked = await lookAtUpgrades(view);
    return looked.map(({ id: subject, state, report, scheduledReportHash, hash, time, undecodable, stacked }) => {
      if (undecodable !== undefined) return verdict(view, 'violation', { subject, sentence: 'an upgrade is scheduled whose payload does not decode: nobody can say what it does', expected: undecodable.expected, got: undecodable.got });
      const isPending = state === 'Scheduled' || state === 'Executable';
      const checks = [...report?.checks ?? [], ...(stacked?.checks ?? []).map((check) => ({ ...check, id: `${check.id} after ${stacked?.ids.join(', ') ?? ''}` }))];
      const failed = checks.filter(({ status }) => status === 'violation');
      const unknown = checks.filter(({ status }) => status === 'unverifiable');
      const status = !isPending ? 'ok' : failed.length > 0 ? 'violation' : unknown.length > 0 ? 'unverifiable' : 'ok';
      const when = isPending ? describeTime(time) : `It is ${state.toLowerCase()}.`;
      const found = failed.length > 0 ? failed.map((check) => `${check.id}: ${check.sentence}`).join('; ') : unknown.length > 0 ? `not checkable: ${unknown.map((check) => check.id).join(', ')}` : 'every check holds';
      const reportNote = scheduledReportHash === hash ? 'its scheduled report is this one' : 'its scheduled report is another than this watchtower\'s';
      return verdict(view, status, { subject, sentence: `${report?.sentences[0] ?? ''} ${when} ${found}; ${reportNote}.`, expected: 'every check ok', got: found, ...(status === 'violation' ? { finding: failed.map((check) => check.id).join(' ') } : {}), ...(isPending ? { measure: time.eta - time.nowT } : {}) });
    });
  },
  notices: [
    { contract: 'UpgradeTimelock', event: 'UpgradeScheduled', severity: 'critical', subject: id, sentence: ({ args }) => {
      const decoded = decodeUpgrade(args['upgrade']);
      return decoded.ok ? `an upgrade of kind ${decoded.upgrade.kind} was scheduled: executable from T ${String(args['eta'])} (${Object.entries(decoded.upgrade.fields).map(([name, value]) => `${name} ${JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))}`).join(', ')})`
        : `an upgrade was scheduled that does not decode: expected ${decoded.expected}, got ${decoded.got}`;
    } },
    { contract: 'UpgradeTimelock', event: 'UpgradeExecuted', severity: 'critical', subject: id, sentence: ({ args }) => `upgrade ${String(args['id'])} was carried out${args['isExpedited'] === true ? ', expedited by the council: nobody had time to leave' : ''}` },
    { contract: 'UpgradeTimelock', event: 'UpgradeVetoed', severity: 'warning', subject: id, sentence: ({ args }) => `upgrade ${String(args['id'])} was vetoed by the council, and with it every other of its content ${String(args['content'])} that was scheduled by then; what is queued later is not, and cannot be vetoed any more` },
    { contract: 'UpgradeTimelock', event: 'UpgradeExtended', severity: 'warning', subject: id, sentence: ({ args }) => `upgrade ${String(args['id'])} may be carried out until T ${String(args['expiry'])}: exits go first` },
  ],
};

