// The members of the council and their signs of life: who was asked and until when, the answer by the member's own call or by a signature
// that anyone brings in, and the removal of who stayed silent. Owns what is offered to whom; the reads are chain/challenges.ts.
// Invariant: an act is offered only where the contract's own state has it open; a signature is brought in only after it was recovered.

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useConnection } from 'wagmi';
import type { Hex } from 'viem';
import { aliveOf, livesOf } from '../chain/challenges.ts';
import type { Alive, MemberLife } from '../chain/challenges.ts';
import { unknown } from '../chain/reading.ts';
import type { System } from '../chain/system.ts';
import { isAcceptedSignature } from '../chain/typedData.ts';
import { answerChallenge, bringInAnswer, challengeMember, removeSilent } from '../flows/council.ts';
import { copyText } from './copy.ts';
import { DeviceMirror } from './deviceMirror.tsx';
import { GuardNotice } from './guard.tsx';
import { routeTo } from './route.ts';
import { useReading, useSession } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Stages } from './stages.tsx';
import { Badge, Button, Disclosure, HexText, Notice, Panel } from './ui.tsx';
import { useSigning } from './useSigning.ts';
import { BlockValue, Moment, ReadAt, Value } from './value.tsx';

type Council = NonNullable<System['governance']['council']>;

export function Lives({ council }: { council: Council }) {
  const { address } = useConnection();
  const lives = useReading<readonly MemberLife[]>('l1', ['lives'], async ({ system: { governance, clock }, at }) => (governance.council === undefined ? unknown('no council stands') : livesOf(governance.council, clock, at)));
  return (
    <Panel title="Members, and their signs of life">
      <p className="quiet">Anyone may ask a member whether it is still there. Who does not answer in time can be removed by anyone; that makes collected signatures void and never lowers M.</p>
      <BlockValue reading={lives}>{(list) => (
        <ul className="members">{list.map((member) => (
          <li key={member.account}>
            <div className="member-head"><Badge tone={member.isExternal ? 'info' : 'quiet'}>{member.isExternal ? 'external' : 'internal'}</Badge><HexText value={member.account} />{member.account.toLowerCase() === address?.toLowerCase() ? <strong>you</strong> : null}<Standing member={member} now={lives?.known === true ? lives.at.timestamp : 0n} /></div>
            <Acts member={member} council={council} isYou={member.account.toLowerCase() === address?.toLowerCase()} />
          </li>
        ))}</ul>
      )}</BlockValue>
      <ReadAt reading={lives} chain="L1" />
    </Panel>
  );
}

function Standing({ member: { answerableUntil, isRemovable }, now }: { member: MemberLife; now: bigint }) {
  if (answerableUntil === undefined) return <span className="quiet">not challenged</span>;
  return isRemovable ? <Badge tone="bad">silent: can be removed</Badge> : <Badge tone="warn">challenged: answers by <Moment at={answerableUntil} now={now} isHeadline /></Badge>;
}

function Acts({ member, council, isYou }: { member: MemberLife; council: Council; isYou: boolean }) {
  const { deployment } = useSession();
  const on = { chainId: deployment.l1.chainId, council: council.address };
  if (member.answerableUntil === undefined) return <Disclosure summary="Ask for a sign of life…" isLazy><TransactionSheet prepared={challengeMember(on, member.account)} /></Disclosure>;
  return (
    <>
      <Stages label={`Challenge of ${member.account}`} steps={[{ name: 'Challenged', state: 'done' }, { name: 'Answer', state: member.isRemovable ? 'failed' : 'current', detail: member.isRemovable ? 'the time is over' : 'awaited' }, { name: 'Removal', state: member.isRemovable ? 'current' : 'waiting', detail: member.isRemovable ? 'by anyone, unless it answers first' : undefined }]} />
      {isYou ? <Disclosure summary="Answer: you are alive…" isLazy><TransactionSheet prepared={answerChallenge(on)} /><SignAnswer council={council} member={member.account} /></Disclosure> : null}
      {member.isRemovable ? <Disclosure summary="Remove it from the council…" isLazy><TransactionSheet prepared={removeSilent(on, member.account)} /></Disclosure> : null}
    </>
  );
}

