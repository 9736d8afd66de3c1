// Delegating to oneself and voting in one question to the wallet, where it takes batches (ERC-5792); elsewhere these are two steps, and
// this says so. Owns that offer. Invariant: both calls are described before, and what the wallet made of them is judged on chain.

'use client';

import { useConnection } from 'wagmi';
import { decodeCall } from '../chain/decode.ts';
import type { Choice, Proposal } from '../chain/governor.ts';
import { knownContracts } from '../chain/names.ts';
import { castVote, delegateVotes } from '../flows/vote.ts';
import { GuardNotice, useActGuard } from './guard.tsx';
import { useSession, useSystem } from './session.tsx';
import { Button, HexText, Notice } from './ui.tsx';
import { useBatch, useCanBatch } from './useBatch.ts';
import type { Batching } from './useBatch.ts';
import { useVoice } from './voting.ts';

export function VoteTogether({ proposal, choice, governor }: { proposal: Proposal; choice: Choice; governor: `0x${string}` }) {
  const { address } = useConnection();
  const { deployment } = useSession();
  const system = useSystem();
  const voice = useVoice(address);
  const guard = useActGuard(deployment.l1.chainId);
  const canBatch = useCanBatch(deployment.l1.chainId);
  const { batching, sendAll } = useBatch(guard);
  const token = system?.known === true ? system.value.governance.token : undefined;
  const needsDelegation = voice?.known === true && address !== undefined && voice.value.balance > 0n && voice.value.delegate.toLowerCase() !== address.toLowerCase();
  if (system?.known !== true || token === undefined || address === undefined || (!needsDelegation && batching.step === 'idle')) return null;
  if (canBatch !== true) return <p className="quiet">Your tokens do not vote for you. Your wallet takes one act at a time: vote below, and delegate to yourself under “Your voice”.</p>;
  const { chainId } = deployment.l1;
  const calls = [delegateVotes({ chainId, to: token.address }, address), castVote({ chainId, to: governor }, proposal.id, choice)];
  const read = calls.map((call) => decodeCall(call, knownContracts(system.value)));
  const isRead = read.every((one) => one.ok);
  return (
    <div className="sheet">
      <p className="sentence">Both in one: </p>
      <ol className="route-steps">{read.map((one, index) => <li key={calls[index]?.data}>{one.ok ? one.call.sentence : one.why}</li>)}</ol>
      <p className="quiet">The delegation counts from the next snapshot on; this vote weighs what its own snapshot says.</p>
      <GuardNotice chainId={chainId} />
      <div className="actions"><Button kind="primary" disabled={!isRead || guard.isHeld || batching.step === 'asking' || batching.step === 'sent'} onClick={() => void sendAll(calls)}>Delegate to yourself and vote {choice}: sign once</Button></div>
      <BatchText batching={batching} />
    </div>
  );
}

function BatchText({ batching }: { batching: Batching }) {
  switch (batching.step) {
    case 'idle': return null;
    case 'asking': return <Notice tone="info" title="In your wallet" isLive>Waiting for your signature.</Notice>;
    case 'sent': return <Notice tone="info" title="Sent" isLive>Waiting for the endpoints to show it, to compare it with what was asked for.</Notice>;
    case 'refused': return <Notice tone="warn" title="Nothing was sent" isLive>{batching.why}</Notice>;
    case 'done': return <Notice tone="good" title="Done, and it is what was asked for" isLive>{batching.hashes.map((hash) => <HexText key={hash} value={hash} />)}</Notice>;
    case 'reverted': return <Notice tone="bad" title="Reverted">{batching.hashes.map((hash) => <HexText key={hash} value={hash} />)}</Notice>;
    case 'tampered': return <Notice tone="bad" title="Your wallet did something else"><ul>{batching.found.map((one) => <li key={one}>{one}</li>)}</ul></Notice>;
  }
}
