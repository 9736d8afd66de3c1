// The governance commands as a person sees them: upgrade, council, operator, maturity, stage, offline. Owns their wording and options;
// each command's code is loaded only when it runs.
// Invariant: as in surface.ts: an example for every command, and no option takes a secret.

import type { Command } from 'commander';
import type { ChallengeOptions } from './commands/councilChallenge.ts';
import type { PrepareOptions } from './commands/councilPrepare.ts';
import type { CouncilSignOptions } from './commands/councilSign.ts';
import type { AdvanceOptions } from './commands/maturity.ts';
import type { OfflineOptions } from './commands/offline.ts';
import type { UpgradeStep } from './commands/upgradeAdvance.ts';
import type { ProposeOptions } from './commands/upgradePropose.ts';
import type { ShowOptions } from './commands/upgradeShow.ts';
import type { GovernanceOptions } from './governance/contracts.ts';
import type { SendOptions } from './governance/sending.ts';
import { createOutput } from './output.ts';
import type { Output } from './output.ts';

type Json = { readonly json?: true };
type Sending = GovernanceOptions & SendOptions & Json;

const outputOf = (options: Json): Output => createOutput(options.json === true);

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

function withL1(command: Command): Command {
  return command
    .option('--l1 <url>', 'L1 JSON-RPC endpoint (default: the running devnet)')
    .option('--rollup <address>', 'address of the Rollup contract on L1 (default: the running devnet)')
    .option('--from-block <n>', 'first L1 block to look for proposals in (default: the deployment of the running devnet, else 0)')
    .option('--home <directory>', 'where the devnet is (default: $KEYFALL_HOME, else .keyfall in the checkout)')
    .option('--json', 'print one JSON object on stdout; progress goes to stderr');
}

function withSigner(command: Command): Command {
  return command
    .option('--account <n>', 'sign with account N of the running devnet')
    .option('--role <name>', 'sign with a role of the running devnet, e.g. council1, coldKey, proposer')
    .option('--keystore <file>', 'sign with an encrypted keystore file; or set $KEYFALL_PRIVATE_KEY');
}

function withSending(command: Command): Command {
  return withSigner(withL1(command))
    .option('--unsigned <file>', 'do not sign: write the transaction for `keyfall offline sign`')
    .option('--from <address>', 'whose transaction it will be (with --unsigned)');
}

function withAct(command: Command): Command {
  return withL1(command)
    .requiredOption('--out <file>', 'where the act is written, for members to sign')
    .option('--valid-hours <n>', 'how long signatures are good for', '72');
}

