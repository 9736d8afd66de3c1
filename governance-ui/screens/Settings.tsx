// Settings: which rollup, by which endpoints, run by whom; and what the page is built from. Owns the form and the matrix of what
// each endpoint says. A quorum counts operators: two addresses of one company are one voice.
// Invariant: what is stored parsed first; the server's configuration is never overwritten, only set aside.

'use client';

import { useContext, useState } from 'react';
import { QueryClientContext } from '@tanstack/react-query';
import { COLLUSION_SENTENCE } from '../content.ts';
import { Button, Field, Notice, PageHead, Panel } from '../components/ui.tsx';
import { EndpointMatrix } from '../components/endpoints.tsx';
import { OverrideLog } from '../components/overrideLog.tsx';
import { parseDeployment } from '../chain/deployment.ts';
import { forgetDeployment, loadDeployment, storeDeployment } from '../env.ts';
import type { Deployment } from '../chain/deployment.ts';

interface Draft { readonly rollup: string; readonly deployBlock: string; readonly l1Chain: string; readonly l1: string; readonly l2Chain: string; readonly l2: string; readonly watchtower: string }

const listText = (endpoints: Deployment['l1']['endpoints']): string => endpoints.map(({ url, operator }) => `${operator} ${url}`).join('\n');

function draftOf(deployment: Deployment | undefined): Draft {
  if (deployment === undefined) return { rollup: '', deployBlock: '0', l1Chain: '', l1: '', l2Chain: '', l2: '', watchtower: '' };
  const { rollup, deployBlock, l1, l2, watchtower } = deployment;
  return { rollup, deployBlock: deployBlock.toString(), l1Chain: String(l1.chainId), l1: listText(l1.endpoints), l2Chain: String(l2.chainId), l2: listText(l2.endpoints), watchtower: watchtower ?? '' };
}

/** One endpoint a line: its operator's name, then its address. */
function endpointsOf(text: string): { url: string; operator: string }[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '').map((line) => {
    const words = line.split(/\s+/);
    const url = words.at(-1) ?? '';
    return { url, operator: words.slice(0, -1).join(' ') };
  });
}

function parseDraft(draft: Draft): Deployment {
  return parseDeployment({
    rollup: draft.rollup.trim(), deployBlock: Number(draft.deployBlock),
    l1: { chainId: Number(draft.l1Chain), endpoints: endpointsOf(draft.l1) }, l2: { chainId: Number(draft.l2Chain), endpoints: endpointsOf(draft.l2) },
    ...(draft.watchtower.trim() === '' ? {} : { watchtower: draft.watchtower.trim() }),
  });
}

export function Settings({ why, onChanged }: { route: readonly string[]; why?: string; onChanged: () => void }) {
  const isRunning = useContext(QueryClientContext) !== undefined;
  const [loaded] = useState(loadDeployment);
  const [draft, setDraft] = useState(() => draftOf(loaded.ok ? loaded.deployment : undefined));
  const [said, setSaid] = useState<{ tone: 'good' | 'bad'; text: string }>();
  const set = (name: keyof Draft) => (value: string): void => setDraft({ ...draft, [name]: value });
  const save = (): void => {
    try {
      storeDeployment(parseDraft(draft));
      setSaid({ tone: 'good', text: 'Stored in this browser. All numbers are read anew.' });
      onChanged();
    } catch (error) {
      setSaid({ tone: 'bad', text: error instanceof Error ? error.message : String(error) });
    }
  };
  const forget = (): void => {
    forgetDeployment();
    const now = loadDeployment();
    setDraft(draftOf(now.ok ? now.deployment : undefined));
    setSaid({ tone: 'good', text: 'Your own settings are gone; what is served beside the page counts again.' });
    onChanged();
  };
  return (
    <>
      <PageHead title="Settings">The page believes no single endpoint. Name several, run by operators that have nothing to do with each other.</PageHead>
      {why === undefined ? null : <Notice tone="info" title="Which rollup?">{why}.</Notice>}
      {isRunning ? <EndpointMatrix /> : null}
      <Panel title="Rollup and endpoints">
        <div className="form">
          <div className="wide form form-first"><Field label="Rollup contract on L1" value={draft.rollup} onChange={set('rollup')} placeholder="0x…" hint="Everything else is found from this address." /><Field label="L1 block of its deployment" value={draft.deployBlock} onChange={set('deployBlock')} mode="decimal" hint="Events are searched from here on." /></div>
          <div className="wide form form-halves"><div className="stack"><Field label="L1 chain id" value={draft.l1Chain} onChange={set('l1Chain')} mode="decimal" /><EndpointList label="L1 endpoints" value={draft.l1} onChange={set('l1')} /></div>
          <div className="stack"><Field label="L2 chain id" value={draft.l2Chain} onChange={set('l2Chain')} mode="decimal" /><EndpointList label="L2 endpoints" value={draft.l2} onChange={set('l2')} /></div></div>
          <div className="wide"><Field label="A watchtower (may be empty)" value={draft.watchtower} onChange={set('watchtower')} placeholder="http://127.0.0.1:9200" hint="Its verdicts are shown as its own word, on Health and on upgrades; nothing rests on them." /></div>
        </div>
        <p className="quiet">{COLLUSION_SENTENCE} Endpoints must allow requests from web pages (CORS).</p>
        <div className="actions"><Button kind="primary" onClick={save}>Store</Button><Button onClick={forget}>Forget my settings</Button></div>
        {said === undefined ? null : <Notice tone={said.tone} title={said.tone === 'good' ? 'Done' : 'Not stored'} isLive>{said.text}</Notice>}
      </Panel>
      <OverrideLog />
      <Panel title="This page">
        <p>It has no server: these files, your browser, your wallet and the endpoints above are all there is. Build it from source and compare: <code>npm run build -w governance-ui</code> prints a digest of every file of the export.</p>
      </Panel>
    </>
  );
}

function EndpointList({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const id = `endpoints-${label.replace(/\W+/g, '-')}`;
  return <div className="field"><label htmlFor={id}>{label}</label><textarea id={id} rows={4} value={value} spellCheck={false} onChange={(event) => onChange(event.target.value)} aria-describedby={`${id}-about`} /><p className="field-about" id={`${id}-about`}>One a line: operator, then address. Example: <code>alice https://rpc.example.org</code></p></div>;
}
