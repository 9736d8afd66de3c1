// A wallet for the journeys: an EIP-1193 provider announced by EIP-6963, the way extensions do it; signing happens in the test by viem
// with the devnet's keys. Owns the provider that runs in the page and the signer behind it, with a hook to make it lie.
// Invariant: the page under test is the built one, unchanged; nothing of wagmi is mocked.

import type { BrowserContext } from 'playwright-core';
import { createPublicClient, createWalletClient, defineChain, hexToBigInt, http } from 'viem';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Manifest } from '../../../node/cli/manifest.ts';

interface SendRequest { readonly to: Hex; readonly data?: Hex; readonly value?: Hex; readonly gas?: Hex }

export interface WalletPolicy {
  /** Changes what is sent; a wallet that does as it is told returns it as it came. */
  readonly alter?: (request: SendRequest) => SendRequest;
  /** Changes typed data before it is signed. */
  readonly alterTyped?: (typed: Record<string, unknown>) => Record<string, unknown>;
  readonly refuses?: boolean;
  /** Takes several calls in one question (ERC-5792); each is then a transaction of its own. */
  readonly batches?: boolean;
}

export interface WalletControl {
  readonly address: Hex;
  readonly policy: { now: WalletPolicy };
  /** Shows another account, as a person may do in the wallet at any time. */
  readonly switchTo: (privateKey: Hex) => Promise<void>;
  /** The same, without a word to the page. */
  readonly becomeSilently: (privateKey: Hex) => Promise<void>;
  readonly chainId: () => number;
}

/**
 * Adds a wallet with one account to every page of the context.
 * @param chainId the network it is on at first; the L1 unless named
 * @returns its control: the account, and another policy or account at any time
 */