function addUpgrade(program: Command): void {
  const upgrade = program.command('upgrade').description('typed upgrades: propose, read, vote, and carry out')
    .addHelpText('after', examples('keyfall upgrade show', 'keyfall upgrade vote 0x... for --account 0'));
  withSending(upgrade.command('propose'))
    .description('propose one upgrade: core, zk-lane, lane-switch, spec, attesters, operator, fees, council')
    .argument('<kind>', 'what it changes')
    .requiredOption('--why <text>', 'description of the proposal')
    .option('--report <file>', 'the public report; its keccak256 is part of the upgrade')
    .option('--report-hash <hex>', 'the same, as a hash')
    .option('--salt <hex>', '32 bytes that tell two proposals of the same content apart (default: random)')
    .option('--implementation <address>', 'core: the new code')
    .option('--migrate', 'core: call migrate() of the new code')
    .option('--lane <address>', 'zk-lane, lane-switch, attesters: the lane')
    .option('--built-on <addresses>', 'zk-lane: lanes it is built on, separated by commas')
    .option('--off', 'lane-switch: switch it off')
    .option('--previous-lane <address>', 'attesters: the set that goes')
    .option('--spec <n>', 'spec: its number')
    .option('--activation <seconds>', 'spec: T from the execution until it is active')
    .option('--hot-key <address>', 'operator')
    .option('--cold-key <address>', 'operator')
    .option('--data-fee-scalar <n>', 'fees')
    .option('--surcharge-scalar <n>', 'fees')
    .option('--members <list>', 'council: ADDRESS or ADDRESS:external, separated by commas')
    .option('--threshold <m>', 'council: signatures of its strongest acts')
    .option('--artifacts <folders>', 'core: build output of the present and of the new code, separated by commas, for the check of the storage (default: contracts/artifacts)')
    .addHelpText('after', examples('keyfall upgrade propose fees --data-fee-scalar 1100000 --surcharge-scalar 1000000 --report report.md --why "costs rose" --role proposer'))
    .action(async (kind: string, options: ProposeOptions & Json) => (await import('./commands/upgradePropose.ts')).upgradePropose(kind, options, outputOf(options)));
  withL1(upgrade.command('show'))
    .description('an upgrade in sentences: what it changes, its code, when it can be carried out, until when to leave')
    .argument('[id]', 'id of the upgrade or number of its proposal; all of them if left out')
    .option('--artifacts <folders>', 'core: build output of the present and of the new code, separated by commas, for the check of the storage (default: contracts/artifacts)')
    .addHelpText('after', examples('keyfall upgrade show', 'keyfall upgrade show 0x...'))
    .action(async (id: string | undefined, options: ShowOptions & Json) => (await import('./commands/upgradeShow.ts')).upgradeShow(id, options, outputOf(options)));
  withSending(upgrade.command('vote'))
    .description('vote on an upgrade')
    .argument('<id>', 'id of the upgrade or number of its proposal')
    .argument('<choice>', 'for, against or abstain')
    .addHelpText('after', examples('keyfall upgrade vote 0x... for --role proposer'))
    .action(async (id: string, choice: string, options: Sending) => (await import('./commands/upgradeVote.ts')).upgradeVote(id, choice, options, outputOf(options)));
  const steps: readonly (readonly [UpgradeStep, string])[] = [
    ['queue', 'schedule an upgrade whose proposal has passed; its delay begins'],
    ['execute', 'carry out an upgrade whose delay is over'],
    ['extend', 'move the expiry of an upgrade that only unsettled exits keep back'],
  ];
  for (const [step, description] of steps) {
    withSending(upgrade.command(step)).description(`${description}; anyone`)
      .argument('<id>', 'id of the upgrade or number of its proposal')
      .addHelpText('after', examples(`keyfall upgrade ${step} 0x... --account 0`))
      .action(async (id: string, options: Sending) => (await import('./commands/upgradeAdvance.ts')).upgradeAdvance(step, id, options, outputOf(options)));
  }
  for (const act of ['veto', 'expedite'] as const) {
    withAct(upgrade.command(act)).description(act === 'veto' ? 'prepare the council\'s veto of a scheduled upgrade' : 'prepare the council\'s act that carries a scheduled upgrade out early')
      .argument('<id>', 'id of the upgrade or number of its proposal')
      .addHelpText('after', examples(`keyfall upgrade ${act} 0x... --out act.json`, 'keyfall council sign act.json --role council1', 'keyfall council submit act.json --account 0'))
      .action(async (id: string, options: PrepareOptions & Json) => (await import('./commands/councilPrepare.ts')).councilPrepare(act, id, options, outputOf(options)));
  }
}

function addCouncil(program: Command): void {
  const council = program.command('council').description('acts of the security council: prepare, sign offline, submit')
    .addHelpText('after', examples('keyfall council pause --out act.json', 'keyfall council sign act.json --role council1', 'keyfall council submit act.json --account 0'));
  withSigner(council.command('sign'))
    .description('sign an act after reading what it does; needs no network (a veto: --l1 also reads what falls with it)')
    .argument('<file>', 'the act')
    .option('--l1 <url>', 'a veto: L1 endpoint to read which other schedules of its content it takes, and which proposals it does not')
    .option('--from-block <n>', 'with --l1: first L1 block to look for them in (default: 0)')
    .option('--out <file>', 'where to write it with the signature (default: the same file)')
    .option('--signer <address>', 'add a signature made elsewhere, of this member')
    .option('--signature <hex>', 'that signature')
    .option('--home <directory>', 'where the devnet is, for --role and --account')
    .option('--json', 'print one JSON object on stdout; progress goes to stderr')
    .addHelpText('after', examples('keyfall council sign act.json --keystore member.json --out act.signed.json', 'keyfall council sign veto.json --l1 https://... --keystore member.json'))
    .action(async (file: string, options: CouncilSignOptions & Json) => (await import('./commands/councilSign.ts')).councilSign(file, options, outputOf(options)));
  withSending(council.command('submit'))
    .description('carry an act out with the signatures of one or more files; anyone')
    .argument('<files...>', 'the same act, signed by different members')
    .addHelpText('after', examples('keyfall council submit a.json b.json c.json --account 0'))
    .action(async (files: string[], options: Sending) => (await import('./commands/councilSubmit.ts')).councilSubmit(files, options, outputOf(options)));
  withAct(council.command('pause'))
    .description('prepare a pause of finality')
    .addHelpText('after', examples('keyfall council pause --out act.json'))
    .action(async (options: PrepareOptions & Json) => (await import('./commands/councilPrepare.ts')).councilPrepare('pause', undefined, options, outputOf(options)));
  withAct(council.command('resolve'))
    .description('prepare the end of a dispute: one of its two lanes is switched off')
    .requiredOption('--dispute <n>', 'number of the dispute')
    .requiredOption('--lane <address>', 'the lane to switch off')
    .addHelpText('after', examples('keyfall council resolve --dispute 1 --lane 0x... --out act.json'))
    .action(async (options: PrepareOptions & Json) => (await import('./commands/councilPrepare.ts')).councilPrepare('resolve', undefined, options, outputOf(options)));
  withSending(council.command('challenge'))
    .description('ask a member for a sign of life; answer it; remove who did not')
    .argument('<member>', 'address of the member')
    .option('--answer', 'the signer is the member, and alive')
    .option('--remove', 'remove a member whose 30 days are over')
    .addHelpText('after', examples('keyfall council challenge 0x... --account 0', 'keyfall council challenge 0x... --answer --role council3'))
    .action(async (member: string, options: ChallengeOptions & Json) => (await import('./commands/councilChallenge.ts')).councilChallenge(member, options, outputOf(options)));
}

