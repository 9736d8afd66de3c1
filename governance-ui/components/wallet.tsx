// The wallet: found by EIP-6963, chosen by the person, watched for another account or network. Owns the wagmi configuration and
// the button with its dialog. Reading chains is never the wallet's business: its endpoint is not asked for anything.
// Invariant: no key is held here, and a screen that needs an account says so instead of guessing one.

'use client';

import { useMemo, useRef } from 'react';
import type { ReactNode } from 'react';
import { defineChain, http } from 'viem';
import type { Chain } from 'viem';
import { WagmiProvider, createConfig, useConnect, useConnection, useConnectors, useDisconnect } from 'wagmi';
import type { Deployment } from '../chain/deployment.ts';
import { shortHex } from './format.ts';
import { useAgreement } from './guard.tsx';
import { Button, HexText, Notice } from './ui.tsx';

function chainOf(config: Deployment['l1'], name: string): Chain {
  return defineChain({ id: config.chainId, name, nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: config.endpoints.map(({ url }) => url) } } });
}

export function WalletProvider({ deployment, children }: { deployment: Deployment; children: ReactNode }) {
  const config = useMemo(() => {
    const l1 = chainOf(deployment.l1, 'Keyfall L1');
    const l2 = chainOf(deployment.l2, 'Keyfall L2');
    return createConfig({ chains: [l1, l2], connectors: [], multiInjectedProviderDiscovery: true, transports: { [l1.id]: http(), [l2.id]: http() } });
  }, [deployment]);
  return <WagmiProvider config={config}>{children}</WagmiProvider>;
}

/** Wallets that browsers refuse to show to pages from a disk are no mistake of the person's: the page says what works instead. */
export function isFromDisk(): boolean {
  return window.location.protocol === 'file:';
}

export function WalletButton() {
  const connection = useConnection();
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <Button kind={connection.address === undefined ? 'primary' : 'plain'} onClick={() => dialog.current?.showModal()}>
        {connection.address === undefined ? 'Connect wallet' : <span className="mono" title={connection.address}>{shortHex(connection.address)}</span>}
      </Button>
      <dialog ref={dialog} className="dialog" aria-labelledby="wallet-title">
        <div className="dialog-head"><h2 id="wallet-title">Wallet</h2><Button onClick={() => dialog.current?.close()}>Close</Button></div>
        <WalletChoice onDone={() => dialog.current?.close()} />
      </dialog>
    </>
  );
}

function WalletChoice({ onDone }: { onDone: () => void }) {
  const connection = useConnection();
  const connectors = useConnectors();
  const connect = useConnect();
  const disconnect = useDisconnect();
  const { agreeTo } = useAgreement();
  if (connection.address !== undefined) {
    return (
      <div className="stack">
        <p>Connected as <HexText value={connection.address} isWhole /></p>
        <p className="quiet">The wallet signs. It is not asked for data: every number here comes from the endpoints in Settings.</p>
        <Button onClick={() => disconnect.mutate({}, { onSuccess: () => {
          agreeTo(undefined);
          onDone();
        } })}>Disconnect</Button>
      </div>
    );
  }
  if (isFromDisk()) return <Notice tone="info" title="This page was opened from a disk">Browsers keep wallets away from such pages. Everything can be read, and every transaction can be exported unsigned to be signed elsewhere.</Notice>;
  return (
    <div className="stack">
      {connectors.length === 0 ? <Notice tone="info" title="No wallet announced itself">Install or unlock a wallet that follows EIP-6963, or export transactions unsigned.</Notice> : null}
      {connectors.length > 1 ? <p className="quiet">Each extension names itself; the second line is the identity it claims. Choose the one you know.</p> : null}
      {connectors.map((connector) => (
        <Button key={connector.uid} disabled={connect.isPending} onClick={() => connect.mutate({ connector }, { onSuccess: ({ accounts: [first] }) => {
          agreeTo(first);
          onDone();
        } })}>
          {connector.icon?.startsWith('data:') === true ? <img src={connector.icon} alt="" width={20} height={20} /> : null}
          <span className="wallet-name">{connector.name}{connectors.length > 1 ? <span className="hint">{connector.id}</span> : null}</span>
        </Button>
      ))}
      {new Set(connectors.map(({ name }) => name)).size < connectors.length ? <Notice tone="warn" title="Two wallets announce the same name">One of them may pretend to be the other. Compare their identities, or remove one.</Notice> : null}
      {connect.error === null ? null : <Notice tone="bad" title="Not connected">{connect.error.message.split('\n')[0]}</Notice>}
    </div>
  );
}
