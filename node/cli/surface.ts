// What a person sees of `keyfall`: command names, options, descriptions, examples. Owns the wording and which option belongs to
// which command; each command's code is loaded only when it runs, so that help is quick.
// Invariant: every command has an example that works against a running devnet, and no option takes a secret.

import { Command } from 'commander';
import type { DepositOptions } from './commands/deposit.ts';
import type { ForceOptions } from './commands/force.ts';
import type { CommonOptions, UpOptions } from './commands/options.ts';
import type { WithdrawOptions } from './commands/withdraw.ts';
import { addGovernance } from './governanceSurface.ts';
import { createOutput } from './output.ts';
import { runEntry } from './spawned.ts';
import { EXIT_CODE_HELP, KEY_HELP, examples } from './helpTexts.ts';
import { addWayOut } from './surfaceWayOut.ts';

/** Where a command finds the rollup. */
function withEndpoints(command: Command): Command {
  return command
    .option('--l1 <url>', 'L1 JSON-RPC endpoint (default: the running devnet)')
    .option('--l2 <url>', 'L2 JSON-RPC endpoint (default: the running devnet)')
    .option('--rollup <address>', 'address of the Rollup contract on L1 (default: the running devnet)')
    .option('--home <directory>', 'where the devnet and stored withdrawals are (default: $KEYFALL_HOME, else .keyfall in the checkout)')
    .option('--json', 'print one JSON object on stdout; progress goes to stderr');
}

function withKey(command: Command): Command {
  return command
    .option('--account <n>', 'sign with account N of the running devnet')
    .option('--keystore <file>', 'sign with an encrypted keystore file');
}

function addMoney(program: Command): void {
  withKey(withEndpoints(program.command('deposit')))
    .description('move ETH or tokens from L1 to L2 and wait until L2 has them')
    .argument('<amount>', 'in ETH or whole tokens, e.g. 1.5 (for ERC-721: 1)')
    .option('--to <address>', 'recipient on L2 (default: the signer)')
    .option('--token <address>', 'an L1 token instead of ETH')
    .option('--kind <kind>', 'kind of the token: erc20, erc721, erc1155', 'erc20')
    .option('--id <id>', 'token id (erc721, erc1155)')
    .option('--gas <gas>', 'L2 gas for the call that hands ETH to the recipient', '100000')
    .option('--timeout <seconds>', 'how long to wait for L2', '300')
    .addHelpText('after', KEY_HELP + examples('keyfall deposit 1.5 --account 0', 'keyfall deposit 250 --token 0x... --account 1 --to 0x...', 'keyfall deposit 1 --kind erc721 --token 0x... --id 7 --account 0') + EXIT_CODE_HELP)
    .action(async (amount: string, options: DepositOptions & { json?: true }) => (await import('./commands/deposit.ts')).deposit(amount, options, createOutput(options.json === true)));
  withKey(withEndpoints(program.command('withdraw')))
    .description('move ETH or tokens from L2 to L1: burn, wait for finality, prove, claim; can be resumed')
    .argument('[amount]', 'in ETH or whole tokens; leave it out with --resume')
    .option('--to <address>', 'recipient on L1 (default: the signer)')
    .option('--token <address>', 'the L1 address of a bridged token instead of ETH')
    .option('--kind <kind>', 'kind of the token: erc20, erc721, erc1155', 'erc20')
    .option('--id <id>', 'token id (erc721, erc1155)')
    .option('--resume [hash]', 'go on with a stored withdrawal: the only unfinished one, or that of this L2 transaction')
    .option('--timeout <seconds>', 'how long to wait for each step', '1800')
    .addHelpText('after', `
Each step is stored before the next begins. Whatever happens to this command, \`keyfall withdraw --resume\` goes on;
the L2 transaction is never sent twice. Anyone may claim for anyone: only the recipient is paid.
` + KEY_HELP + examples('keyfall withdraw 0.5 --account 0', 'keyfall withdraw --resume --account 0', 'keyfall withdraw 100 --token 0x... --account 1') + EXIT_CODE_HELP)
    .action(async (amount: string | undefined, options: WithdrawOptions & { json?: true }) => (await import('./commands/withdraw.ts')).withdraw(amount, options, createOutput(options.json === true)));
  withKey(withEndpoints(program.command('force')))
    .description('send an L2 transaction through L1, past any sequencer')
    .argument('<kind>', "'call': from your L1 address, never dropped; 'signed': an ordinary signed L2 transaction, dropped if invalid in its turn or given too little --surcharge")
    .argument('[to]', 'destination on L2')
    .option('--value <eth>', 'ETH the call carries on L2', '0')
    .option('--mint <eth>', 'ETH to bring along from L1 (call only)', '0')
    .option('--data <hex>', 'calldata', '0x')
    .option('--gas <gas>', 'L2 gas limit', '200000')
    .option('--surcharge <zkgas>', 'budget for what costs more to prove than its gas', '100000')
    .option('--raw <hex>', 'an L2 transaction that is signed already (signed only)')
    .option('--nonce <n>', 'L2 nonce, when no L2 endpoint can be trusted to know it (signed only)')
    .option('--no-wait', 'end when the message is in the Inbox')
    .option('--timeout <seconds>', 'how long to wait for L2', '300')
    .addHelpText('after', KEY_HELP + examples('keyfall force call 0x... --value 0.1 --account 0', 'keyfall force signed 0x... --value 0.1 --account 0', 'keyfall force signed --raw 0x02f8... --account 1') + EXIT_CODE_HELP)
    .action(async (kind: string, to: string | undefined, options: ForceOptions & { json?: true }) => (await import('./commands/force.ts')).force(kind, to, options, createOutput(options.json === true)));
}

