// The guard before every act of every page: the account must be the one that the page was read with, the network the act's own. Owns the
// account that a person has agreed to, asking the wallet itself at the moment of the act, and the switch of its network.
//   shown to A -> wallet turns to B -> every act is held until "go on as the other account" -> shown to B
// Invariant: nothing reaches a wallet but through `pass`, which asks the wallet anew: a change that it did not announce is seen too.

'use client';

import { createContext, use, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import type { Hex } from 'viem';
import { useConfig, useConnection } from 'wagmi';
import { switchChain } from 'wagmi/actions';
import { reasonOf } from '../chain/reading.ts';
import { judgeWallet } from '../chain/walletState.ts';
import type { WalletState } from '../chain/walletState.ts';
import { Badge, Button, Notice } from './ui.tsx';

interface Agreement {
  /** Whom the page was read with; undefined while nobody is connected. */
  readonly agreed: Hex | undefined;
  readonly agreeTo: (account: Hex | undefined) => void;
}

const AgreementContext = createContext<Agreement | undefined>(undefined);

export function GuardProvider({ children }: { children: ReactNode }) {
  const { address } = useConnection();
  const [agreed, agreeTo] = useState<Hex>();
  // The first account that is connected is the one that a person has just chosen, or had chosen before a reload.
  if (agreed === undefined && address !== undefined) agreeTo(address);
  const agreement = useMemo(() => ({ agreed, agreeTo }), [agreed]);
  return <AgreementContext value={agreement}>{children}</AgreementContext>;
}

export function useAgreement(): Agreement {
  const agreement = use(AgreementContext);
  if (agreement === undefined) throw new Error('an act is shown without a guard');
  return agreement;
}

type Passed = { readonly ok: true; readonly account: Hex } | { readonly ok: false; readonly why: string };

export interface ActGuard {
  /** While the wallet shows another account than the page was read with: no act. */
  readonly isHeld: boolean;
  /** The network it has to be switched to, or undefined. */
  readonly isElsewhere: boolean;
  /** Asks the wallet itself, has it switch its network, asks again. Call it last, right before the wallet is asked to act. */
  readonly pass: (onSwitch?: () => void) => Promise<Passed>;
}

/** @param chainId the network of the act */
export function useActGuard(chainId: number): ActGuard {
  const config = useConfig();
  const connection = useConnection();
  const { agreed } = useAgreement();
  const { address, connector } = connection;

  async function pass(onSwitch?: () => void): Promise<Passed> {
    if (address === undefined || agreed === undefined) return { ok: false, why: 'no account is connected' };
    if (address !== agreed) return { ok: false, why: `this was shown to ${agreed}, the wallet now acts as ${address}: read it again` };
    // While a page reconnects after a reload, the connector is known by name only.
    if (typeof connector?.getAccounts !== 'function') return { ok: false, why: 'the wallet is still being connected: try again in a moment' };
    const ask = async (): Promise<WalletState> => ({ accounts: await connector.getAccounts(), chainId: await connector.getChainId() });
    const wanted = { account: agreed, chainId };
    try {
      let verdict = judgeWallet(wanted, await ask());
      if (!verdict.ok && verdict.differs === 'network') {
        onSwitch?.();
        await switchChain(config, { connector, chainId });
        verdict = judgeWallet(wanted, await ask());
      }
      return verdict.ok ? { ok: true, account: agreed } : verdict;
    } catch (error) {
      return { ok: false, why: reasonOf(error) };
    }
  }

  return { isHeld: address !== undefined && agreed !== undefined && address !== agreed, isElsewhere: connection.chainId !== undefined && connection.chainId !== chainId, pass };
}

/** What holds an act back, beside its button. Says nothing while nothing does. */
export function GuardNotice({ chainId }: { chainId: number }) {
  const { address, chainId: present } = useConnection();
  const { agreed, agreeTo } = useAgreement();
  const { isHeld, isElsewhere } = useActGuard(chainId);
  return (
    <>
      {isElsewhere ? <p><NetworkBadge chainId={chainId} present={present} /></p> : null}
      {isHeld ? <Notice tone="warn" title="Your wallet shows another account now" isLive>This was made while <span className="wrap">{agreed}</span> was connected; now it is <span className="wrap">{address}</span>. Read it again. <Button onClick={() => agreeTo(address)}>Go on as the other account</Button></Notice> : null}
    </>
  );
}

export function NetworkBadge({ chainId, present }: { chainId: number; present: number | undefined }) {
  return present === undefined || present === chainId ? null : <Badge tone="warn">your wallet is on chain {present}; it will be asked to switch to {chainId}</Badge>;
}
