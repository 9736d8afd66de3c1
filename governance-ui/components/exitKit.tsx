// The frozen exit of one account, from search to payment: holdings found and proven in this page, the receiver, the transactions, the file.
// Owns these steps. Nothing of it is kept in the browser: what is paid is read from L1, so any browser goes on.
// Invariant: no transaction is offered for a kit that did not verify under the root that L1 names.

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useConnection } from 'wagmi';
import type { Hex } from 'viem';
import { buildKit, groundOf } from '../chain/exit/build.ts';
import type { Built } from '../chain/exit/build.ts';
import { ENTITLEMENTS, elsewhereOf, kitText, paidWords, parseKit } from '../chain/exit/kit.ts';
import type { ExitKit, VerifiedKit } from '../chain/exit/kit.ts';
import { openParts } from '../chain/exit/status.ts';
import type { OpenParts } from '../chain/exit/status.ts';
import type { ExitState } from '../chain/lifecycle.ts';
import { claimWithdrawal } from '../flows/claimWithdrawal.ts';
import { frozenExits } from '../flows/frozenExit.ts';
import { group } from './format.ts';
import { HoldingsTable } from './holdings.tsx';
import { checkKit } from './proofWorker.ts';
import { Receiver } from './receiver.tsx';
import type { Redirection } from './receiver.tsx';
import { useReading, useRound, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Stages } from './stages.tsx';
import { Badge, Disclosure, Notice } from './ui.tsx';
import { Value } from './value.tsx';

interface Proven extends Built { readonly verified: VerifiedKit; readonly where: 'worker' | 'page' }

/** @param file a kit as text, instead of asking endpoints */
export function ExitKitPanel({ owner, state, file }: { owner: Hex | undefined; state: ExitState; file: string | undefined }) {
  const { deployment, l2 } = useSession();
  const { address } = useConnection();
  const l1 = useRound('l1')?.head;
  const system = useSystem();
  const [progress, setProgress] = useState('');
  const isReady = l1?.known === true && system?.known === true && (owner !== undefined || file !== undefined);
  const built = useQuery({
    queryKey: ['exit kit', state.root, state.isFrozen, owner, file, address],
    enabled: isReady,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<Proven> => {
      if (l1?.known !== true || system?.known !== true) throw new Error('the chains cannot be read');
      const task = { system: system.value, l1At: l1.value, l2, state, deployBlock: deployment.deployBlock, l1ChainId: deployment.l1.chainId, sender: address, onProgress: setProgress };
      const made = file === undefined ? await buildKit({ ...task, owner: owner ?? '0x' }) : await fromFile(file, task);
      setProgress('checking every proof');
      const verdict = await checkKit(made.kit, made.ground);
      if (!verdict.ok) throw new Error(`a proof does not hold: ${verdict.why}`);
      return { ...made, verified: verdict.proof, where: verdict.where };
    },
  });
  if (!isReady) return null;
  if (built.error !== null) return <Notice tone="bad" title="No exit can be made from here"><span className="wrap">{built.error.message}</span></Notice>;
  if (built.data === undefined) return <div aria-busy="true"><Notice tone="info" title="Finding and proving what the account holds" isLive>{progress}</Notice></div>;
  return <Ready proven={built.data} state={state} isFiled={file !== undefined} />;
}

async function fromFile(text: string, task: Parameters<typeof groundOf>[0]): Promise<Built> {
  const kit = parseKit(text);
  return { kit, ground: await groundOf(task, kit) };
}

