// Money on L2 for the devnet's accounts. The L2 genesis has none, so it comes the way all money comes: deposits through the
// Inbox, from each account for itself, sent together and awaited together.
// Owns who gets how much. Invariant: it can be repeated; an account that has money on L2 is left alone.

import { Wallet } from 'ethers';
import type { ContractTransactionResponse } from 'ethers';
import { etherText } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import type { RollupConnection } from '../rollup.ts';
import { waitFor } from '../waiting.ts';
import type { DevnetKey } from './accounts.ts';

export const L2_FUNDING_WEI: bigint = 1_000n * 10n ** 18n;
const DEPOSIT_GAS = 50_000n;
const TIMEOUT_SECONDS = 180;

/** Deposits for every account without money on L2 and waits until all have it. */
export async function fundAccounts(connection: RollupConnection, accounts: readonly DevnetKey[], signal: AbortSignal, progress: (line: string) => void): Promise<void> {
  const poor = await accountsWithoutMoney(connection, accounts);
  if (poor.length === 0) return;
  progress(`depositing ${etherText(L2_FUNDING_WEI)} for each of ${poor.length} accounts through the Inbox ...`);
  const inbox = await connection.inbox();
  const priceWei = (await inbox.getFunction('price').staticCall(DEPOSIT_GAS)) as bigint;
  const sent = await Promise.all(poor.map(async ({ address, privateKey }) => {
    const sender = new Wallet(privateKey, connection.l1);
    const own = inbox.connect(sender) as typeof inbox;
    return (await own.getFunction('sendCall').send(address, L2_FUNDING_WEI, 0n, DEPOSIT_GAS, 0n, '0x', { value: L2_FUNDING_WEI + priceWei * 2n })) as ContractTransactionResponse;
  }));
  for (const transaction of sent) {
    const receipt = await transaction.wait(1, TIMEOUT_SECONDS * 1000);
    if (receipt?.status !== 1) throw new CommandFailure('failed', `a funding deposit reverted on L1 (${transaction.hash})`);
  }
  await waitFor(async () => ((await accountsWithoutMoney(connection, poor)).length === 0 ? true : undefined), { what: 'the deposits to arrive on L2', timeoutSeconds: TIMEOUT_SECONDS, signal });
}

async function accountsWithoutMoney(connection: RollupConnection, accounts: readonly DevnetKey[]): Promise<DevnetKey[]> {
  const balances = await Promise.all(accounts.map(({ address }) => connection.l2.getBalance(address)));
  return accounts.filter((_, index) => balances[index] === 0n);
}