/** For a key that holds no ether, or lies on a device: the answer as a signature. */
function SignAnswer({ council, member }: { council: Council; member: Hex }) {
  const { deployment } = useSession();
  const { chainId } = deployment.l1;
  const signing = useSigning(chainId);
  const [fault, setFault] = useState<string>();
  const [link, setLink] = useState<string>();
  const [isCopied, setCopied] = useState(false);
  const alive = useAlive(council, member);
  if (alive?.known !== true) return <p><Value reading={alive}>{() => null}</Value></p>;
  const { typed } = alive.value;
  const sign = async (): Promise<void> => {
    const signed = await signing.sign(typed);
    setFault(signed.ok ? undefined : signed.why);
    if (signed.ok) setLink(routeTo('council', 'answer', member, signed.signature));
  };
  return (
    <Disclosure summary="Or sign it only, without gas: anyone can bring it in">
      <p className="sentence">{typed.sentence}</p>
      <DeviceMirror typed={typed} />
      <GuardNotice chainId={chainId} />
      <div className="actions"><Button disabled={signing.isPending || signing.isHeld} onClick={() => void sign()}>{signing.isPending ? 'In your wallet…' : 'Sign the answer in wallet'}</Button></div>
      {fault === undefined ? null : <Notice tone="bad" title="Not signed" isLive>{fault}</Notice>}
      {link === undefined ? null : <Notice tone="good" title="Signed" isLive>Recovered and compared. Whoever opens this link can bring it in: <a href={link}>the answer</a> <Button onClick={() => void copyText(`${window.location.href.split('#')[0] ?? ''}${link}`).then(setCopied)}>{isCopied ? 'Link copied' : 'Copy the link'}</Button></Notice>}
    </Disclosure>
  );
}

function useAlive(council: Council, member: Hex) {
  const { deployment } = useSession();
  return useReading<Alive>('l1', ['alive', member], async ({ at }) => aliveOf(council, at, deployment.l1.chainId, member));
}

/** An answer that came by a link. */
export function BringInAnswer({ council, member, signature }: { council: Council; member: string; signature: string }) {
  if (!/^0x[0-9a-fA-F]{40}$/.test(member) || !/^0x([0-9a-fA-F]{2})+$/.test(signature)) return <Panel title="An answer to a challenge"><Notice tone="bad" title="The link holds no answer">It is cut, or was changed on its way.</Notice></Panel>;
  return <Answer council={council} member={member as Hex} signature={signature as Hex} />;
}

function Answer({ council, member, signature }: { council: Council; member: Hex; signature: Hex }) {
  const { deployment } = useSession();
  const alive = useAlive(council, member);
  const typed = alive?.known === true ? alive.value.typed : undefined;
  const isOver = useQuery({ queryKey: ['answer', typed?.digest, signature], enabled: typed !== undefined, queryFn: async () => typed !== undefined && isAcceptedSignature(typed, signature, member) }).data;
  return (
    <Panel title="An answer to a challenge">
      <BlockValue reading={alive}>{({ typed: { sentence } }) => <p className="sentence">{sentence}</p>}</BlockValue>
      {isOver === true ? <Notice tone="good" title="It is signed">Recovered and compared: signed by <code className="wrap">{member}</code>.</Notice> : isOver === false ? <Notice tone="warn" title="It is not a key's signature over the present challenge">It may be of an earlier one, or of a contract: the attempt below shows what the council says.</Notice> : null}
      {isOver === undefined ? null : <TransactionSheet prepared={bringInAnswer({ chainId: deployment.l1.chainId, council: council.address }, member, signature)} />}
    </Panel>
  );
}
