// Approve: a member of the council prepares or opens an act, reads what it does and what was checked, sees what the device will show, signs
// it flat, combines it with the signatures of others, and hands it on. Owns which act is open; signing it is actPanel.tsx.
// Invariant: a file or link that is another act never takes the place of one that is open without being asked.

'use client';

import { useState } from 'react';
import { ActPanel } from '../components/actPanel.tsx';
import { PrepareAct } from '../components/prepareAct.tsx';
import { useSystem } from '../components/session.tsx';
import { Button, Notice, PageHead, Panel } from '../components/ui.tsx';
import { useUpgrades } from '../components/upgrades.ts';
import { actOfLink, bodyOf, mergeActs, parseActs } from '../chain/actFiles.ts';
import type { CouncilAct } from '../chain/council.ts';
import { reasonOf } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';

interface Opened { readonly act: CouncilAct | undefined; readonly fault: string | undefined; readonly other?: CouncilAct | undefined }

export function Approve({ route: [first, code] }: { route: readonly string[] }) {
  const system = useSystem();
  const head = <PageHead title="Approve">For members of the security council: read, compare with your device, sign, hand on.</PageHead>;
  if (system === undefined) return <>{head}<p className="pending">Reading…</p></>;
  if (!system.known) return <>{head}<Notice tone="warn" title="Unknown">{system.why}</Notice></>;
  if (system.value.governance.council === undefined) return <>{head}<Notice tone="warn" title="There is no council yet">Nothing stands at its reserved address: there is nothing to sign.</Notice></>;
  const link = first === 'act' ? code : undefined;
  return <>{head}<Acts key={link ?? ''} system={system.value} link={link} upgradeId={first === 'act' ? undefined : first} /></>;
}

function openLink(link: string | undefined): Opened {
  if (link === undefined) return { act: undefined, fault: undefined };
  try {
    return { act: mergeActs([actOfLink(link)]), fault: undefined };
  } catch (error) {
    return { act: undefined, fault: reasonOf(error) };
  }
}

function Acts({ system, link, upgradeId }: { system: System; link: string | undefined; upgradeId: string | undefined }) {
  const upgrades = useUpgrades();
  const [opened, setOpened] = useState(() => openLink(link));
  const { act, fault, other } = opened;
  const upgrade = upgrades?.known === true ? upgrades.value.find((one) => one.id.toLowerCase() === upgradeId?.toLowerCase()) : undefined;
  const open = (next: CouncilAct): void => setOpened({ act: next, fault: undefined });
  const take = (text: string): void => {
    if (text.trim() === '') return setOpened({ act, fault: undefined });
    try {
      const given = parseActs(text);
      if (act === undefined) return open(given);
      try {
        return open(mergeActs([act, given]));
      } catch (error) {
        return setOpened({ act, fault: reasonOf(error), other: given });
      }
    } catch (error) {
      return setOpened({ act, fault: reasonOf(error) });
    }
  };
  const takeFiles = async (files: FileList | null): Promise<void> => take((await Promise.all([...(files ?? [])].map(async (file) => file.text()))).join('\n'));
  return (
    <>
      <Panel title="The act">
        {upgradeId !== undefined && upgrades?.known === true && upgrade === undefined ? <Notice tone="warn" title="The timelock has no such upgrade">{upgradeId}: it was never scheduled here.</Notice> : null}
        <PrepareAct upgrade={upgrade} onPrepared={open} />
        <div className="form">
          <div className="field wide"><label htmlFor="act-file">{act === undefined ? <>Or a file of <code>keyfall council</code>, or a link, pasted</> : <>Or a file of <code>keyfall council</code> or a link from another member: their signatures are added</>}</label><textarea id="act-file" rows={3} spellCheck={false} onChange={(event) => take(event.target.value)} /></div>
          <div className="field"><label htmlFor="act-files">Or files, several at once</label><input id="act-files" type="file" multiple accept=".json,application/json" onChange={(event) => void takeFiles(event.target.files)} /></div>
        </div>
        {fault === undefined ? null : <Notice tone="bad" title={other === undefined ? 'Not an act' : 'This is another act than the one that is open'}>{fault}{other === undefined ? null : <> <Button onClick={() => open(other)}>Close the open one and read this</Button></>}</Notice>}
      </Panel>
      {act === undefined ? null : <ActPanel key={bodyOf(act)} act={act} system={system} onSigned={open} />}
    </>
  );
}