function addOthers(program: Command): void {
  withSending(program.command('operator').description('keys of the operator').addHelpText('after', examples('keyfall operator rotate 0x... --role coldKey')).command('rotate'))
    .description('name another hot key, at once; signed by the cold key')
    .argument('<address>', 'the next hot key')
    .addHelpText('after', examples('keyfall operator rotate 0x... --role coldKey'))
    .action(async (next: string, options: Sending) => (await import('./commands/operatorRotate.ts')).operatorRotate(next, options, outputOf(options)));
  const maturity = program.command('maturity').description('how far the keys have fallen: Training, Mature, Ossified')
    .addHelpText('after', examples('keyfall maturity status'));
  withL1(maturity.command('status'))
    .description('the stage, and what counts towards the next')
    .addHelpText('after', examples('keyfall maturity status'))
    .action(async (options: GovernanceOptions & Json) => (await import('./commands/maturity.ts')).maturityStatus(options, outputOf(options)));
  withSending(maturity.command('advance'))
    .description('enter the next stage, if its requirement is met; anyone')
    .option('--lane <address>', 'the zk lane that is old enough')
    .option('--observe', 'only count: close the running day if it is over')
    .addHelpText('after', examples('keyfall maturity advance --observe --account 0', 'keyfall maturity advance --lane 0x... --account 0'))
    .action(async (options: AdvanceOptions & Json) => (await import('./commands/maturity.ts')).maturityAdvance(options, outputOf(options)));
  withL1(program.command('stage'))
    .description('L2BEAT\'s Stage 0, 1 and 2 criteria, from the deployed contracts alone, each with its evidence')
    .addHelpText('after', examples('keyfall stage', 'keyfall stage --json', 'keyfall stage --l1 https://... --rollup 0x...'))
    .action(async (options: GovernanceOptions & Json) => (await import('./commands/stage.ts')).stage(options, outputOf(options)));
  const offline = program.command('offline').description('transactions that were written with --unsigned')
    .addHelpText('after', examples('keyfall offline sign vote.json --keystore me.json', 'keyfall offline submit vote.json'));
  withSigner(offline.command('sign'))
    .description('sign it after reading what it calls; needs no network')
    .argument('<file>', 'the transaction')
    .option('--out <file>', 'where to write it signed (default: the same file)')
    .option('--home <directory>', 'where the devnet is, for --role and --account')
    .option('--json', 'print one JSON object on stdout; progress goes to stderr')
    .addHelpText('after', examples('keyfall offline sign vote.json --keystore me.json'))
    .action(async (file: string, options: OfflineOptions & Json) => (await import('./commands/offline.ts')).offlineSign(file, options, outputOf(options)));
  offline.command('submit')
    .description('send it; needs no key')
    .argument('<file>', 'the signed transaction')
    .option('--l1 <url>', 'L1 JSON-RPC endpoint (default: the running devnet)')
    .option('--home <directory>', 'where the devnet is')
    .option('--json', 'print one JSON object on stdout; progress goes to stderr')
    .addHelpText('after', examples('keyfall offline submit vote.json'))
    .action(async (file: string, options: OfflineOptions & Json) => (await import('./commands/offline.ts')).offlineSubmit(file, options, outputOf(options)));
}

export function addGovernance(program: Command): void {
  addUpgrade(program);
  addCouncil(program);
  addOthers(program);
}
