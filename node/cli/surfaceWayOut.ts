// What a person sees of the way out: `keyfall lifecycle` and `keyfall exit`. Owns the wording and which option belongs to which
// command; each command's code is loaded only when it runs.
// Invariant: everything here works from L1 data alone, with an L1 endpoint and the Rollup's address; no option takes a secret.

import type { Command } from 'commander';
import type { ExitClaimOptions } from './commands/exitClaim.ts';
import type { ExitEscapeOptions } from './commands/exitEscape.ts';
import type { ExitForceOptions } from './commands/exitForce.ts';
import type { ExitPlanOptions } from './commands/exitPlan.ts';
import type { ExitPoolOptions } from './commands/exitPool.ts';
import type { ExitProveOptions } from './commands/exitProve.ts';
import type { LifecycleOptions } from './commands/lifecycle.ts';
import { EXIT_CODE_HELP, KEY_HELP, examples } from './helpTexts.ts';
import { createOutput } from './output.ts';

type Json = { readonly json?: true };

function withL1(command: Command): Command {
  return command
    .option('--l1 <url>', 'L1 JSON-RPC endpoint, of anyone (default: the running devnet)')
    .option('--rollup <address>', 'address of the Rollup contract on L1 (default: the running devnet)')
    .option('--home <directory>', 'where unfinished exits are kept (default: $KEYFALL_HOME, else .keyfall in the checkout)')
    .option('--json', 'print one JSON object on stdout; progress goes to stderr');
}

function withRebuilt(command: Command): Command {
  return withL1(command)
    .option('--l2 <url>', 'ask this L2 node instead of rebuilding the chain from L1; every proof is checked either way')
    .option('--data <directory>', 'where the rebuilt chain is kept, so that the next run goes on (default: rebuilt/ in the home)');
}

function withSending(command: Command): Command {
  return command
    .option('--account <n>', 'sign with account N of the running devnet')
    .option('--keystore <file>', 'sign with an encrypted keystore file')
    .option('--yes', 'send what was shown without asking')
    .option('--unsigned', 'print the transactions for a hardware wallet or a Safe (Transaction Builder JSON); sends nothing');
}

const LIFECYCLE_HELP = `
  status   the phase, what comes next and when, in T (the protocol's clock) and in wall time
  enter    enter Enforced: a message or a batch is older than E (7 days of T); what is unproven falls
  skip     announce a skip of the head of the queue, or take the announced one; for a queue that nobody can prove
  drop     drop the first batch without a proof and all after it
  return   request the return to Operating (the seated operator), or complete it
  freeze   freeze the chain for ever on its last final state; then everyone exits with \`keyfall exit escape\`

Everything is read from L1. An act that is not open is refused, with when it will be.
`;

function addLifecycle(program: Command): void {
  withSending(withL1(program.command('lifecycle')))
    .description('the phase of the chain, and the acts that anyone may bring about')
    .argument('<act>', 'status, enter, skip, drop, return or freeze')
    .addHelpText('after', LIFECYCLE_HELP + KEY_HELP + examples('keyfall lifecycle status', 'keyfall lifecycle enter --account 0', 'keyfall lifecycle freeze --l1 https://... --rollup 0x... --unsigned') + EXIT_CODE_HELP)
    .action(async (act: string, options: LifecycleOptions & Json) => (await import('./commands/lifecycle.ts')).lifecycle(act, options, createOutput(options.json === true)));
}

function addPlanAndForce(exit: Command): void {
  withRebuilt(exit.command('plan'))
    .description('which layer is open, what comes next and when, and what can be done about everything an account has')
    .option('--owner <address>', 'the L2 account (default: the key\'s)')
    .option('--account <n>', 'account N of the running devnet')
    .option('--keystore <file>', 'the account of an encrypted keystore file')
    .addHelpText('after', `
Each position is marked: exit now, force then withdraw, frozen exit, refund, wait, or stranded with the reason; and with what would
become of it if the chain froze. Nothing is signed or sent.
` + examples('keyfall exit plan --account 0', 'keyfall exit plan --owner 0x... --l1 https://... --rollup 0x... --data ./rebuilt') + EXIT_CODE_HELP)
    .action(async (options: ExitPlanOptions & Json) => (await import('./commands/exitPlan.ts')).exitPlan(options, createOutput(options.json === true)));
  withSending(withRebuilt(exit.command('force')))
    .description('withdraw past any operator: force the burn through L1, wait for finality or prove, claim; can be resumed')
    .argument('[amount]', 'in ETH or whole tokens; leave it out with --resume')
    .option('--to <address>', 'recipient on L1 (default: the signer)')
    .option('--token <address>', 'the L1 address of a bridged token instead of ETH')
    .option('--kind <kind>', 'kind of the token: erc20, erc721, erc1155', 'erc20')
    .option('--id <id>', 'token id (erc721, erc1155)')
    .option('--signed', 'force a signed L2 transaction instead of a call from your L1 address; dropped if invalid in its turn')
    .option('--gas <gas>', 'L2 gas limit of the burn', '300000')
    .option('--surcharge <zkgas>', 'budget for what costs more to prove than its gas', '100000')
    .option('--prover <file>', 'in Enforced, prove with this program (see `keyfall exit prove --help`)')
    .option('--resume [hash]', 'go on with a stored exit: the only unfinished one, or that of this L1 transaction')
    .option('--timeout <seconds>', 'how long to wait for each step', '1800')
    .addHelpText('after', `
Each step is stored before the next begins. Whatever happens to this command, \`keyfall exit force --resume\` goes on; nothing is
forced twice. Only the recipient is paid.
` + KEY_HELP + examples('keyfall exit force 0.5 --account 0', 'keyfall exit force --resume --account 0', 'keyfall exit force 100 --token 0x... --l1 https://... --rollup 0x... --prover ./prover') + EXIT_CODE_HELP)
    .action(async (amount: string | undefined, options: ExitForceOptions & Json) => (await import('./commands/exitForce.ts')).exitForce(amount, options, createOutput(options.json === true)));
}

