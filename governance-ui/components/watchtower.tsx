// What a watchtower of the reader's says: how fresh it is, its checks, its incidents. Owns reading its API and the words for it.
// It is one server's word, not checked against anything here, and is called so; the page works without.
// Invariant: a watchtower that does not answer is *unknown*; an old answer is shown with its age.

'use client';

import { useQuery } from '@tanstack/react-query';
import { reasonOf } from '../chain/reading.ts';
import { heardOf, judgedUpTo } from '../chain/watchtowerAnswer.ts';
import type { Heard, Verdict } from '../chain/watchtowerAnswer.ts';
import { durationText, group } from './format.ts';
import { useRound, useSession } from './session.tsx';
import { Badge, Disclosure, HexText, Notice, Panel, Row, Rows } from './ui.tsx';
import type { Tone } from './ui.tsx';

const EVERY_MILLISECONDS = 10_000;
const TIMEOUT_MILLISECONDS = 5_000;
const TONES: Readonly<Record<string, Tone>> = { ok: 'good', violation: 'bad', unverifiable: 'warn' };

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS), credentials: 'omit' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

function useWatchtower(): { readonly url: string | undefined; readonly heard: Heard | undefined; readonly why: string | undefined } {
  const { deployment: { watchtower: url } } = useSession();
  const { data, error } = useQuery({ queryKey: ['watchtower', url], enabled: url !== undefined, refetchInterval: EVERY_MILLISECONDS, queryFn: async (): Promise<Heard> => {
    const [verdicts, alerts, status] = await Promise.all([ask(`${url}/v1/verdicts`), ask(`${url}/v1/alerts?limit=20`), ask(`${url}/v1/status`)]);
    return heardOf(verdicts, alerts, status);
  } });
  return { url, heard: data, why: error === null ? undefined : reasonOf(error) };
}

export function WatchtowerPanel() {
  const { url, heard, why } = useWatchtower();
  const now = useRound('l1')?.head;
  if (url === undefined) return <Panel title="Watchtower"><p className="quiet">None is named in Settings. With one, its checks with their ages and its alerts stand here, as its own word.</p></Panel>;
  if (why !== undefined) return <Panel title="Watchtower"><Notice tone="warn" title="Unknown">{why}. A watchtower that does not answer watches nothing.</Notice></Panel>;
  if (heard === undefined) return <Panel title="Watchtower"><p className="pending">Asking it…</p></Panel>;
  const { verdicts, alerts, status } = heard;
  const judged = judgedUpTo(heard);
  if (judged === undefined) return <Panel title="Watchtower" aside={<code className="wrap">{url}</code>}><Notice tone="warn" title="Unknown">It answers and has judged nothing: no check of it has said anything.</Notice></Panel>;
  return (
    <Panel title="Watchtower" aside={<code className="wrap">{url}</code>}>
      <p className="quiet">One server's word, not checked here. Every check should say ok, and recently.</p>
      <Rows>
        <Row name="Judged up to" hint="the finalized block">L1 block {group(judged)}{now?.known === true ? `, ${distanceText(now.value.number - judged)}` : ''}</Row>
        <Row name="Alerts not delivered yet" hint="its outbox">{group(status.outbox)}</Row>
        <Row name="Entries in its log">{group(status.log.seq)}</Row>
      </Rows>
      <div className="table-scroll" role="region" aria-label="Checks" tabIndex={0}><table>
        <thead><tr><th scope="col">Check</th><th scope="col">Says</th><th scope="col">About</th><th scope="col" className="number">Last ok</th></tr></thead>
        <tbody>{byCheck(verdicts).map(({ monitor, status: one, all, lastOk }) => (
          <tr key={`${monitor} ${one}`}><th scope="row">{monitor}</th><td><Badge tone={TONES[one] ?? 'warn'}>{all.length === 1 ? one : `${one}, ${all.length} times`}</Badge></td>
            <td className="wrap">{all.length === 1 || one !== 'ok' ? <Sentences all={all} /> : <Disclosure summary={`${all.length} things it looked at`}><Sentences all={all} /></Disclosure>}</td>
            <td className="number">{lastOk === undefined ? 'never' : now?.known === true ? `${durationText(now.value.timestamp - BigInt(lastOk))} ago` : '–'}</td></tr>
        ))}</tbody>
      </table></div>
      {alerts.length === 0 ? <p className="quiet">No incident so far.</p> : <ul className="items">{alerts.map(({ id, sentence, severity, state }) => <li key={id}><Badge tone={state === 'firing' ? 'bad' : 'quiet'}>{state}</Badge><span>{sentence}<span className="hint">{severity}; incident <HexText value={id} /></span></span></li>)}</ul>}
    </Panel>
  );
}

function distanceText(behind: bigint): string {
  if (behind === 0n) return 'at the head';
  return behind > 0n ? `${group(behind)} behind the head` : `${group(-behind)} beyond the head that this page has read`;
}

interface CheckGroup { readonly monitor: string; readonly status: string; readonly all: readonly Verdict[]; readonly lastOk: number | undefined }

const ORDER = ['violation', 'unverifiable', 'ok'];

/** One row for what a check says alike, the worst first; its age is that of the oldest of them. */
function byCheck(verdicts: readonly Verdict[]): CheckGroup[] {
  const groups = Map.groupBy(verdicts, ({ monitor, status }) => `${status} ${monitor}`);
  return [...groups.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const lastOk = all.some((one) => one.lastOk === undefined) ? undefined : Math.min(...all.map((one) => one.lastOk ?? 0));
    return [{ monitor: first.monitor, status: first.status, all, lastOk }];
  }).toSorted((left, right) => placeOf(left) - placeOf(right));
}

/** A status that is not known comes first. */
const placeOf = ({ status }: CheckGroup): number => ORDER.indexOf(status);

function Sentences({ all }: { all: readonly Verdict[] }) {
  const [first] = all;
  return all.length === 1 ? <>{first?.sentence}</> : <ul className="plain-list">{all.map(({ subject, sentence }) => <li key={`${subject} ${sentence}`}>{sentence}</li>)}</ul>;
}

/** What it says about one upgrade. */
export function WatchtowerVerdicts({ subject }: { subject: string }) {
  const { url, heard, why } = useWatchtower();
  if (url === undefined) return null;
  if (why !== undefined) return <p><span className="unknown">Unknown</span> is what the watchtower says: {why}</p>;
  const about = heard?.verdicts.filter((one) => one.subject.toLowerCase() === subject.toLowerCase()) ?? [];
  return (
    <>
      <p className="quiet">What the watchtower at <code className="wrap">{url}</code> says, unverified here:</p>
      {about.length === 0 ? <p className="quiet">Nothing about this upgrade yet.</p> : <ul className="items">{about.map(({ monitor, status, sentence, blockNumber }) => <li key={monitor}><Badge tone={TONES[status] ?? 'warn'}>{status}</Badge><span>{sentence}<span className="hint">{monitor}, at L1 block {group(blockNumber)}</span></span></li>)}</ul>}
    </>
  );
}
