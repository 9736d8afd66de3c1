// `keyfall maturity status|advance`: how far the keys have fallen, and the step that anyone may take. Owns the reading and the words.

import { etherText, parseAddress } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { connectGovernance, readTimes, view, wallText } from '../governance/contracts.ts';
import type { GovernanceConnection, GovernanceOptions } from '../governance/contracts.ts';
import { sendOrWrite } from '../governance/sending.ts';
import type { SendOptions } from '../governance/sending.ts';
import { stageName } from '../governance/upgrades.ts';
import { homeAt } from '../home.ts';
import { columns } from '../output.ts';
import type { Output } from '../output.ts';

interface Progress { readonly valueSeconds: bigint; readonly batchDays: bigint; readonly dayStartT: bigint; readonly lowestWei: bigint; readonly zkContradictions: bigint }
interface Requirement { readonly capWei: bigint; readonly valueSeconds: bigint; readonly batchDays: bigint; readonly laneAgeSeconds: bigint }

export interface AdvanceOptions extends GovernanceOptions, SendOptions {
  readonly lane?: string;
  readonly observe?: true;
}

async function read(connection: GovernanceConnection): Promise<{ facts: Record<string, unknown>; lines: string[] }> {
  const maturity = connection.contract('Maturity');
  const stage = await view<bigint>(maturity, 'stage');
  const [progress, notice] = [await view<Progress>(maturity, 'progress'), await view<bigint>(maturity, 'ossifiesAtT')];
  const facts: Record<string, unknown> = { stage: stageName(stage), valueSeconds: progress.valueSeconds, batchDays: progress.batchDays, zkContradictions: progress.zkContradictions, ossifiesAtT: notice };
  if (stage === 2n) return { facts, lines: ['stage Ossified: no upgrade is possible any more'] };
  const needed = await view<Requirement>(maturity, 'requirement', stage + 1n);
  const rows: [string, string][] = [
    ['stage', stageName(stage)],
    ['next', stageName(stage + 1n)],
    ['value at risk', `${etherText(progress.valueSeconds / 86_400n)} x day of ${etherText(needed.valueSeconds / 86_400n)} x day (at most ${etherText(needed.capWei)} count)`],
    ['days with a final batch', `${progress.batchDays} of ${needed.batchDays}`],
    ['lowest escrow of the running day', etherText(progress.lowestWei)],
    ['contradictions of zk lanes', String(progress.zkContradictions)],
    ['notice of Ossified', notice === 0n ? 'not given' : `may be entered from T ${notice}: ${wallText(await readTimes(connection), notice)}`],
  ];
  return { facts: { ...facts, needed: { valueSeconds: needed.valueSeconds, batchDays: needed.batchDays, laneAgeSeconds: needed.laneAgeSeconds, capWei: needed.capWei } }, lines: columns(rows) };
}

export async function maturityStatus(options: GovernanceOptions, output: Output): Promise<void> {
  const connection = await connectGovernance(options, homeAt(options.home));
  try {
    const { facts, lines } = await read(connection);
    output.result(facts, lines);
  } finally {
    connection.close();
  }
}

export async function maturityAdvance(options: AdvanceOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const isObservation = options.observe === true;
  if (isObservation === (options.lane !== undefined)) throw new CommandFailure('usage', 'expected --lane ADDRESS, the zk lane that is old enough, or --observe to count only, and not both');
  const connection = await connectGovernance(options, home);
  try {
    const receipt = await sendOrWrite(connection, 'Maturity', isObservation ? 'observe' : 'advance', isObservation ? [] : [parseAddress(options.lane ?? '', '--lane')], options, home, output);
    if (receipt === undefined) return;
    const { facts, lines } = await read(connection);
    output.result({ ...facts, hash: receipt.hash }, lines);
  } finally {
    connection.close();
  }
}
