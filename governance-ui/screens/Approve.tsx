// Approve: a member of the council reads an act, sees what the device will show, signs it flat, and hands the file on. Owns the file
// on this page; it is the one that `keyfall council` writes and takes. What came back from the wallet is recovered and compared.
// Invariant: a signature that is not the connected member's over exactly these bytes turns the page red and is not added.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import { DeviceMirror } from '../components/deviceMirror.tsx';
import { useReading, useRound, useSession, useSystem } from '../components/session.tsx';
import { SubmitAct } from '../components/submitAct.tsx';
import { Badge, Button, Field, Notice, PageHead, Panel, Row, Rows } from '../components/ui.tsx';
import { useSigning } from '../components/useSigning.ts';
import { useUpgrades } from '../components/upgrades.ts';
import { Moment, Value } from '../components/value.tsx';
import { actText, epoch, members, parseAct, quorumOf, typedAct, withApproval } from '../chain/council.ts';
import type { ActName, CouncilAct } from '../chain/council.ts';
import { reasonOf, unknown } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';
import { readUpgrade } from '../chain/upgradeWords.ts';
import type { ScheduledUpgrade } from '../chain/timelock.ts';

const OVERRIDE = 'SIGN UNREAD';
/** How long a signature may be used: long enough to gather the others. */
const VALID_SECONDS = 259_200n;

export function Approve({ route: [id] }: { route: readonly string[] }) {
  const system = useSystem();
  const upgrades = useUpgrades();
  const [act, setAct] = useState<CouncilAct>();
  const [fault, setFault] = useState<string>();
  const upgrade = upgrades?.known === true ? upgrades.value.find((one) => one.id.toLowerCase() === id?.toLowerCase()) : undefined;
  const take = (text: string): void => {
    try {
      setAct(text.trim() === '' ? undefined : parseAct(text));
      setFault(undefined);
    } catch (error) {
      setAct(undefined);
      setFault(reasonOf(error));
    }
  };
  const head = <PageHead title="Approve">For members of the security council: read, compare with your device, sign, hand on.</PageHead>;
  if (system === undefined) return <>{head}<p className="pending">Reading…</p></>;
  if (!system.known) return <>{head}<Notice tone="warn" title="Unknown">{system.why}</Notice></>;
  if (system.value.governance.council === undefined) return <>{head}<Notice tone="warn" title="There is no council yet">Nothing stands at its reserved address: there is nothing to sign.</Notice></>;
  return (
    <>
      {head}
      <Panel title="The act">
        <Prepare system={system.value} upgrade={upgrade} onPrepared={setAct} />
        <div className="field"><label htmlFor="act-file">Or a file of <code>keyfall council</code>, pasted</label><textarea id="act-file" rows={4} spellCheck={false} onChange={(event) => take(event.target.value)} /></div>
        {fault === undefined ? null : <Notice tone="bad" title="Not an act">{fault}</Notice>}
      </Panel>
      {act === undefined ? null : <SignPanel act={act} system={system.value} onSigned={setAct} />}
    </>
  );
}

function Prepare({ system, upgrade, onPrepared }: { system: System; upgrade: ScheduledUpgrade | undefined; onPrepared: (act: CouncilAct) => void }) {
  const { deployment } = useSession();
  const head = useRound('l1')?.head;
  const version = useReading('l1', ['council', 'epoch'], async ({ system, at }) => (system.governance.council === undefined ? unknown('no council stands') : epoch(system.governance.council, at)));
  const { council, timelock } = system.governance;
  if (council === undefined || timelock === undefined || head?.known !== true || version?.known !== true) return <p className="quiet">The council's epoch is being read.</p>;
  const prepare = (name: ActName): void => {
    const [word = 0n] = crypto.getRandomValues(new BigUint64Array(1));
    onPrepared({
      act: name, chainId: String(deployment.l1.chainId), council: council.address, timelock: timelock.address, epoch: version.value.toString(), nonce: word.toString(), deadline: (head.value.timestamp + VALID_SECONDS).toString(),
      ...(upgrade === undefined || name === 'pause' ? {} : { upgrade: upgrade.upgrade }), approvals: [],
    });
  };
  return (
    <>
      {upgrade === undefined ? <p className="quiet">Open an upgrade to veto it or carry it out early; a pause needs none.</p> : <p className="sentence">{readUpgrade(upgrade.upgrade)?.sentence ?? 'This upgrade cannot be read here.'}</p>}
      <div className="actions">
        {upgrade === undefined ? null : <><Button onClick={() => prepare('veto')}>Veto it</Button><Button kind="danger" onClick={() => prepare('expedite')}>Carry it out early</Button></>}
        <Button onClick={() => prepare('pause')}>Pause finality</Button>
      </div>
    </>
  );
}

