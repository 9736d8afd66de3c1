// The claim of one withdrawal: proof fetched from any L2 endpoint, checked here against the root that L1 holds as final, then sent.
// Owns these steps and what each found. An endpoint that sends a false proof is found out before anyone signs.
// Invariant: no transaction is offered for a proof that did not verify.

'use client';

import { useQuery } from '@tanstack/react-query';
import { MESSAGE_PASSER } from '@keyfall/protocol/addresses.ts';
import { withdrawalProof } from '../chain/messagePasser.ts';
import type { FoundWithdrawal } from '../chain/messagePasser.ts';
import { finalHead } from '../chain/rollup.ts';
import { storageRootOf } from '../chain/vault.ts';
import { claimWithdrawal } from '../flows/claimWithdrawal.ts';
import { group } from './format.ts';
import { checkProof } from './proofWorker.ts';
import { useRound, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Badge, Disclosure, HexText, Notice, Row, Rows } from './ui.tsx';

export function ClaimPanel({ found }: { found: FoundWithdrawal }) {
  const { deployment } = useSession();
  const l1 = useRound('l1')?.head;
  const system = useSystem();
  const built = useQuery({
    queryKey: ['claim', found.hash],
    staleTime: Number.POSITIVE_INFINITY,
    enabled: l1?.known === true && system?.known === true,
    queryFn: async () => {
      if (l1?.known !== true || system?.known !== true) throw new Error('the chains cannot be read');
      const { rollup, vault, messagePasser } = system.value;
      const head = await finalHead(rollup, l1.at);
      if (!head.known) throw new Error(head.why);
      const answer = await withdrawalProof(messagePasser, found.hash, head.value.lastNumber, head.value.stateRoot, l1.at);
      if (!answer.known) throw new Error(`no endpoint gives a proof that holds: ${answer.why}`);
      const verdict = await checkProof({ stateRoot: head.value.stateRoot, withdrawalHash: found.hash, answer: answer.value });
      if (!verdict.ok) throw new Error(`the proof an L2 endpoint sent is false: ${verdict.why}`);
      const known = await storageRootOf(vault, l1.at, head.value.stateRoot);
      if (!known.known) throw new Error(known.why);
      return { head: head.value, ...verdict, isStorageRootKnown: BigInt(known.value) !== 0n };
    },
  });
  if (built.error !== null) return <Notice tone="bad" title="No claim can be made from here">{built.error.message}</Notice>;
  if (built.data === undefined || system?.known !== true) return <Notice tone="info" title="Building the proof" isLive>Asking an L2 endpoint for the proof and checking it here.</Notice>;
  const { head, proof, where, isStorageRootKnown } = built.data;
  const prepared = claimWithdrawal({ vault: system.value.vault.address, chainId: deployment.l1.chainId, batchIndex: head.index, withdrawal: found.withdrawal, proof, isStorageRootKnown });
  const file = JSON.stringify({ batchIndex: head.index.toString(), stateRoot: head.stateRoot, withdrawalHash: found.hash, accountProof: proof.accountProof, storageProof: proof.storageProof, calldata: prepared.data, to: prepared.to }, null, 2);
  return (
    <TransactionSheet prepared={prepared}>
      <p><Badge tone="good">proof verified here</Badge> {group(proof.sizeBytes)} bytes, against the state root of batch {group(head.index)} on L1{where === 'page' ? ' (on this page\'s own thread: the browser gave it no worker)' : ', in a worker'}.</p>
      <Disclosure summary="The proof">
        <Rows>
          <Row name="State root" hint="final on L1"><HexText value={head.stateRoot} isWhole /></Row>
          <Row name="Account"><HexText value={MESSAGE_PASSER} /></Row>
          <Row name="Its storage root" hint="proven"><HexText value={proof.storageRoot} isWhole /></Row>
          <Row name="Nodes">{proof.accountProof.length} of the account{isStorageRootKnown ? ' (not sent: the Vault knows this root)' : ''}, {proof.storageProof.length} of the slot</Row>
        </Rows>
        <a className="button" download={`withdrawal-${found.hash.slice(2, 10)}.json`} href={`data:application/json,${encodeURIComponent(file)}`}>Download the proof</a>
      </Disclosure>
    </TransactionSheet>
  );
}
