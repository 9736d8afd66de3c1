// `keyfall up`: the devnet in the foreground. Owns the wish to stop (Ctrl-C, a signal, the death of whoever started it) and what
// a person reads; the run itself is devnet/run.ts.
// Invariant: the first wish to stop begins an orderly stop, and further ones change nothing: a terminal, npm and the set-up each
// pass one Ctrl-C on, so it arrives several times. Every wait of the stop is bounded.

import { Socket } from 'node:net';
import { etherText, parseInteger } from '../amounts.ts';
import { ATTESTER_COUNT } from '../devnet/accounts.ts';
import { holdHome } from '../devnet/exclusive.ts';
import { L2_FUNDING_WEI } from '../devnet/funding.ts';
import { chooseDevnetPorts } from '../devnet/ports.ts';
import { endLeftovers } from '../devnet/processTable.ts';
import { runDevnet } from '../devnet/run.ts';
import { CommandFailure } from '../failure.ts';
import { homeAt } from '../home.ts';
import type { Manifest } from '../manifest.ts';
import { columns } from '../output.ts';
import type { Output } from '../output.ts';
import type { UpOptions } from './options.ts';

export async function up(options: UpOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const timeScale = Number(parseInteger(options.timeScale, '--time-scale', 1_000_000n));
  if (timeScale < 1) throw new CommandFailure('usage', '--time-scale: expected at least 1');
  const signal = stopSignal();
  const startedAt = Date.now();
  const progress = (line: string): void => output.progress(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s] ${line}`);
  const releaseHome = await holdHome(home);
  try {
    await endLeftovers(home, (names) => progress(`ending what an earlier run left behind: ${names.join(', ')}`));
    // A port that nothing will listen on need not be free.
    const ports = await chooseDevnetPorts({ ...options, watchtowerPort: options.watchtower ? options.watchtowerPort : '0' }, ATTESTER_COUNT);
    await runDevnet({
      home, ports, isFresh: options.fresh === true, isInboxOnly: options.inboxOnly === true, isWatched: options.watchtower, timeScale, signal, progress,
      onReady: (manifest) => output.result({ ...manifest }, summary(manifest, home.manifestPath)),
    });
    progress('stopped; the chain is kept, and the next start goes on with it');
  } finally {
    await releaseHome();
  }
}

/** Aborted by a signal or by the end of the process that started this one. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort(new CommandFailure('failed', `stopped by ${name}`)));
  // The variable is inherited further than the descriptor: it counts only if it names this process's own parent.
  const [parent, descriptor] = (process.env['KEYFALL_LIFELINE'] ?? '').split(':').map(Number);
  if (parent === process.ppid && descriptor !== undefined) {
    // A socket and no file stream: a file stream's read would hold up the exit of this process for as long as the parent lives.
    const lifeline = new Socket({ fd: descriptor, readable: true, writable: false });
    const onEnd = (): void => controller.abort(new CommandFailure('failed', 'the process that started it is gone'));
    lifeline.on('close', onEnd).on('error', onEnd).resume();
  }
  return controller.signal;
}

function summary(manifest: Manifest, manifestPath: string): string[] {
  const { l1, l2, contracts, accounts, services } = manifest;
  return [
    '',
    `Keyfall devnet is ready (profile ${manifest.profile}: attesters alone finalize, nothing here is worth anything)`,
    '',
    ...columns([
      ['L1', `${l1.rpc}  chain ${l1.chainId}`],
      ['L2', `${l2.rpc}  chain ${l2.chainId}  (WebSocket on the same port)`],
      ['UI', services['ui'] === undefined ? 'not built (npm run up builds it)' : `${services['ui']}  (governance, withdrawals, explorer)`],
      ...(services['watchtower'] === undefined ? [] : [['watchtower', `${services['watchtower']}/v1/status`] as const]),
      ...Object.entries(contracts).map(([name, address]) => [name, address] as const),
      ['accounts', `${accounts.length}, each with ${etherText(L2_FUNDING_WEI)} on L2 at the start; the usual test mnemonic`],
      ['all of it', manifestPath],
    ]),
    '',
    'Try, in another terminal:',
    '  npx keyfall status',
    '  npx keyfall deposit 1 --account 0',
    '  npx keyfall withdraw 0.5 --account 0',
    '',
    'Ctrl-C stops it and keeps the chain.',
  ];
}
