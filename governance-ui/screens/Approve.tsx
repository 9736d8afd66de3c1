// Approve: a member of the council prepares or opens an act, reads what it does and what was checked, sees what the device will show, signs
// it flat, combines it with the signatures of others, and hands it on. Owns which act is open; signing it is actPanel.tsx.
// Invariant: a file or link that is another act never takes the place of one that is open without being asked.

'use client';

import { useEffect, useState } from 'react';
import { ActPanel } from '../components/actPanel.tsx';
import { PrepareAct } from '../components/prepareAct.tsx';
import { useRound, useSystem } from '../components/session.tsx';
import { Button, Notice, PageHead, Panel } from '../components/ui.tsx';
import { useUpgrades } from '../components/upgrades.ts';
import { actOfLink, bodyOf, judgeByKey, mergeActs, parseActs } from '../chain/actFiles.ts';
import type { MergedAct } from '../chain/actFiles.ts';
import { judgeOnChain } from '../chain/approvals.ts';
import type { CouncilAct } from '../chain/council.ts';
import { reasonOf } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';

interface Opened { readonly act: CouncilAct | undefined; readonly fault: string | undefined; readonly dropped?: readonly string[]; readonly other?: MergedAct | undefined }

export function Approve({ route: [first, code] }: { route: readonly string[] }) {
  const system = useSystem();
  const head = <PageHead title="Approve">For members of the security council: read, compare with your device, sign, hand on.</PageHead>;
  if (system === undefined) return <>{head}<p className="pending">Reading…</p></>;
  if (!system.known) return <>{head}<Notice tone="warn" title="Unknown">{system.why}</Notice></>;
  if (system.value.governance.council === undefined) return <>{head}<Notice tone="warn" title="There is no council yet">Nothing stands at its reserved address: there is nothing to sign.</Notice></>;
  const link = first === 'act' ? code : undefined;
  return <>{head}<Acts key={link ?? ''} system={system.value} link={link} upgradeId={first === 'act' ? undefined : first} /></>;
}

function Acts({ system, link, upgradeId }: { system: System; link: string | undefined; upgradeId: string | undefined }) {
  const upgrades = useUpgrades();
  const head = useRound('l1')?.head;
  const [opened, setOpened] = useState<Opened>({ act: undefined, fault: undefined });
  const { act, fault, dropped = [], other } = opened;
  const upgrade = upgrades?.known === true ? upgrades.value.find((one) => one.id.toLowerCase() === upgradeId?.toLowerCase()) : undefined;
  const open = (next: MergedAct): void => setOpened({ act: next.act, fault: undefined, dropped: next.dropped });
  const sign = (signed: CouncilAct): void => open({ act: signed, dropped });
  // Before a block is agreed on, keys alone can be judged.
  const judge = system.governance.council !== undefined && head?.known === true ? judgeOnChain(system.governance.council, head.at) : judgeByKey;
  useEffect(() => {
    if (link === undefined) return;
    const openLink = async (): Promise<MergedAct> => mergeActs([actOfLink(link)]);
    void openLink().then(open, (error: unknown) => setOpened({ act: undefined, fault: reasonOf(error) }));
  }, [link]);
  const take = async (text: string): Promise<void> => {
    if (text.trim() === '') return setOpened({ act, fault: undefined, dropped });
    try {
      const given = await parseActs(text, judge);
      if (act === undefined) return open(given);
      try {
        const both = await mergeActs([act, given.act], judge);
        return open({ act: both.act, dropped: [...given.dropped, ...both.dropped] });
      } catch (error) {
        return setOpened({ act, fault: reasonOf(error), dropped, other: given });
      }
    } catch (error) {
      return setOpened({ act, fault: reasonOf(error), dropped });
    }
  };
  const takeFiles = async (files: FileList | null): Promise<void> => take((await Promise.all([...(files ?? [])].map(async (file) => file.text()))).join('\n'));
  return (
    <>
      <Panel title="The act">
        {upgradeId !== undefined && upgrades?.known === true && upgrade === undefined ? <Notice tone="warn" title="The timelock has no such upgrade">{upgradeId}: it was never scheduled here.</Notice> : null}
        <PrepareAct upgrade={upgrade} onPrepared={(prepared) => open({ act: prepared, dropped: [] })} />
        <div className="form">
          <div className="field wide"><label htmlFor="act-file">{act === undefined ? <>Or a file of <code>keyfall council</code>, or a link, pasted</> : <>Or a file of <code>keyfall council</code> or a link from another member: their signatures are added</>}</label><textarea id="act-file" rows={3} spellCheck={false} onChange={(event) => void take(event.target.value)} /></div>
          <div className="field"><label htmlFor="act-files">Or files, several at once</label><input id="act-files" type="file" multiple accept=".json,application/json" onChange={(event) => void takeFiles(event.target.files)} /></div>
        </div>
        {fault === undefined ? null : <Notice tone="bad" title={other === undefined ? 'Not an act' : 'This is another act than the one that is open'}>{fault}{other === undefined ? null : <> <Button onClick={() => open(other)}>Close the open one and read this</Button></>}</Notice>}
        {dropped.length === 0 ? null : <Notice tone="warn" title="A signature was put aside" isLive><ul>{dropped.map((one) => <li key={one}>{one}.</li>)}</ul></Notice>}
      </Panel>
      {act === undefined ? null : <ActPanel key={bodyOf(act)} act={act} system={system} onSigned={sign} />}
    </>
  );
}