function addProve(exit: Command): void {
  withSending(withL1(exit.command('prove')))
    .description('in Enforced, where anyone may: commit the next batch of the queue with your proof, or make a proven one final')
    .option('--prover <file>', 'the program that proves')
    .option('--blocks <n>', 'whole blocks of the queue to take at most', '64')
    .option('--data <directory>', 'where the rebuilt chain is kept, so that the next run goes on (default: rebuilt/ in the home)')
    .addHelpText('after', `
The prover is a program (or a .ts, .mjs or .js file). It reads one JSON object on standard input, with the statement and everything it is
a hash of, and answers {"lane": "0x...", "parts": [{"part": 0, "data": "0x..."}]}: what to give to that lane's submit. No zk lane
exists yet, so no such program comes with this one.
` + KEY_HELP + examples('keyfall exit prove --prover ./prover --account 0') + EXIT_CODE_HELP)
    .action(async (options: ExitProveOptions & Json) => (await import('./commands/exitProve.ts')).exitProve(options, createOutput(options.json === true)));
}

function addEscape(exit: Command): void {
  withSending(withRebuilt(exit.command('escape')))
    .description('everything of an account out of a frozen chain, in as few transactions as fit')
    .option('--owner <address>', 'the L2 account (default: the sender)')
    .option('--from <address>', 'who will send the transactions on L1, with --unsigned')
    .option('--to <address>', 'have everything paid to this L1 address instead; by the signature of whose it is, made with its key')
    .option('--days <n>', 'how long that signature counts', '30')
    .option('--out <file>', 'write the proofs to a file instead of sending; whoever has it may send it')
    .option('--from-file <files...>', 'send the proofs in these files, of one account or of many, in as few transactions as fit; needs no L2 data')
    .addHelpText('after', `
Rebuilds the pinned state from L1 data, proves every holding, checks each proof against the root that L1 has pinned, fixes ratios that
are not fixed, refunds deposits that L2 will never execute, claims withdrawals under way. Anyone may send it for anyone: only the
account, or whom it declared or signed for, is paid. Run again after a failure: what was paid is left out. One payment that fails
holds up no other, and the reason is told.
` + KEY_HELP + examples('keyfall exit escape --account 0', 'keyfall exit escape --account 0 --to 0x... --out kit.json', 'keyfall exit escape --from-file kit.json --account 1', 'keyfall exit escape --from-file a.json b.json c.json --l1 https://... --rollup 0x... --unsigned') + EXIT_CODE_HELP)
    .action(async (options: ExitEscapeOptions & Json) => (await import('./commands/exitEscape.ts')).exitEscape(options, createOutput(options.json === true)));
  withSending(withRebuilt(exit.command('pool')))
    .description('your share of what a pool with a declared resolver held when the chain froze')
    .argument('<pool>', 'the L2 contract that holds the assets')
    .option('--owner <address>', 'the account that holds the pool\'s tokens (default: the signer)')
    .addHelpText('after', `
Takes what the pool holds out of the hatch (once, for everyone), proves the supply of its token, and redeems the account's share.
A pool that declared no resolver in time is stranded; \`keyfall exit plan --owner POOL\` says so beforehand.
` + KEY_HELP + examples('keyfall exit pool 0x... --account 0') + EXIT_CODE_HELP)
    .action(async (pool: string, options: ExitPoolOptions & Json) => (await import('./commands/exitPool.ts')).exitPool(pool, options, createOutput(options.json === true)));
}

function addClaim(exit: Command): void {
  withSending(withRebuilt(exit.command('claim')))
    .description('claim every withdrawal of an account that is final and not paid yet')
    .option('--owner <address>', 'the account that sent them or is to receive them (default: the signer)')
    .addHelpText('after', `
Finds the withdrawals in the chain as rebuilt from L1, whoever sent them and wherever their file is. Anyone may claim; only the recipient
is paid.
` + KEY_HELP + examples('keyfall exit claim --account 0', 'keyfall exit claim --owner 0x... --account 1', 'keyfall exit claim --owner 0x... --l1 https://... --rollup 0x... --unsigned') + EXIT_CODE_HELP)
    .action(async (options: ExitClaimOptions & Json) => (await import('./commands/exitClaim.ts')).exitClaim(options, createOutput(options.json === true)));
}

/** `keyfall lifecycle` and `keyfall exit`. */
export function addWayOut(program: Command): void {
  addLifecycle(program);
  const exit = program.command('exit').description('leave the rollup from L1 data alone: plan, force, prove, claim, escape, pool')
    .addHelpText('after', examples('keyfall exit plan --account 0', 'keyfall exit force 0.5 --account 0', 'keyfall exit escape --account 0') + EXIT_CODE_HELP);
  addPlanAndForce(exit);
  addProve(exit);
  addClaim(exit);
  addEscape(exit);
}
