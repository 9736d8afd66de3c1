// `keyfall exit escape`: everything of an account out of a frozen chain, and refunds of deposits that L2 will never execute. Rebuilds
// the pinned state from L1 data, makes and checks the proofs, shows the transactions, sends them; or writes them to a file (--out) and
// sends them from one or many (--from-file) where no L2 data is.
// Owns the order of these steps. The proofs are exit/kit.ts's, the rules the EscapeHatch's.
// Invariant: a run that was killed is simply run again: what L1 has paid is left out.

import type { ContractTransactionReceipt, Wallet } from 'ethers';
import type { Hex } from '@keyfall/protocol';
import { parseAddress, parseInteger } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { collectKit, collectPositions } from '../exit/collect.ts';
import { isEmptyKit, kitLines, needsResolver, readKit, unpaid, verifyKit, writeKit } from '../exit/kit.ts';
import type { ExitKit } from '../exit/kit.ts';
import { kitTransactions } from '../exit/kitPlan.ts';
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
  readonly to?: string;
  readonly days: string;
  readonly out?: string;
  readonly fromFile?: readonly string[];
}

const DAY_SECONDS = 86_400;

export async function exitEscape(options: ExitEscapeOptions, output: Output): Promise<void> {
  if (options.out !== undefined && options.fromFile !== undefined) throw new CommandFailure('usage', 'expected one of --out and --from-file, got both');
  if (options.fromFile !== undefined && (options.to ?? options.owner) !== undefined) throw new CommandFailure('usage', 'what is in a kit is settled: --owner and --to belong to where it is made');
  const home = homeAt(options.home);
  const kits = options.fromFile === undefined ? [await collected(options, home, output)] : options.fromFile.map((path) => readKit(path));
  const { l1: url, rollup } = namedRollup(options, home);
  const l1 = await connect(url);
  try {
    const out = await WayOut.find(l1, rollup);
    for (const kit of kits) await verifyKit(kit, out);
    output.progress('every proof holds against the state root that L1 has pinned');
    const [kit] = kits;
    if (options.out !== undefined && kit !== undefined) {
      if (isEmptyKit(kit)) throw nothing(kit);
      writeKit(options.out, kit);
      output.result({ file: options.out, ...summary(kit) }, [`exit kit written to ${options.out}:`, ...kitLines(kit).map((line) => `  ${line}`), 'send it from any machine: keyfall exit escape --from-file FILE --l1 URL --rollup ADDRESS']);
      return;
    }
    const resolvers = kits.find((one) => needsResolver(one));
    if (resolvers !== undefined) throw new CommandFailure('failed', `only the resolver ${resolvers.payee} itself can take what ${resolvers.claimant?.owner} holds: keyfall exit pool ${resolvers.claimant?.owner}`);
    const empty = kits.find(isEmptyKit);
    if (empty !== undefined) throw nothing(empty);
    const open = await Promise.all(kits.map(async (one) => unpaid(one, out)));
    if (open.every(isEmptyKit)) {
      output.result({ done: true, ...facts(open) }, ['nothing is left to claim: everything was paid already']);
      return;
    }
    for (const line of open.flatMap(kitLines)) output.progress(`  ${line}`);
    const failures: string[] = [];
    const receipts = await carryOut(await kitTransactions(open, out), `Keyfall: exit of ${open.map(({ claimant }) => claimant?.owner ?? 'an account').join(', ')}`, { l1, home, output, options, failures });
    if (receipts !== undefined) await report({ open, failures, receipts }, out, output);
  } finally {
    l1.destroy();
  }
}

function nothing({ claimant, how }: ExitKit): CommandFailure {
  return new CommandFailure('failed', claimant === null ? how : `${claimant.owner} has nothing to take out: no holding in the pinned state, no deposit to refund, no withdrawal under way`);
}