function Ready({ proven: { kit, verified, where }, state, isFiled }: { proven: Proven; state: ExitState; isFiled: boolean }) {
  const { address } = useConnection();
  const open = useReading<OpenParts>('l1', ['open parts', state.root, kit.claimant?.owner, partsName(kit)], async ({ system, at }) => openParts(system, at, kit));
  const [redirection, setRedirection] = useState<Redirection>();
  const text = kitText(redirection === undefined || kit.claimant === null ? kit : { ...kit, claimant: { ...kit.claimant, ...redirection } });
  const { payee } = verified;
  const elsewhere = kit.claimant === null || payee === undefined || redirection !== undefined ? undefined : elsewhereOf(kit.claimant, payee);
  // What the payee sends needs no other will of it: a file that names someone else would be enough.
  const doubt = elsewhere !== undefined && address?.toLowerCase() === payee?.toLowerCase() ? `The file has it paid to ${elsewhere}, not to you` : undefined;
  const isEmpty = kit.holdings.length === 0 && kit.refunds.length === 0 && kit.withdrawals.length === 0;
  const isPaid = open?.known === true && ![...open.value.holdings, ...open.value.refunds, ...open.value.withdrawals].includes(true);
  return (
    <div className="stack">
      <Stages label="Where this exit stands" steps={[
        { name: 'Found', state: 'done', detail: `at L2 block ${group(state.l2Block)}` }, { name: 'Proven here', state: 'done', detail: where === 'worker' ? 'in a worker' : 'on this page\'s own thread' },
        { name: 'Sent', state: !state.isFrozen ? 'waiting' : open?.known !== true ? 'unknown' : isPaid ? 'done' : 'current', detail: state.isFrozen ? undefined : 'once the chain is frozen' },
        { name: 'Paid', state: open?.known !== true ? 'unknown' : isPaid && state.isFrozen ? 'done' : 'waiting' },
      ]} />
      <p><Badge tone="good">proof verified here</Badge> {group(verified.nodeCount)} nodes, {group(verified.sizeBytes)} bytes, against {state.isFrozen ? 'the root that L1 has pinned' : 'the last final root on L1'}{where === 'page' ? ' (the browser gave this page no worker)' : ''}.</p>
      {isEmpty ? <Notice tone="info" title="This account has nothing here">No ether, no bridged token, no withdrawal and no deposit of it is open under this root.</Notice> : null}
      <HoldingsTable kit={kit} open={open} />
      {kit.claimant === null || payee === undefined ? (isFiled || kit.how === '' ? null : <Notice tone="warn" title="Nobody can claim what it holds">{kit.how}</Notice>) : <p className="quiet wrap">Who is paid: {paidWords({ ...kit.claimant, ...redirection }, payee)}.</p>}
      {elsewhere === undefined ? null : <Notice tone="bad" title="The file names another receiver than the one that is proven"><span className="wrap">What the frozen chain owes {payee} would go to {elsewhere}. No proof speaks of that: only the payee's own call or signature can want it.</span></Notice>}
      {state.isFrozen && kit.claimant !== null && payee !== undefined && kit.holdings.length > 0 ? <Receiver payee={payee} filed={elsewhere} canRedirect={kit.claimant.entitlement !== ENTITLEMENTS.indexOf('resolver')} onChange={setRedirection} /> : null}
      {state.isFrozen ? <Transactions kit={kit} open={open} redirection={redirection} doubt={doubt} state={state} isPaid={isPaid && !isEmpty} /> : <RefundsNow kit={kit} open={open} />}
      {isEmpty ? null : <p><a className="button" download={`exit-kit-${(kit.claimant?.owner ?? kit.rollup).slice(2, 8)}.json`} href={`data:application/json,${encodeURIComponent(text)}`}>Save the proofs as a file</a> <span className="quiet">{state.isFrozen ? 'Whoever has it and an L1 endpoint can finish: in another browser, here, or with keyfall exit escape --from-file.' : 'It serves for as long as nothing newer becomes final: if the chain froze on this root, no L2 data would be needed any more.'}</span></p>}
    </div>
  );
}

function Transactions({ kit, open, redirection, doubt, state, isPaid }: { kit: ExitKit; open: ReturnType<typeof useReading<OpenParts>>; redirection: Redirection | undefined; doubt: string | undefined; state: ExitState; isPaid: boolean }) {
  const { deployment } = useSession();
  const system = useSystem();
  if (isPaid) return <Notice tone="good" title="Everything of it is paid" isLive>By L1's own record.</Notice>;
  if (open?.known !== true) return <p><Value reading={open}>{() => null}</Value></p>;
  if (system?.known !== true || system.value.exits.hatch === undefined) return null;
  const { chainId } = deployment.l1;
  const claimant = kit.claimant === null ? null : { ...kit.claimant, ...redirection };
  const exits = frozenExits({ kit, open: open.value, claimant, hatch: system.value.exits.hatch.address, chainId });
  const claims = kit.withdrawals.filter((_, index) => open.value.withdrawals[index] === true).map(({ withdrawal, accountProof, storageProof }) => claimWithdrawal({
    vault: system.value.vault.address, chainId, batchIndex: state.batch, isStorageRootKnown: false, withdrawal: { ...withdrawal, assetKind: KINDS.indexOf(withdrawal.assetKind), nonce: BigInt(withdrawal.nonce), id: BigInt(withdrawal.id), amount: BigInt(withdrawal.amount) },
    proof: { accountProof, storageProof, storageRoot: '0x', sizeBytes: 0 },
  }));
  return (
    <>
      {exits.map((prepared, index) => <TransactionSheet key={index} prepared={prepared} doubt={doubt} />)}
      {claims.length === 0 ? null : <Disclosure summary={`${claims.length === 1 ? 'One withdrawal' : `${claims.length} withdrawals`} to claim`}>{claims.map((prepared) => <TransactionSheet key={prepared.data} prepared={prepared} />)}</Disclosure>}
    </>
  );
}

/** Deposits that were skipped are paid back in any phase; nothing else of a kit is before a freeze. */
function RefundsNow({ kit, open }: { kit: ExitKit; open: ReturnType<typeof useReading<OpenParts>> }) {
  const { deployment } = useSession();
  const system = useSystem();
  if (open?.known !== true || system?.known !== true || system.value.exits.hatch === undefined || !open.value.refunds.includes(true)) return null;
  const onlyRefunds = { ...kit, holdings: [], ratios: [], withdrawals: [] };
  const [prepared] = frozenExits({ kit: onlyRefunds, open: open.value, claimant: null, hatch: system.value.exits.hatch.address, chainId: deployment.l1.chainId });
  return prepared === undefined ? null : <><p>Deposits that were skipped can be paid back now, without a freeze.</p><TransactionSheet prepared={{ ...prepared, title: 'Refund' }} /></>;
}

const KINDS = ['eth', 'erc20', 'erc721', 'erc1155'];

/** Tells two kits of one account apart. */
function partsName({ holdings, refunds, withdrawals }: ExitKit): string {
  return [...holdings.map(({ asset: { kind, token, id }, isUncredited }) => `${kind} ${token} ${id} ${isUncredited}`), ...refunds.map(({ index }) => index), ...withdrawals.map(({ hash }) => hash)].join();
}
