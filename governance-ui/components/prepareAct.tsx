// An act of the council prepared in the page: for the upgrade that is open, a pause, or the end of an open dispute. Owns nonce and
// deadline; nothing is signed here. Invariant: only what the council's contract has now is offered, with its own epoch and a free nonce.

'use client';

import { useState } from 'react';
import { epoch, freeNonce } from '../chain/council.ts';
import type { ActName, CouncilAct } from '../chain/council.ts';
import { openDisputes } from '../chain/disputes.ts';
import type { Dispute } from '../chain/disputes.ts';
import { reasonOf, unknown } from '../chain/reading.ts';
import { isPending } from '../chain/timelock.ts';
import type { ScheduledUpgrade } from '../chain/timelock.ts';
import { upgradeWords } from '../chain/upgradeWords.ts';
import { useReading, useRound, useSession, useSystem } from './session.tsx';
import { Button, Field, HexText, Notice } from './ui.tsx';
import { Moment } from './value.tsx';
import { VetoReachNotice } from './vetoReach.tsx';

/** What people have needed to gather signatures; theirs to change. */
const USUAL_HOURS = '72';
const MAX_HOURS = 720n;
const HOUR_SECONDS = 3_600n;

export function PrepareAct({ upgrade, onPrepared }: { upgrade: ScheduledUpgrade | undefined; onPrepared: (act: CouncilAct) => void }) {
  const { deployment } = useSession();
  const head = useRound('l1')?.head;
  const system = useSystem();
  const version = useReading('l1', ['council', 'epoch'], async ({ system, at }) => (system.governance.council === undefined ? unknown('no council stands') : epoch(system.governance.council, at)));
  const disputes = useReading<readonly Dispute[]>('l1', ['disputes'], async ({ system, at }) => (system.governance.council === undefined ? unknown('no council stands') : openDisputes(system.governance.council, at)));
  const [hours, setHours] = useState(USUAL_HOURS);
  const [fault, setFault] = useState<string>();
  if (version?.known === false) return <p><span className="unknown">unknown</span> is the council's epoch: {version.why}</p>;
  if (system?.known !== true || head?.known !== true || version?.known !== true) return <p className="pending">The council's epoch is being read.</p>;
  const { council, timelock } = system.value.governance;
  if (council === undefined || timelock === undefined) return null;
  const isHours = /^\d{1,3}$/.test(hours) && BigInt(hours) > 0n && BigInt(hours) <= MAX_HOURS;
  const prepare = async (act: ActName, resolution: Pick<CouncilAct, 'disputeId' | 'lane'> = {}): Promise<void> => {
    try {
      const nonce = await freeNonce(council, head.at);
      if (!nonce.known) return setFault(`a free nonce is unknown: ${nonce.why}`);
      setFault(undefined);
      onPrepared({
        act, chainId: String(deployment.l1.chainId), council: council.address, timelock: timelock.address, epoch: version.value.toString(), nonce: nonce.value.toString(), deadline: (head.value.timestamp + BigInt(hours) * HOUR_SECONDS).toString(),
        ...(act === 'veto' || act === 'expedite' ? { upgrade: (upgrade ?? missing()).upgrade } : {}), ...resolution, approvals: [],
      });
    } catch (error) {
      setFault(reasonOf(error));
    }
  };
  return (
    <>
      {upgrade === undefined ? <p className="quiet">Open an upgrade to veto it or carry it out early; a pause and the end of a dispute need none.</p> : <p className="sentence">{upgradeWords(upgrade.upgrade)}</p>}
      {upgrade !== undefined && isPending(upgrade) ? <VetoReachNotice id={upgrade.id} upgrade={upgrade.upgrade} /> : null}
      <div className="form"><Field label="Signatures are good for, hours" value={hours} onChange={setHours} mode="decimal" error={isHours ? undefined : `expected hours, from 1 to ${MAX_HOURS}`} /></div>
      <div className="actions">
        {upgrade !== undefined && isPending(upgrade) ? <><Button disabled={!isHours} onClick={() => void prepare('veto')}>Veto it</Button><Button kind="danger" disabled={!isHours} onClick={() => void prepare('expedite')}>Carry it out early</Button></> : null}
        <Button disabled={!isHours} onClick={() => void prepare('pause')}>Pause finality</Button>
      </div>
      {disputes?.known === false ? <p className="quiet"><span className="unknown">unknown</span> is which disputes are open: {disputes.why}</p> : null}
      {disputes?.known !== true || disputes.value.length === 0 ? null : (
        <ul className="cards">{disputes.value.map(({ id, batch, lanes, endWall }) => (
          <li key={id.toString()} className="card">
            <p>Dispute {id.toString()} about batch {batch.toString()}: two lanes gave different answers. Nobody deciding, the chain may be frozen after <Moment at={endWall} now={disputes.at.timestamp} isHeadline />.</p>
            {lanes.map((lane) => <div key={lane} className="actions"><Button disabled={!isHours} onClick={() => void prepare('resolve', { disputeId: id.toString(), lane })}>Switch off this lane</Button><HexText value={lane} /></div>)}
          </li>
        ))}</ul>
      )}
      {fault === undefined ? null : <Notice tone="warn" title="Not prepared">{fault}</Notice>}
    </>
  );
}

function missing(): never {
  throw new Error('no upgrade is open');
}
