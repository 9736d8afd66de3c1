// What was checked of an upgrade in this browser, and what was not. Owns the list and which of its items are hard: a hard one that fails
// makes signing an act that carries the upgrade out need typed words.
// Invariant: a check that this page cannot make is listed as *unknown*, with where it can be made.

'use client';

import { keccak256 } from 'viem';
import type { Hex } from 'viem';
import { upgradeIdOf } from '../chain/council.ts';
import { mapReading, unknown } from '../chain/reading.ts';
import type { Reading } from '../chain/reading.ts';
import { guard } from '../chain/timelock.ts';
import { readUpgrade } from '../chain/upgradeWords.ts';
import type { Upgrade } from '../chain/upgradeWords.ts';
import { useReading, useSession, useSystem } from './session.tsx';
import { Badge, Disclosure } from './ui.tsx';
import type { Tone } from './ui.tsx';
import { BlockValue } from './value.tsx';
import { WatchtowerVerdicts } from './watchtower.tsx';

type Verdict = readonly [Tone, string];

/** Whether the code that an upgrade pins stands at its address now. */
function usePinnedCode(id: Hex, upgrade: Upgrade): Reading<Verdict> | undefined {
  return useReading<Verdict>('l1', ['pinned', id], async ({ at, l1 }) => {
    const fields = readUpgrade(upgrade)?.fields ?? [];
    const pinned = fields.find(({ name }) => name === 'codehash')?.value;
    const target = fields.find(({ name }) => name === 'implementation' || name === 'lane')?.value as Hex | undefined;
    if (pinned === undefined || target === undefined) return { known: true, at, trust: l1.trust, value: ['quiet', 'names no code'] };
    const bytes = await l1.read('eth_getCode', [target, { blockHash: at.hash }], at);
    return mapReading(bytes, (value): Verdict => (keccak256(value as Hex) === pinned ? ['good', 'the code at the address is the one that is pinned'] : ['bad', 'the code at the address is not the one that is pinned: execution will fail']));
  });
}

/** @returns what hard check has failed, if one has; a check that is *unknown* has not passed either */
export function useHardCheck(id: Hex, upgrade: Upgrade): string | undefined {
  const code = usePinnedCode(id, upgrade);
  if (readUpgrade(upgrade) === undefined) return 'The payload cannot be read here';
  if (code?.known === false) return `Whether the pinned code stands is unknown: ${code.why}`;
  if (code === undefined) return 'Whether the pinned code stands was not read yet';
  return code.known && code.value[0] === 'bad' ? 'The code at the address is not the one that is pinned' : undefined;
}

const ELSEWHERE = [
  ['bytecode against a build from source', 'watchtower, or a build of your own'], ['storage layout of the new code', 'keyfall upgrade show, with both builds'],
  ['simulation on a fork: pending withdrawals still claimable, a stranger can still force and escape', 'watchtower'], ['negative tests of a new verifier', 'watchtower'],
] as const;

/** @param isOpen begins unfolded: for those who are asked to sign */
export function UpgradeChecks({ id, upgrade, isOpen = false }: { id: Hex; upgrade: Upgrade; isOpen?: boolean }) {
  const { deployment } = useSession();
  const code = usePinnedCode(id, upgrade);
  const held = useReading('l1', ['guard'], async ({ system, at }) => (system.governance.timelock === undefined ? unknown('no timelock stands') : guard(system.governance.timelock, at)));
  const system = useSystem();
  const isId = system?.known === true && system.value.governance.timelock !== undefined && upgradeIdOf(BigInt(deployment.l1.chainId), system.value.governance.timelock.address, upgrade) === id.toLowerCase();
  const decoded: Verdict = readUpgrade(upgrade) === undefined ? ['bad', 'the payload is not the canonical encoding of its kind'] : ['good', 'the payload encodes anew to exactly its bytes'];
  const list = (
    <>
      <ul className="items">
        <Item verdict={decoded} />
        <Item verdict={isId ? ['good', 'the id is the hash of chain, timelock and every field'] : ['bad', 'the id is not the hash of its fields']} />
        <li><BlockValue reading={code}>{([tone]) => <Badge tone={tone}>{tone === 'good' ? 'passed' : tone === 'bad' ? 'failed' : 'none'}</Badge>}</BlockValue><span>{code?.known === true ? code.value[1] : 'code against its pinned hash'}</span></li>
        <li><BlockValue reading={held}>{({ isFrozen, isDisputed, exitsGoFirst }) => <Badge tone={isFrozen || isDisputed || exitsGoFirst ? 'info' : 'quiet'}>{isFrozen || isDisputed || exitsGoFirst ? 'held back' : 'not held'}</Badge>}</BlockValue><span>{held?.known === true && held.value.exitsGoFirst ? `exits go first: message ${held.value.firstUnsettled} is not settled` : 'whether the guard of exits holds any execution back now'}</span></li>
        {ELSEWHERE.map(([what, where]) => <li key={what}><Badge tone="warn">unknown</Badge><span>{what}<span className="hint">not here: {where}</span></span></li>)}
      </ul>
      <WatchtowerVerdicts subject={id} />
    </>
  );
  return isOpen ? <><h3>What was checked here, and what was not</h3>{list}</> : <Disclosure summary="What was checked here, and what was not">{list}</Disclosure>;
}

function Item({ verdict: [tone, text] }: { verdict: Verdict }) {
  return <li><Badge tone={tone}>{tone === 'good' ? 'passed' : tone === 'bad' ? 'failed' : 'unknown'}</Badge><span>{text}</span></li>;
}
