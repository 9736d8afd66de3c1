// `keyfall exit prove`: in Enforced anyone brings the queue forward. Computes the next batch from L1 data, has it proven by the user's
// own prover, commits it, and makes final whatever can be.
// Owns the order of the steps. Invariant: one batch a run; what was committed before this run is never sent again.

import { parseInteger } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { namedRollup } from '../follower.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { rebuiltDirectory } from '../rebuilt.ts';
import { connect } from '../rollup.ts';
import { proveNext } from '../exit/proving.ts';
import { carryOut, plannedCall } from '../sending.ts';
import type { SendingOptions } from '../sending.ts';
import { WayOut } from '../wayOut.ts';
import type { CommonOptions } from './options.ts';

export interface ExitProveOptions extends CommonOptions, SendingOptions {
  readonly prover?: string;
  readonly blocks: string;
  readonly data?: string;
}

export async function exitProve(options: ExitProveOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const blocks = Number(parseInteger(options.blocks, '--blocks', 1_000n));
  const { l1: url, rollup } = namedRollup(options, home);
  const beneficiary = (await loadWallet(options, home)).address;
  const l1 = await connect(url);
  const place = await rebuiltDirectory(home, options.data, { l1, rollup, purpose: 'enforced' });
  try {
    const out = await WayOut.find(l1, rollup);
    const sender = { l1, home, output, options };
    const before = await out.snapshot();
    if (before.canFinalize) {
      const receipts = await carryOut([await plannedCall(out.rollup, 'Rollup', 'finalize', [before.finalized + 1n], `make batch ${before.finalized + 1n} final`)], 'Keyfall: finality', sender);
      if (receipts !== undefined) output.result({ finalized: before.finalized + 1n, l1Hash: receipts[0]?.hash }, [`batch ${before.finalized + 1n} is final`]);
      return;
    }
    if (options.prover === undefined) throw new CommandFailure('usage', 'expected --prover FILE: the program that proves (keyfall exit prove --help says what it is asked)');
    const done = await proveNext({ plugin: options.prover, blocks, l1Url: url, place, beneficiary }, out, sender);
    if (done.kind === 'nothing') throw new CommandFailure('unknown', `nothing to prove now: ${done.because}`);
    if (done.kind === 'proved') {
      output.result({ batch: done.batch.batchIndex, blocks: done.batch.blockCount, inboxTo: done.batch.inboxTo, lastHash: done.batch.outputs.lastHash, l1Hashes: done.hashes }, [`Enforced batch ${done.batch.batchIndex} is committed with its proof; it becomes final when the finality policy is met (keyfall lifecycle status)`]);
    }
  } finally {
    place.release();
    l1.destroy();
  }
}
