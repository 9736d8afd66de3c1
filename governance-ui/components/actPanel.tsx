// One act before it is signed: on the left what it does and changes, on the right what was checked; then what the device will show, the
// signatures so far, and the way on. What came back from the wallet was recovered and compared (useSigning.ts).
// Invariant: an act for another rollup is never signed here; one that carries out what failed a hard check needs typed words; only
// signatures that were judged good are counted and submitted.

'use client';

import { useState } from 'react';
import { useConnection } from 'wagmi';
import { PAUSE_LENGTH_SECONDS } from '@keyfall/protocol/constants.ts';
import { judgeApprovals, obstaclesOf } from '../chain/approvals.ts';
import type { JudgedApproval } from '../chain/approvals.ts';
import { scaled } from '../chain/clock.ts';
import { members, quorumOf, typedAct, upgradeIdOf, withApproval } from '../chain/council.ts';
import type { CouncilAct } from '../chain/council.ts';
import { unknown } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';
import { readUpgrade } from '../chain/upgradeWords.ts';
import type { Upgrade } from '../chain/upgradeWords.ts';
import { submitAct } from '../flows/council.ts';
import { Approvals, HandOn } from './approvals.tsx';
import { Changes } from './changes.tsx';
import { durationText } from './format.ts';
import { DeviceMirror } from './deviceMirror.tsx';
import { GuardNotice } from './guard.tsx';
import { Unrecorded } from './overrideLog.tsx';
import { useRecording } from './overrides.ts';
import { useReading, useRound, useSession } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Badge, Button, Field, Notice, Panel, Row, Rows } from './ui.tsx';
import { UpgradeChecks, useHardCheck } from './upgradeChecks.tsx';
import { useSigning } from './useSigning.ts';
import { Moment, Value } from './value.tsx';
import { VetoReachNotice } from './vetoReach.tsx';

const OVERRIDE = 'SIGN UNREAD';
const OVERRIDE_FAILED = 'SIGN ANYWAY';

export function ActPanel({ act, system, onSigned }: { act: CouncilAct; system: System; onSigned: (act: CouncilAct) => void }) {
  const { deployment } = useSession();
  const typed = typedAct(act);
  const wrong = mismatches(act, system, deployment.l1.chainId);
  const obstacles = useReading<readonly string[]>('l1', ['obstacles', typed.digest], async ({ system: { governance: { council, timelock } }, at }) => (council === undefined || timelock === undefined ? unknown('no council stands') : obstaclesOf(council, timelock, at, act)));
  return (
    <Panel title="Read, compare, sign" tone={wrong.length > 0 || act.act === 'expedite' ? 'bad' : undefined}>
      <p className="sentence">{typed.sentence}</p>
      {wrong.length === 0 ? null : <Notice tone="bad" title="This act is not for this rollup"><ul>{wrong.map((one) => <li key={one}>{one}</li>)}</ul></Notice>}
      {obstacles?.known === true && obstacles.value.length > 0 ? <Notice tone="warn" title="The contracts would refuse it now, whoever signs"><ul>{obstacles.value.map((one) => <li key={one}>{one}</li>)}</ul></Notice> : null}
      {obstacles?.known === false ? <Notice tone="warn" title="Whether it can still be carried out is unknown">{obstacles.why}</Notice> : null}
      {act.act === 'pause' ? <PauseLength /> : null}
      {act.act !== 'veto' || act.upgrade === undefined || wrong.length > 0 ? null : <VetoReachNotice id={upgradeIdOf(BigInt(act.chainId), act.timelock, act.upgrade)} upgrade={act.upgrade} />}
      {act.upgrade === undefined || wrong.length > 0 ? null : <AboutUpgrade act={act} upgrade={act.upgrade} />}
      <DeviceMirror typed={typed} />
      {act.upgrade === undefined || wrong.length > 0 ? <SignAndSubmit act={act} isWrong={wrong.length > 0} failed={undefined} onSigned={onSigned} /> : <WithHardCheck act={act} upgrade={act.upgrade} onSigned={onSigned} />}
    </Panel>
  );
}

function PauseLength() {
  const length = useReading('l1', ['pause length'], async ({ system: { clock }, at }) => scaled(clock, at, PAUSE_LENGTH_SECONDS));
  return <Rows><Row name="It lasts at most" hint="read from the clock"><Value reading={length}>{durationText}</Value></Row></Rows>;
}

function AboutUpgrade({ act, upgrade }: { act: CouncilAct; upgrade: Upgrade }) {
  return <div className="columns"><div className="column"><Changes upgrade={upgrade} /><Rows>{readUpgrade(upgrade)?.fields.map(({ name, value }) => <Row key={name} name={name}><code className="wrap">{value}</code></Row>)}</Rows></div><div className="column"><UpgradeChecks id={upgradeIdOf(BigInt(act.chainId), act.timelock, upgrade)} upgrade={upgrade} isOpen /></div></div>;
}

