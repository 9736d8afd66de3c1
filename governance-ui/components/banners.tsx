// What stands above every page while it holds: a wallet that sent other bytes, an endpoint that lies, chains that cannot be read,
// finality without proofs. Owns their order (worst first) and wording.
// Invariant: an endpoint is named by its address and its operator, with what it said and what the quorum said.

'use client';

import { attestersFinalizeAlone } from '../chain/rollup.ts';
import type { Reading } from '../chain/reading.ts';
import type { Dissent } from '../chain/rpc/agreement.ts';
import { TRAINING_SENTENCE } from '../content.ts';
import { useDissents, useReading, useRound, useSession, useSystem } from './session.tsx';
import { Notice } from './ui.tsx';

export function Banners() {
  const { alarm } = useSession();
  const l1 = useRound('l1');
  const l2 = useRound('l2');
  const system = useSystem();
  const dissents = [...useDissents('l1'), ...useDissents('l2')];
  const alone = useReading('l1', ['attestersFinalizeAlone'], async ({ system, at }) => attestersFinalizeAlone(system.rollup, at));
  return (
    <div className="banners">
      {alarm === undefined ? null : <Notice tone="bad" title="Stop: your wallet does not do what you see">{alarm}</Notice>}
      {dissents.length === 0 ? null : <Dissents dissents={dissents} />}
      {l1?.head.known === false ? <Notice tone="bad" title="L1 cannot be read">{l1.head.why}. What you see below is *unknown*, not zero.</Notice> : null}
      {l2?.head.known === false ? <Notice tone="warn" title="L2 cannot be read">{l2.head.why}. What L1 says is still shown; proofs for withdrawals need an L2 endpoint with state, anyone's.</Notice> : null}
      {system?.known === false && l1?.head.known === true ? <UnknownSystem system={system} /> : null}
      {alone?.known === true && alone.value ? <p className="training"><strong>Training chain.</strong> {TRAINING_SENTENCE}</p> : null}
    </div>
  );
}

function UnknownSystem({ system }: { system: Reading<unknown> & { known: false } }) {
  return <Notice tone="bad" title="The rollup's contracts cannot be read">{system.why}</Notice>;
}

function Dissents({ dissents }: { dissents: readonly Dissent[] }) {
  const named = [...new Map(dissents.map((dissent) => [dissent.url, dissent])).values()];
  return (
    <Notice tone="bad" title={named.length === 1 ? 'One of your endpoints gives other answers than the rest' : `${named.length} of your endpoints give other answers than the rest`}>
      <ul>{named.map(({ url, operator, about, got, expected }) => <li key={url}><strong>{operator}</strong> (<code>{url}</code>), {about}: said <code className="wrap">{got}</code>, the others <code className="wrap">{expected}</code></li>)}</ul>
      Its answers are not used where the others form a quorum. Remove it in Settings unless you know why.
    </Notice>
  );
}