/** Commands that are another folder's entry: arguments pass through as they are, and `--help` is theirs to answer. */
function addEntries(program: Command): readonly Command[] {
  const entries = [
    ['node', 'node/main.ts', 'run a rollup node: a follower that derives L2 from L1 alone, or a sequencer', ['keyfall node --l1 http://127.0.0.1:8545 --rollup 0x... --data ./follower --port 9645']],
    ['attester', 'node/attest/main.ts', 'run an attester: re-derives every batch and signs what it computed; key from $KEYFALL_ATTESTER_KEY', ['keyfall attester --l1 http://127.0.0.1:8545 --rollup 0x... --lane 0x... --data ./attester --port 9700 --peers http://127.0.0.1:9701']],
    ['watchtower', 'watchtower/main.ts', 'watch L1: verdicts with evidence, alerts, a hash-chained log; trusts neither the node nor any one endpoint', ['keyfall watchtower run --config watchtower.yaml', 'keyfall watchtower verify-log log.jsonl']],
    ['proof', 'prover/verify/main.ts', 'verify a proof file (verify FILE [--json] [--key HEX]) or show what it claims, without checking it (inspect FILE [--json])', ['keyfall proof verify proof.json', 'keyfall proof inspect proof.json --json']],
    ['evm-test', 'node/execute/evm-test.ts', 'run official Ethereum state tests through the block execution engine', ['keyfall evm-test tests.ndjson.gz --engine ethereumjs']],
  ] as const;
  return entries.map(([name, entry, description, lines]) => program.command(name)
    .description(description)
    .argument('[arguments...]', `passed on to ${entry}; keyfall ${name} --help lists them`)
    .allowUnknownOption()
    .addHelpText('after', examples(...lines))
    .action(async (args: string[]) => {
      process.exitCode = await runEntry(entry, args);
    }));
}

function addDevnet(program: Command): void {
  program.command('up')
    .description('start the whole devnet: L1 chain, contracts, rollup node, batcher, attesters, governance UI; stays in the foreground')
    .option('--fresh', 'forget the stored chain and start anew')
    .option('--l1-port <port>', 'L1 JSON-RPC port; 0 lets the system choose', '8545')
    .option('--l2-port <port>', 'L2 JSON-RPC and WebSocket port; 0 lets the system choose', '9545')
    .option('--attester-port <port>', 'port of the first attester, the others follow; 0 lets the system choose', '9700')
    .option('--ui-port <port>', 'port of the governance UI; 0 lets the system choose', '9300')
    .option('--watchtower-port <port>', 'port of the watchtower; 0 lets the system choose', '9800')
    .option('--no-watchtower', 'start no watchtower')
    .option('--inbox-only', 'the sequencer ignores its mempool: rehearse forced transactions and exits')
    .option('--time-scale <n>', 'divide the protocol\'s durations by this; takes effect with a fresh chain', '24')
    .option('--home <directory>', 'where its state lives (default: $KEYFALL_HOME, else .keyfall in the checkout)')
    .option('--json', 'print the manifest as one JSON object when ready; progress goes to stderr')
    .addHelpText('after', `
Ctrl-C stops everything and keeps the chain; the next start goes on where it stopped, L1 time having stood still.
When it is ready, devnet.json in its home holds every address, key, port and process id; it is removed at the stop.
` + examples('npm run up', 'npm run up -- --fresh', 'keyfall up --l1-port 0 --l2-port 0 --home /path/to/another') + EXIT_CODE_HELP)
    .action(async (options: UpOptions) => (await import('./commands/up.ts')).up(options, createOutput(options.json === true)));
  withEndpoints(program.command('status'))
    .description('heads, batches, finality and what it rests on, the inbox')
    .addHelpText('after', examples('keyfall status', 'keyfall status --json', 'keyfall status --l1 https://... --l2 https://... --rollup 0x...') + EXIT_CODE_HELP)
    .action(async (options: CommonOptions & { json?: true }) => (await import('./commands/status.ts')).status(options, createOutput(options.json === true)));
}

/** A command and those below it end and print as the program does. */
function inherit(command: Command, from: Command): void {
  command.exitOverride().copyInheritedSettings(from);
  for (const below of command.commands) inherit(below, command);
}

/** The whole command. Errors are thrown, so that the caller alone decides the exit code. */
export function createProgram(): Command {
  const program = new Command('keyfall')
    .description('Keyfall: a zk rollup whose upgrade keys are built to fall')
    .addHelpText('after', examples('npm run up', 'keyfall status', 'keyfall deposit 1 --account 0', 'keyfall help withdraw') + EXIT_CODE_HELP)
    .exitOverride()
    .configureHelp({ helpWidth: 110 });
  addDevnet(program);
  addMoney(program);
  addGovernance(program);
  addWayOut(program);
  const entries = addEntries(program);
  for (const command of program.commands) inherit(command, program);
  // After what they inherit: `--help` is theirs to answer who know their own arguments.
  for (const command of entries) command.helpOption(false);
  return program;
}