/** A veto of what is broken is right; carrying it out is not. */
function WithHardCheck({ act, upgrade, onSigned }: { act: CouncilAct; upgrade: Upgrade; onSigned: (act: CouncilAct) => void }) {
  const failed = useHardCheck(upgradeIdOf(BigInt(act.chainId), act.timelock, upgrade), upgrade);
  return <SignAndSubmit act={act} isWrong={false} failed={act.act === 'expedite' ? failed : undefined} onSigned={onSigned} />;
}

function SignAndSubmit({ act, isWrong, failed, onSigned }: { act: CouncilAct; isWrong: boolean; failed: string | undefined; onSigned: (act: CouncilAct) => void }) {
  const connection = useConnection();
  const { deployment } = useSession();
  const { chainId } = deployment.l1;
  const signing = useSigning(chainId);
  const { isUnrecorded, record } = useRecording();
  const now = useRound('l1')?.head;
  const typed = typedAct(act);
  const [override, setOverride] = useState({ digest: typed.digest, text: '' });
  const [said, setSaid] = useState<{ tone: 'good' | 'bad'; text: string }>();
  const list = useReading('l1', ['council', 'members'], async ({ system, at }) => (system.governance.council === undefined ? unknown('no council stands') : members(system.governance.council, at)));
  const needed = useReading('l1', ['council', 'quorum', act.act], async ({ system, at }) => (system.governance.council === undefined ? unknown('no council stands') : quorumOf(system.governance.council, at, act.act)));
  const judged = useReading<readonly JudgedApproval[]>('l1', ['approvals', typed.digest, ...act.approvals.map(({ signer, signature }) => `${signer} ${signature}`)], async ({ system: { governance: { council } }, at }) => (council === undefined ? unknown('no council stands') : judgeApprovals(council, at, typed, act.approvals)));
  const isMember = list?.known === true ? list.value.some(({ account }) => account.toLowerCase() === connection.address?.toLowerCase()) : undefined;
  const isReadable = act.upgrade === undefined || readUpgrade(act.upgrade) !== undefined;
  const phrase = !isReadable ? OVERRIDE : failed === undefined ? undefined : OVERRIDE_FAILED;
  const isAllowed = phrase === undefined || (override.digest === typed.digest && override.text === phrase);
  const good = judged?.known === true ? act.approvals.filter((_, index) => judged.value[index]?.isGood === true) : [];
  const sign = async (): Promise<void> => {
    if (phrase !== undefined) record({ kind: 'typed data', what: typed.sentence, why: isReadable ? (failed ?? '') : 'the payload cannot be read here', typed: phrase, chainId, account: connection.address, digest: typed.digest });
    const signed = await signing.sign(typed);
    if (!signed.ok) return setSaid({ tone: 'bad', text: signed.why });
    onSigned(withApproval(act, signed.signer, signed.signature));
    return setSaid({ tone: 'good', text: 'Recovered and compared: your signature, over exactly this act. Hand it on.' });
  };
  return (
    <>
      <Rows>
        <Row name="Signatures are void after">{now?.known === true ? <Moment at={BigInt(act.deadline)} now={now.value.timestamp} isHeadline /> : <span className="unknown">unknown</span>}</Row>
        <Row name="You">{connection.address === undefined ? 'no wallet is connected' : isMember === undefined ? <Value reading={list}>{() => null}</Value> : <Badge tone={isMember ? 'good' : 'warn'}>{isMember ? 'a member' : 'not a member: your signature would count for nothing'}</Badge>}</Row>
      </Rows>
      <Approvals judged={judged} needed={needed} you={connection.address} />
      {phrase === undefined ? null : <Field label={isReadable ? `${failed}. Type ${phrase} to sign nevertheless` : `Type ${phrase} to sign what this page cannot read`} value={override.digest === typed.digest ? override.text : ''} onChange={(text) => setOverride({ digest: typed.digest, text })} />}
      <GuardNotice chainId={chainId} />
      <div className="actions">
        <Button kind={act.act === 'expedite' ? 'danger' : 'primary'} disabled={connection.address === undefined || isWrong || signing.isPending || signing.isHeld || !isAllowed} onClick={() => void sign()}>{signing.isPending ? 'In your wallet…' : 'Sign in wallet'}</Button>
        <HandOn act={act} />
      </div>
      <Unrecorded is={isUnrecorded} />
      {said === undefined ? null : <Notice tone={said.tone} title={said.tone === 'good' ? 'Signed' : 'Not signed'} isLive>{said.text}</Notice>}
      {!isWrong && needed?.known === true && BigInt(good.length) >= needed.value ? <TransactionSheet prepared={submitAct(chainId, act, good)} doubt={failed} /> : null}
    </>
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
