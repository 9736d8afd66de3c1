// A ballot as a signature: signed here, read back field by field as the device shows it, kept as a file, and brought in by anyone.
// Owns the file on this page. Invariant: a ballot is brought in only if its signature was recovered to its voter over exactly this
// proposal and choice; a contract's signature cannot be recovered and is left to the governor, which is tried first.

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useConnection } from 'wagmi';
import { ballotText, parseBallot, typedBallot } from '../chain/governor.ts';
import type { Ballot, Choice, Proposal } from '../chain/governor.ts';
import { reasonOf } from '../chain/reading.ts';
import { isAcceptedSignature } from '../chain/typedData.ts';
import { castBallot } from '../flows/vote.ts';
import { DeviceMirror } from './deviceMirror.tsx';
import { GuardNotice } from './guard.tsx';
import { Unrecorded } from './overrideLog.tsx';
import { useRecording } from './overrides.ts';
import { useSession } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Button, Disclosure, Field, Notice } from './ui.tsx';
import { useSigning } from './useSigning.ts';
import { proposalWords } from './voting.ts';

const OVERRIDE = 'SIGN UNREAD';

export function BallotPanel({ proposal, choice, governor, nonce }: { proposal: Proposal; choice: Choice | undefined; governor: `0x${string}`; nonce: bigint | undefined }) {
  const { address } = useConnection();
  const [ballot, setBallot] = useState<Ballot>();
  return (
    <>
      {choice === undefined ? null : address === undefined ? <p className="quiet">Connect a wallet to sign.</p> : nonce === undefined ? <p className="quiet">The governor's nonce is being read.</p>
        : <SignBallot key={`${address} ${choice}`} proposal={proposal} blank={{ governor, proposalId: proposal.id.toString(), choice, voter: address, nonce: nonce.toString() }} onSigned={setBallot} />}
      {ballot === undefined ? null : <BringIn ballot={ballot} proposal={proposal} governor={governor} />}
      <Disclosure summary="Bring in a ballot that was signed elsewhere"><PasteBallot onTaken={setBallot} /></Disclosure>
    </>
  );
}

function SignBallot({ proposal, blank, onSigned }: { proposal: Proposal; blank: Omit<Ballot, 'signature' | 'chainId'>; onSigned: (ballot: Ballot) => void }) {
  const { deployment } = useSession();
  const { isPending, isHeld, sign } = useSigning(deployment.l1.chainId);
  const { isUnrecorded, record } = useRecording();
  const [override, setOverride] = useState('');
  const [fault, setFault] = useState<string>();
  const whole = { ...blank, chainId: deployment.l1.chainId };
  const typed = typedBallot(whole, proposalWords(proposal));
  const start = async (): Promise<void> => {
    if (!proposal.does.ok) record({ kind: 'typed data', what: typed.sentence, why: proposal.does.why, typed: override, chainId: deployment.l1.chainId, account: blank.voter, digest: typed.digest });
    const signed = await sign(typed);
    setFault(signed.ok ? undefined : signed.why);
    if (signed.ok) onSigned({ ...whole, signature: signed.signature });
  };
  return (
    <div className="sheet">
      <p className="sentence">{typed.sentence}</p>
      <DeviceMirror typed={typed} />
      {proposal.does.ok ? null : <Field label={`Type ${OVERRIDE} to sign what this page cannot read`} value={override} onChange={setOverride} />}
      <GuardNotice chainId={deployment.l1.chainId} />
      <div className="actions"><Button kind="primary" disabled={isPending || isHeld || (!proposal.does.ok && override !== OVERRIDE)} onClick={() => void start()}>{isPending ? 'In your wallet…' : 'Sign the ballot in wallet'}</Button></div>
      <Unrecorded is={isUnrecorded} />
      {fault === undefined ? null : <Notice tone="bad" title="Not signed" isLive>{fault}</Notice>}
    </div>
  );
}

function PasteBallot({ onTaken }: { onTaken: (ballot: Ballot | undefined) => void }) {
  const [fault, setFault] = useState<string>();
  const take = (text: string): void => {
    try {
      onTaken(text.trim() === '' ? undefined : parseBallot(text));
      setFault(undefined);
    } catch (error) {
      onTaken(undefined);
      setFault(reasonOf(error));
    }
  };
  return <><div className="field"><label htmlFor="ballot-file">The ballot's file, pasted</label><textarea id="ballot-file" rows={4} spellCheck={false} onChange={(event) => take(event.target.value)} /></div>{fault === undefined ? null : <Notice tone="bad" title="Not a ballot">{fault}</Notice>}</>;
}

function BringIn({ ballot, proposal, governor }: { ballot: Ballot; proposal: Proposal; governor: `0x${string}` }) {
  const { deployment } = useSession();
  const isOver = useQuery({ queryKey: ['ballot', ballot.signature, ballot.choice, ballot.proposalId, ballot.nonce, ballot.voter], queryFn: async () => isAcceptedSignature(typedBallot(ballot, ''), ballot.signature, ballot.voter) }).data;
  const wrong = [
    ...(ballot.chainId === deployment.l1.chainId ? [] : [`it is for chain ${ballot.chainId}, not ${deployment.l1.chainId}`]), ...(ballot.governor.toLowerCase() === governor.toLowerCase() ? [] : [`it names the governor ${ballot.governor}`]),
    ...(ballot.proposalId === proposal.id.toString() ? [] : [`it is for proposal ${ballot.proposalId}`]),
  ];
  const text = ballotText(ballot);
  if (wrong.length > 0) return <Notice tone="bad" title="This ballot is not for this proposal"><ul>{wrong.map((one) => <li key={one}>{one}</li>)}</ul></Notice>;
  return (
    <>
      {isOver === false ? <Notice tone="warn" title="The signature is not a key's of the voter">If the voter is a contract, only the governor can tell; the attempt below shows it. If not, it counts for nothing.</Notice> : isOver === true ? <Notice tone="good" title="The ballot is signed" isLive>Recovered and compared: signed by <code className="wrap">{ballot.voter}</code>, <strong>{ballot.choice}</strong>. Anyone can bring it in. <a className="button" download={`ballot-${ballot.voter.slice(2, 8)}.json`} href={`data:application/json,${encodeURIComponent(text)}`}>Download the ballot</a></Notice> : null}
      <TransactionSheet prepared={castBallot({ chainId: deployment.l1.chainId, to: governor }, ballot)} />
    </>
  );
}
