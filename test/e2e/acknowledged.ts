// A process that sends transfers to an L2 endpoint and writes down, durably, each hash that the node acknowledged: the witness of crash
// tests, kept apart from everything that is killed. Owns the load and its record. Does not own any judgement: the test reads the file.
// A line is written after the node answered and before the next transfer is signed, so the file never claims what was not acknowledged.
// Arguments: L2 URL, private key, file. SIGTERM ends it after the transfer under way.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Transaction, Wallet } from 'ethers';

const [url, privateKey, path] = process.argv.slice(2);
if (url === undefined || privateKey === undefined || path === undefined) throw new Error('expected an L2 URL, a private key and a file');

let isStopping = false;
process.on('SIGTERM', () => {
  isStopping = true;
});

async function request(method: string, params: readonly unknown[]): Promise<{ result?: unknown; error?: { message: string } }> {
  const response = await fetch(url!, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), signal: AbortSignal.timeout(5_000) });
  return (await response.json()) as { result?: unknown; error?: { message: string } };
}

/** Repeats a call until the node answers at all: it is being killed all the time. */
async function insist(method: string, params: readonly unknown[]): Promise<{ result?: unknown; error?: { message: string } }> {
  for (;;) {
    try {
      return await request(method, params);
    } catch (error) {
      if (isStopping) throw error;
      await sleep(100);
    }
  }
}

const wallet = new Wallet(privateKey);
const chainId = BigInt((await insist('eth_chainId', [])).result as string);
let nonce = Number((await insist('eth_getTransactionCount', [wallet.address, 'latest'])).result as string);
const record = openSync(path, 'a');

while (!isStopping) {
  const signed = await wallet.signTransaction({ type: 2, chainId, nonce, gasLimit: 21_000n, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n, to: wallet.address, value: 1n });
  const hash = Transaction.from(signed).hash!;
  const answer = await insist('eth_sendRawTransaction', [signed]);
  // Sent before a kill, answered by the node that came back: it knows the transaction, which is an acknowledgement too.
  const isKnown = answer.error !== undefined && /already known|nonce too low/i.test(answer.error.message);
  if (answer.error !== undefined && !isKnown) {
    await sleep(200);
    continue;
  }
  if (!isKnown) {
    writeSync(record, `${hash}\n`);
    fsyncSync(record);
  }
  nonce += 1;
  await sleep(10);
}
closeSync(record);
