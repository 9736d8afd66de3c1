// `keyfall exit escape`: everything of one account out of a frozen chain, and refunds of deposits that L2 will never execute. Rebuilds
// the pinned state from L1 data, makes and checks the proofs, shows the transactions, sends them; or writes them to a file (--out) and
// sends them from one (--from-file) where no L2 data is.
// Owns the order of these steps. The proofs are exit/kit.ts's, the rules the EscapeHatch's.
// Invariant: a run that was killed is simply run again: what L1 has paid is left out.

import type { ContractTransactionReceipt } from 'ethers';
import type { Hex } from '@keyfall/protocol';
import { parseAddress } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { collectKit, collectPositions } from '../exit/collect.ts';
import { kitLines, kitTransactions, needsResolver, readKit, unpaid, verifyKit, writeKit } from '../exit/kit.ts';
import type { ExitKit } from '../exit/kit.ts';
import { followRollup, namedRollup } from '../follower.ts';
import type { FollowerOptions } from '../follower.ts';
import { homeAt } from '../home.ts';
import type { Home } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { connect } from '../rollup.ts';
import { carryOut } from '../sending.ts';
import type { SendingOptions } from '../sending.ts';
import { WayOut } from '../wayOut.ts';
import type { CommonOptions } from './options.ts';

export interface ExitEscapeOptions extends CommonOptions, FollowerOptions, SendingOptions {
  readonly owner?: string;
  readonly from?: string;
  readonly out?: string;
  readonly fromFile?: string;
}

export async function exitEscape(options: ExitEscapeOptions, output: Output): Promise<void> {
  if (options.out !== undefined && options.fromFile !== undefined) throw new CommandFailure('usage', 'expected one of --out and --from-file, got both');
  const home = homeAt(options.home);
  const kit = options.fromFile === undefined ? await collected(options, home, output) : readKit(options.fromFile);
  const { l1: url, rollup } = namedRollup(options, home);
  const l1 = await connect(url);
  try {
    const out = await WayOut.find(l1, rollup);
    await verifyKit(kit, out);
    output.progress('every proof holds against the state root that L1 has pinned');
    if (options.out !== undefined) {
      writeKit(options.out, kit);
      output.result({ file: options.out, ...summary(kit) }, [`exit kit written to ${options.out}:`, ...kitLines(kit).map((line) => `  ${line}`), 'send it from any machine: keyfall exit escape --from-file FILE --l1 URL --rollup ADDRESS']);
      return;
    }
    const open = await unpaid(kit, out);
    const plan = needsResolver(open) ? refused(open) : await kitTransactions(open, out);
    if (plan.length === 0) {
      output.result({ done: true, ...summary(open) }, [kit.claimant === null && kit.refunds.length + kit.withdrawals.length === 0 ? kit.how : 'nothing is left to claim: everything was paid already']);
      if (kit.claimant === null) throw new CommandFailure('failed', kit.how);
      return;
    }
    for (const line of kitLines(open)) output.progress(`  ${line}`);
    const receipts = await carryOut(plan, `Keyfall: exit of ${kit.claimant?.owner ?? 'an account'}`, { l1, home, output, options });
    if (receipts !== undefined) await report(open, receipts, out, output);
  } finally {
    l1.destroy();
  }
}

async function collected(options: ExitEscapeOptions, home: Home, output: Output): Promise<ExitKit> {
  const signer = options.from !== undefined ? parseAddress(options.from, '--from') : options.unsigned === true && options.owner !== undefined ? parseAddress(options.owner, '--owner') : (await loadWallet(options, home)).address;
  const from = signer.toLowerCase() as Hex;
  const owner = options.owner === undefined ? from : (parseAddress(options.owner, '--owner').toLowerCase() as Hex);
  const { connection, close } = await followRollup(options, home, output);
  try {
    const out = await WayOut.find(connection.l1, connection.rollupAddress);
    const snapshot = await out.snapshot();
    if (snapshot.phase !== 'frozen') throw new CommandFailure('failed', `the chain is in ${snapshot.phase}, not frozen: \`keyfall exit plan\` says what is open now${snapshot.freezable.length > 0 ? '; it can be frozen: keyfall lifecycle freeze' : ''}`);
    return await collectKit(connection, out, snapshot, await collectPositions(connection, out, snapshot, owner, from));
  } finally {
    await close();
  }
}

function refused(kit: ExitKit): never {
  throw new CommandFailure('failed', `only the resolver ${kit.payee} itself can take what ${kit.claimant?.owner} holds: keyfall exit pool ${kit.claimant?.owner}`);
}

function summary(kit: ExitKit): Readonly<Record<string, unknown>> {
  return { owner: kit.claimant?.owner ?? null, payee: kit.payee, holdings: kit.holdings.map(({ asset, amount, isUncredited }) => ({ ...asset, amount, isUncredited })), refunds: kit.refunds.length, withdrawals: kit.withdrawals.length };
}

/** What L1 says was paid; what was not is a failure with its name. */
async function report(kit: ExitKit, receipts: readonly ContractTransactionReceipt[], out: WayOut, output: Output): Promise<void> {
  const left = await unpaid(kit, out);
  const hashes = receipts.map(({ hash }) => hash);
  const gasUsed = receipts.reduce((sum, receipt) => sum + receipt.gasUsed, 0n);
  const facts = { ...summary(kit), l1Hashes: hashes, gasUsed, unpaid: kitLines(left) };
  if (left.holdings.length + left.refunds.length + left.withdrawals.length > 0) {
    throw new CommandFailure('failed', `not everything was paid; what is left can be tried again:\n${kitLines(left).map((line) => `  ${line}`).join('\n')}`, { facts });
  }
  output.result(facts, [`paid in ${hashes.length === 1 ? 'one transaction' : `${hashes.length} transactions`}, ${gasUsed} gas:`, ...kitLines(kit).map((line) => `  ${line}`)]);
}