async function collected(options: ExitEscapeOptions, home: Home, output: Output): Promise<ExitKit> {
  const owner = options.owner === undefined ? undefined : (parseAddress(options.owner, '--owner').toLowerCase() as Hex);
  const to = options.to === undefined ? undefined : (parseAddress(options.to, '--to').toLowerCase() as Hex);
  const isKeyNeeded = to !== undefined || owner === undefined || (options.unsigned !== true && options.out === undefined);
  const key = options.from !== undefined || (options.unsigned === true && owner !== undefined) || !isKeyNeeded ? undefined : await loadWallet(options, home);
  const given = options.from === undefined ? (options.unsigned === true ? owner : undefined) : (parseAddress(options.from, '--from').toLowerCase() as Hex);
  // A file is made for whoever may send it, unless the sender is named.
  const from = given ?? (options.out === undefined ? (key?.address.toLowerCase() as Hex | undefined) : undefined);
  const whose = owner ?? (key?.address.toLowerCase() as Hex | undefined) ?? from;
  if (whose === undefined) throw new CommandFailure('usage', 'expected --owner, or a key whose account leaves');
  const { connection, close } = await followRollup(options, home, output);
  try {
    const out = await WayOut.find(connection.l1, connection.rollupAddress);
    const snapshot = await out.snapshot();
    const kit = await collectKit(connection, out, snapshot, await collectPositions(connection, out, snapshot, whose, from));
    if (snapshot.phase !== 'frozen' && isEmptyKit(kit)) {
      throw new CommandFailure('failed', `the chain is in ${snapshot.phase}, not frozen, and no deposit of ${whose} was skipped: \`keyfall exit plan\` says what is open now${snapshot.freezable.length > 0 ? '; it can be frozen: keyfall lifecycle freeze' : ''}`);
    }
    return to === undefined ? kit : await redirected(kit, { to, from, key, days: parseInteger(options.days, '--days', 3_650n), wall: snapshot.wall }, out);
  } finally {
    await close();
  }
}

interface Redirection { readonly to: Hex; readonly from: Hex | undefined; readonly key: Wallet | undefined; readonly days: bigint; readonly wall: bigint }

/** Everything paid to another address: by the payee's signature, unless the payee itself sends. */
async function redirected(kit: ExitKit, { to, from, key, days, wall }: Redirection, out: WayOut): Promise<ExitKit> {
  const { claimant, payee } = kit;
  if (claimant === null || payee === null) throw new CommandFailure('failed', kit.how);
  if (needsResolver(kit)) throw new CommandFailure('usage', 'a resolver takes to itself: --to belongs to `keyfall exit pool`');
  const how = `${kit.how}, which has it paid to ${to}`;
  if (from === payee) return { ...kit, how, claimant: { ...claimant, to }, redirect: { payee, to, deadline: '0', signature: '0x' } };
  if (key === undefined || key.address.toLowerCase() !== payee) throw new CommandFailure('usage', `--to: only ${payee}, whose it is, may have it paid elsewhere: use its key`);
  const deadline = wall + days * BigInt(DAY_SECONDS);
  const domain = { name: 'Keyfall EscapeHatch', version: '1', chainId: kit.l1ChainId, verifyingContract: await out.hatch.getAddress() };
  const types = { Redirect: [{ name: 'payee', type: 'address' }, { name: 'to', type: 'address' }, { name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' }] };
  const nonce = (await out.hatch.getFunction('redirectNonce').staticCall(payee)) as bigint;
  const signature = (await key.signTypedData(domain, types, { payee, to, nonce, deadline })) as Hex;
  return { ...kit, how, claimant: { ...claimant, to, deadline: deadline.toString(), signature }, redirect: { payee, to, deadline: deadline.toString(), signature } };
}

function summary(kit: ExitKit): Readonly<Record<string, unknown>> {
  return {
    owner: kit.claimant?.owner ?? null, payee: kit.payee, to: kit.redirect?.to ?? kit.payee,
    holdings: kit.holdings.map(({ asset, amount, isUncredited }) => ({ ...asset, amount, isUncredited })), refunds: kit.refunds.length, withdrawals: kit.withdrawals.length,
  };
}

function facts(kits: readonly ExitKit[]): Readonly<Record<string, unknown>> {
  const [only] = kits;
  return kits.length === 1 && only !== undefined ? summary(only) : { kits: kits.map(summary) };
}

interface Sent { readonly open: readonly ExitKit[]; readonly failures: readonly string[]; readonly receipts: readonly ContractTransactionReceipt[] }

/** What L1 says was paid; what was not is a failure with its name, and with the reason where a call gave one. */
async function report({ open, failures, receipts }: Sent, out: WayOut, output: Output): Promise<void> {
  const left = await Promise.all(open.map(async (kit) => unpaid(kit, out)));
  const hashes = receipts.map(({ hash }) => hash);
  const gasUsed = receipts.reduce((sum, receipt) => sum + receipt.gasUsed, 0n);
  const lines = left.flatMap(kitLines);
  const sent = { ...facts(open), l1Hashes: hashes, gasUsed, unpaid: lines };
  if (lines.length > 0) {
    const because = failures.length > 0 ? failures : ['the token or the receiver refused the payment; it stays claimable, also to another address (--to)'];
    throw new CommandFailure('failed', `not everything was paid; what is left can be tried again:\n${lines.map((line) => `  ${line}`).join('\n')}\nbecause:\n${because.map((line) => `  ${line}`).join('\n')}`, { facts: { ...sent, reasons: because } });
  }
  output.result(sent, [`paid in ${hashes.length === 1 ? 'one transaction' : `${hashes.length} transactions`}, ${gasUsed} gas:`, ...open.flatMap(kitLines).map((line) => `  ${line}`)]);
}
