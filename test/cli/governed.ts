/**
 * A real deployment whose keys are used from the command line: proposals, votes, acts of the council, and the time between them.
 * Owns the chain, the process that runs commands, and a folder for files; asserts only that a command which must succeed does.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COUNCIL_KEYS, DeployedSystem, keyAt } from '../contracts/deployed.ts';
import { WarmCommands, type Ended } from './warmCommands.ts';

export const TIME_SCALE = 1440n;
/** A day of the main profile in this deployment's seconds. */
export const DAY = 86_400n / TIME_SCALE;
/** Accounts by what they do: holder of votes, proposer with votes, nobody. */
export const [VOTER, PROPOSER, ANYONE] = [1, 23, 5];

export type Facts = Readonly<Record<string, unknown>>;

export class Governed {
  readonly system: DeployedSystem;
  readonly folder: string;
  readonly commands: WarmCommands;
  #files = 0;

  private constructor(system: DeployedSystem, folder: string) {
    this.system = system;
    this.folder = folder;
    this.commands = new WarmCommands(folder);
    writeFileSync(join(folder, 'report.md'), 'what the upgrade does');
  }

  static async start(anvilExtra: readonly string[] = []): Promise<Governed> {
    const system = await DeployedSystem.start(['--time-scale', String(TIME_SCALE)], anvilExtra);
    return new Governed(system, mkdtempSync(join(tmpdir(), 'keyfall-governance-')));
  }

  async stop(): Promise<void> {
    await this.commands.stop();
    await this.system.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get online(): readonly string[] {
    return ['--l1', this.system.anvil.url, '--rollup', this.system.deployment.contracts['Rollup'] ?? ''];
  }

  get report(): readonly string[] {
    return ['--report', join(this.folder, 'report.md'), '--why', 'because'];
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a command as it is. @param key number of the account whose key is in the environment */
  async run(args: readonly string[], key?: number): Promise<Ended> {
    return this.commands.run(args, key === undefined ? undefined : keyAt(key).privateKey);
  }

  /** Runs a command against the deployment; it must succeed. */
  async done(args: readonly string[], key?: number): Promise<Facts> {
    const ended = await this.run([...args, ...this.online], key);
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
    return ended.facts;
  }

  /** Runs a command against the deployment that must fail. @returns what it says */
  async refused(args: readonly string[], key?: number): Promise<string> {
    const ended = await this.run([...args, ...this.online], key);
    assert.equal(ended.code, 1, `${args.join(' ')} is refused: ${ended.stdout}${ended.stderr}`);
    return ended.stderr;
  }

  async passDays(days: bigint): Promise<void> {
    await this.system.pass(days * DAY + 1n);
  }

  /** Proposes, votes and queues. @returns the upgrade's id */
  async scheduled(kind: string, ...options: readonly string[]): Promise<string> {
    const { upgradeId } = await this.done(['upgrade', 'propose', kind, ...options, ...this.report], PROPOSER);
    await this.passDays(2n);
    await this.done(['upgrade', 'vote', String(upgradeId), 'for'], VOTER);
    await this.passDays(7n);
    await this.done(['upgrade', 'queue', String(upgradeId)], ANYONE);
    return String(upgradeId);
  }

  /** A whole life: proposed, voted for, queued, waited for, carried out by anyone. @returns the upgrade's id */
  async carriedOut(kind: string, ...options: readonly string[]): Promise<string> {
    const upgradeId = await this.scheduled(kind, ...options);
    await this.passDays(kind === 'operator' ? 7n : 48n);
    assert.equal((await this.done(['upgrade', 'execute', upgradeId], ANYONE))['state'], 'executed');
    return upgradeId;
  }

  /** Has members sign, each on a copy of the file and without any network. @returns the files */
  async signedBy(file: string, keys: readonly number[]): Promise<string[]> {
    const files = [];
    for (const key of keys) {
      const out = `${file}.${key}`;
      const { code, stderr } = await this.run(['council', 'sign', file, '--out', out], key);
      assert.equal(code, 0, stderr);
      files.push(out);
    }
    return files;
  }

  /** Prepares an act and has the first `count` members sign it. @returns the arguments that submit it */
  async act(args: readonly string[], count: number): Promise<readonly string[]> {
    const file = this.path(`act-${this.#files += 1}.json`);
    await this.done([...args, '--out', file]);
    return ['council', 'submit', ...(await this.signedBy(file, COUNCIL_KEYS.slice(0, count)))];
  }

  /** A view of one of the contracts. */
  async read<T>(contract: string, method: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.system.contract(contract).getFunction(method).staticCall(...args)) as T;
  }

  address(contract: string): string {
    return this.system.deployment.contracts[contract] ?? '';
  }
}