function SignPanel({ act, system, onSigned }: { act: CouncilAct; system: System; onSigned: (act: CouncilAct) => void }) {
  const connection = useConnection();
  const { deployment } = useSession();
  const signing = useSigning();
  const [override, setOverride] = useState('');
  const [said, setSaid] = useState<{ tone: 'good' | 'bad'; text: string }>();
  const typed = typedAct(act);
  const wrong = mismatches(act, system, deployment.l1.chainId);
  const isReadable = act.upgrade === undefined || readUpgrade(act.upgrade) !== undefined;
  const list = useReading('l1', ['council', 'members'], async ({ system, at }) => (system.governance.council === undefined ? unknown('no council stands') : members(system.governance.council, at)));
  const needed = useReading('l1', ['council', 'quorum', act.act], async ({ system, at }) => (system.governance.council === undefined ? unknown('no council stands') : quorumOf(system.governance.council, at, act.act)));
  const isMember = list?.known === true ? list.value.some(({ account }) => account.toLowerCase() === connection.address?.toLowerCase()) : undefined;
  const sign = async (): Promise<void> => {
    const signed = await signing.sign(typed);
    if (!signed.ok) return setSaid({ tone: 'bad', text: signed.why });
    onSigned(withApproval(act, signed.signer, signed.signature));
    return setSaid({ tone: 'good', text: 'Recovered and compared: your signature, over exactly this act.' });
  };
  const text = actText(act);
  return (
    <Panel title="Read, compare, sign" tone={wrong.length > 0 ? 'bad' : undefined}>
      <p className="sentence">{typed.sentence}</p>
      {wrong.length === 0 ? null : <Notice tone="bad" title="This act is not for this rollup"><ul>{wrong.map((one) => <li key={one}>{one}</li>)}</ul></Notice>}
      <DeviceMirror typed={typed} />
      <Rows>
        <Row name="Signatures are void after"><Moment at={BigInt(act.deadline)} now={list?.known === true ? list.at.timestamp : BigInt(act.deadline)} /></Row>
        <Row name="Approvals">{act.approvals.length} of <Value reading={needed}>{String}</Value>{act.approvals.length > 0 ? <ul>{act.approvals.map(({ signer }) => <li key={signer}><code className="wrap">{signer}</code></li>)}</ul> : null}</Row>
        <Row name="You">{connection.address === undefined ? 'no wallet is connected' : isMember === undefined ? <span className="unknown">unknown</span> : <Badge tone={isMember ? 'good' : 'warn'}>{isMember ? 'a member' : 'not a member: your signature would count for nothing'}</Badge>}</Row>
      </Rows>
      {isReadable ? null : <Field label={`Type ${OVERRIDE} to sign what this page cannot read`} value={override} onChange={setOverride} />}
      <div className="actions">
        <Button kind="primary" disabled={connection.address === undefined || wrong.length > 0 || signing.isPending || (!isReadable && override !== OVERRIDE)} onClick={() => void sign()}>{signing.isPending ? 'In your wallet…' : 'Sign in wallet'}</Button>
        <a className="button" download={`council-${act.act}.json`} href={`data:application/json,${encodeURIComponent(text)}`}>Download the act</a>
      </div>
      {said === undefined ? null : <Notice tone={said.tone} title={said.tone === 'good' ? 'Signed' : 'Not signed'} isLive>{said.text}</Notice>}
      {needed?.known === true && BigInt(act.approvals.length) >= needed.value ? <SubmitAct act={act} /> : null}
    </Panel>
  );
}

/** In what an act is not for the rollup that the page shows. */
function mismatches(act: CouncilAct, system: System, chainId: number): string[] {
  const { council, timelock } = system.governance;
  return [
    ...(act.chainId === String(chainId) ? [] : [`it is for chain ${act.chainId}, not ${chainId}`]),
    ...(act.council.toLowerCase() === council?.address.toLowerCase() ? [] : [`it names the council ${act.council}`]),
    ...(act.timelock.toLowerCase() === timelock?.address.toLowerCase() ? [] : [`it names the timelock ${act.timelock}`]),
  ];
}
