// The share of a pool in a frozen chain: found and proven in this page, then paid in steps that anyone may take. Owns the form and which step
// is next; that is read from L1 at each block, so any browser goes on.
// Invariant: no transaction is offered for a share that did not verify under the pinned root.

'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useConnection } from 'wagmi';
import type { Hex } from 'viem';
import { buildPool } from '../chain/exit/buildPool.ts';
import type { BuiltPool } from '../chain/exit/buildPool.ts';
import { poolState } from '../chain/exit/pool.ts';
import type { PoolState, VerifiedPool } from '../chain/exit/pool.ts';
import type { ExitState } from '../chain/lifecycle.ts';
import { nextPoolStep } from '../flows/poolShare.ts';
import type { PoolStep } from '../flows/poolShare.ts';
import { group } from './format.ts';
import { AssetAmount, AssetName } from './holdings.tsx';
import { errorOf, parseAddress } from './inputs.ts';
import { checkPool } from './proofWorker.ts';
import { useReading, useRound, useSession, useSystem } from './session.tsx';
import { TransactionSheet } from './sheet.tsx';
import { Stages } from './stages.tsx';
import type { StageState } from './stages.tsx';
import { Badge, Field, HexText, Notice, Panel, Row, Rows } from './ui.tsx';
import { BlockValue } from './value.tsx';

export function PoolSharePanel({ state }: { state: ExitState }) {
  const { address } = useConnection();
  const [poolText, setPool] = useState('');
  const [holderText, setHolder] = useState('');
  const pool = parseAddress(poolText);
  const holder = parseAddress(holderText === '' ? (address ?? '') : holderText);
  return (
    <Panel title="A share of a pool">
      <p className="quiet">What a contract on L2 held can be shared out on L1 if it named a resolver in time: pro rata to its own token, by proofs under the {state.isFrozen ? 'pinned' : 'last final'} root. {state.isFrozen ? '' : 'Before a freeze, take your share out of the pool on L2 and withdraw it; here you can see what a freeze would leave you.'}</p>
      <div className="form">
        <Field label="The pool, a contract on L2" value={poolText} onChange={setPool} placeholder="0x…" error={errorOf(poolText, pool)} />
        <Field label="Who holds its token" value={holderText} onChange={setHolder} placeholder={address ?? '0x…'} error={errorOf(holderText, holder)} hint="Anyone may send it for anyone: only the holder, or whom it declared, is paid." />
      </div>
      {pool.ok && holder.ok ? <Share key={`${state.root} ${pool.value} ${holder.value}`} state={state} pool={pool.value} holder={holder.value} /> : null}
    </Panel>
  );
}

interface ProvenPool extends BuiltPool { readonly verified: VerifiedPool; readonly where: 'worker' | 'page' }

function Share({ state, pool, holder }: { state: ExitState; pool: Hex; holder: Hex }) {
  const { deployment, l2 } = useSession();
  const { address } = useConnection();
  const l1 = useRound('l1')?.head;
  const system = useSystem();
  const [progress, setProgress] = useState('');
  const built = useQuery({
    queryKey: ['pool share', state.root, state.isFrozen, pool, holder, address],
    enabled: l1?.known === true && system?.known === true, staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<ProvenPool> => {
      if (l1?.known !== true || system?.known !== true) throw new Error('the chains cannot be read');
      const made = await buildPool({ system: system.value, l1At: l1.value, l2, state, deployBlock: deployment.deployBlock, l1ChainId: deployment.l1.chainId, owner: pool, sender: address, onProgress: setProgress }, holder);
      setProgress('checking every proof');
      const verdict = await checkPool(made.share, made.ground);
      if (!verdict.ok) throw new Error(`a proof does not hold: ${verdict.why}`);
      return { ...made, verified: verdict.proof, where: verdict.where };
    },
  });
  if (built.error !== null) return <Notice tone="bad" title="No share can be paid from here"><span className="wrap">{built.error.message}</span></Notice>;
  if (built.data === undefined) return <div aria-busy="true"><Notice tone="info" title="Finding and proving the share" isLive>{progress}</Notice></div>;
  return <Ready proven={built.data} state={state} />;
}

const STEPS: readonly (readonly [PoolStep, string])[] = [['ratios', 'Ratios fixed'], ['collect', 'Collected'], ['supply', 'Supply proven'], ['redeem', 'Share paid']];

function Ready({ proven: { share, verified, where }, state }: { proven: ProvenPool; state: ExitState }) {
  const { deployment } = useSession();
  const system = useSystem();
  const now = useReading<PoolState>('l1', ['pool state', state.root, share.resolver, share.holder.owner], async ({ system, at }) => poolState(system, at, share));
  const hatch = system?.known === true ? system.value.exits.hatch : undefined;
  const next = now?.known === true && hatch !== undefined ? nextPoolStep({ share, state: now.value, hatch: hatch.address, chainId: deployment.l1.chainId }) : undefined;
  const position = next === undefined ? -1 : next.step === 'done' ? STEPS.length : STEPS.findIndex(([step]) => step === next.step);
  const stateOf = (index: number): StageState => (!state.isFrozen ? 'waiting' : position === -1 ? 'unknown' : index < position ? 'done' : index === position ? 'current' : 'waiting');
  return (
    <div className="stack">
      <Stages label="Where the share stands" steps={[{ name: 'Proven here', state: 'done', detail: where === 'worker' ? 'in a worker' : 'on this page\'s own thread' }, ...STEPS.map(([, name], index) => ({ name, state: stateOf(index), detail: state.isFrozen ? undefined : 'once the chain is frozen' }))]} />
      <p><Badge tone="good">proof verified here</Badge> {group(verified.nodeCount)} nodes, against {state.isFrozen ? 'the root that L1 has pinned' : 'the last final root on L1'}.</p>
      <Rows>
        <Row name="Share">{group(verified.balance)} of {group(verified.supply)} <span className="hint">of the pool's token <HexText value={share.token} /></span></Row>
        <Row name="Resolver" hint="named by the pool in time, proven"><HexText value={share.resolver} /></Row>
        <Row name="Who is paid">{share.how}</Row>
      </Rows>
      <BlockValue reading={now}>{({ shares }) => (
        <div className="table-scroll" role="region" aria-label="What the pool held" tabIndex={0}><table>
          <thead><tr><th scope="col">Asset</th><th scope="col" className="number">Collected</th><th scope="col" className="number">Paid to the holder</th><th scope="col" className="number">Still owed</th></tr></thead>
          <tbody>{shares.map(({ asset, collected, redeemed, owed }) => <tr key={`${asset.kind} ${asset.token} ${asset.id}`}><th scope="row"><AssetName asset={asset} /></th><td className="number"><AssetAmount asset={asset} amount={collected} /></td><td className="number"><AssetAmount asset={asset} amount={redeemed} /></td><td className="number"><AssetAmount asset={asset} amount={owed} /></td></tr>)}</tbody>
        </table></div>
      )}</BlockValue>
      {!state.isFrozen ? null : next?.step === 'done' ? <Notice tone="good" title="The whole share is paid" isLive>By the resolver's own record.</Notice> : next?.prepared === undefined ? null : <TransactionSheet key={next.step} prepared={next.prepared} />}
    </div>
  );
}