export async function injectWallet(context: BrowserContext, manifest: Pick<Manifest, 'l1' | 'l2'>, privateKey: Hex, policy: WalletPolicy = {}, chainId = manifest.l1.chainId): Promise<WalletControl> {
  let account = privateKeyToAccount(privateKey);
  const control: WalletControl = { address: account.address, policy: { now: policy }, chainId: () => state.chainId, becomeSilently: async (key) => {
    account = privateKeyToAccount(key);
  }, switchTo: async (key) => {
    account = privateKeyToAccount(key);
    for (const page of context.pages()) await page.evaluate(([event, accounts]) => (globalThis as unknown as { keyfallTestEmit?: (event: string, value: unknown) => void }).keyfallTestEmit?.(event, accounts), ['accountsChanged', [account.address]] as const);
  } };
  const rpc: Record<number, string> = { [manifest.l1.chainId]: manifest.l1.rpc, [manifest.l2.chainId]: manifest.l2.rpc };
  const state = { chainId, isAllowed: false };
  const batches = new Map<string, Hex[]>();

  async function answer(method: string, params: readonly unknown[]): Promise<unknown> {
    switch (method) {
      case 'eth_requestAccounts':
        state.isAllowed = true;
        return [account.address];
      case 'eth_accounts': return state.isAllowed ? [account.address] : [];
      case 'eth_chainId': return `0x${state.chainId.toString(16)}`;
      case 'wallet_switchEthereumChain': {
        const [{ chainId }] = params as [{ chainId: Hex }];
        if (rpc[Number(chainId)] === undefined) throw new Error('unrecognized chain');
        state.chainId = Number(chainId);
        return null;
      }
      case 'wallet_addEthereumChain': return null;
      case 'wallet_getCapabilities':
        if (control.policy.now.batches !== true) throw new Error('the wallet does not know wallet_getCapabilities');
        return { [`0x${manifest.l1.chainId.toString(16)}`]: { atomic: { status: 'supported' } } };
      case 'wallet_sendCalls': {
        const [{ calls }] = params as [{ calls: readonly SendRequest[] }];
        const id = `0x${(batches.size + 1).toString(16).padStart(64, '0')}`;
        const hashes: Hex[] = [];
        for (const call of calls) hashes.push(await send(call));
        batches.set(id, hashes);
        return { id };
      }
      case 'wallet_getCallsStatus': return callsStatus(String(params[0]));
      case 'eth_sendTransaction': return send(params[0] as SendRequest);
      case 'eth_signTypedData_v4': {
        if (control.policy.now.refuses === true) throw new Error('User rejected the request.');
        const typed = JSON.parse(params[1] as string) as Record<string, unknown>;
        const { domain, types, primaryType, message } = (control.policy.now.alterTyped?.(typed) ?? typed) as unknown as Parameters<typeof account.signTypedData>[0] & { message: Record<string, unknown> };
        return account.signTypedData({ domain, types, primaryType, message } as Parameters<typeof account.signTypedData>[0]);
      }
      default: throw new Error(`the wallet does not know ${method}`);
    }
  }

  async function callsStatus(id: string): Promise<unknown> {
    const client = createPublicClient({ transport: http(rpc[manifest.l1.chainId]) });
    const receipts = await Promise.all((batches.get(id) ?? []).map(async (hash) => client.request({ method: 'eth_getTransactionReceipt', params: [hash] })));
    const isMined = receipts.length > 0 && receipts.every((receipt) => receipt !== null);
    return { version: '2.0.0', id, chainId: `0x${manifest.l1.chainId.toString(16)}`, atomic: false, status: isMined ? 200 : 100, ...(isMined ? { receipts } : {}) };
  }

  async function send(asked: SendRequest): Promise<Hex> {
    const { refuses, alter } = control.policy.now;
    if (refuses === true) throw new Error('User rejected the request.');
    const request = alter?.(asked) ?? asked;
    const chain = defineChain({ id: state.chainId, name: 'devnet', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc[state.chainId] ?? ''] } } });
    const client = createWalletClient({ account, chain, transport: http() });
    return client.sendTransaction({ to: request.to, data: request.data ?? '0x', value: request.value === undefined ? 0n : hexToBigInt(request.value) });
  }

  await context.exposeFunction('keyfallTestWallet', async (method: string, params: readonly unknown[]) => {
    try {
      return { result: await answer(method, params) };
    } catch (error) {
      return { error: error instanceof Error ? error.message.split('\n')[0] : String(error) };
    }
  });
  await context.addInitScript(announce);
  return control;
}

/** Runs in the page. */
function announce(): void {
  type Listener = (value: unknown) => void;
  const page = globalThis as unknown as EventTarget;
  const listeners = new Map<string, Set<Listener>>();
  const emit = (event: string, value: unknown): void => listeners.get(event)?.forEach((listener) => listener(value));
  const ask = (globalThis as unknown as { keyfallTestWallet: (method: string, params: unknown) => Promise<{ result?: unknown; error?: string }> }).keyfallTestWallet;
  const provider = {
    request: async ({ method, params = [] }: { method: string; params?: unknown[] }): Promise<unknown> => {
      const { result, error } = await ask(method, params);
      if (error !== undefined) throw Object.assign(new Error(error), { code: error.startsWith('User rejected') ? 4001 : error.startsWith('unrecognized') ? 4902 : -32_000 });
      if (method === 'wallet_switchEthereumChain') emit('chainChanged', (params[0] as { chainId: string }).chainId);
      return result;
    },
    on: (event: string, listener: Listener): void => void (listeners.get(event) ?? listeners.set(event, new Set()).get(event))?.add(listener),
    removeListener: (event: string, listener: Listener): void => void listeners.get(event)?.delete(listener),
  };
  Object.assign(globalThis, { keyfallTestEmit: emit });
  const info = { uuid: '6f1f3e0c-2f0b-4b8f-9f0a-000000000001', name: 'Journey wallet', icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>', rdns: 'example.journey' };
  const tell = (): void => void page.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
  page.addEventListener('eip6963:requestProvider', tell);
  tell();
}
