// Committing and proving the next Enforced batch with whatever prover the user has. Owns the plug-in's contract and the transactions.
// Does not own what the batch is (node/enforce computes it from L1 data), nor any proof: the plug-in's lane judges that on L1.
//
// A plug-in is a program. It reads one JSON object on standard input:
//   { statement, inputs, inputsHash, outputs, outputsHash, binding, bindingHash, l1ChainId, rollup }
// and answers one on standard output: { lane: address, parts: [{ part: number, data: 0x... }] }, which are given to lane.submit.
// Invariant: nothing is committed unless the lane has accepted exactly this statement.

import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Contract, getAddress } from 'ethers';
import { z } from 'zod';
import { bindingHash, statementHash } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { CommandFailure, messageOf } from '../failure.ts';
import { checkoutRoot } from '../home.ts';
import { inFirstFree } from '../rebuilt.ts';
import type { RebuiltDirectory } from '../rebuilt.ts';
import { contractAbi } from '../rollup.ts';
import { carryOut, plannedCall } from '../sending.ts';
import type { PlannedTransaction, Sender } from '../sending.ts';
import type { WayOut } from '../wayOut.ts';

const ENTRY = 'node/enforce/main.ts';
const NO_BATCH_EXIT_CODE = 4;
/** How long the statement may be used: a proof that is sent later is made anew. */
const BINDING_SECONDS = 7n * 86_400n;
const MAX_OUTPUT_CHARACTERS = 4_000_000;

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/).transform((text) => text as Hex);
const number = z.string().regex(/^\d+$/);
const outputs = z.object({ lastNumber: number, lastHash: hex, stateRoot: hex, lastTimestamp: number, zkGasUsed: number, dropRoot: hex });
const batch = z.object({ batchIndex: number, parentHash: hex, inboxTo: number, blockStart: number, blockCount: z.number().int(), inputs: z.record(z.string(), z.unknown()), inputsHash: hex, outputs, outputsHash: hex });
const answer = z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), batch }), z.object({ ok: z.literal(false), because: z.string() })]);
const proof = z.object({ lane: z.string().regex(/^0x[0-9a-fA-F]{40}$/), parts: z.array(z.object({ part: z.number().int().min(0).max(255), data: hex })).min(1) });

export type EnforcedBatch = z.infer<typeof batch>;

/** The next Enforced batch, computed from L1 data. @returns a reason when there is none now */
async function nextBatch(l1Url: string, rollup: string, directory: string, blocks: number): Promise<EnforcedBatch | string> {
  const { code, text, errors } = await run(process.execPath, [join(checkoutRoot, ENTRY), '--l1', l1Url, '--rollup', rollup, '--data', directory, '--blocks', String(blocks)], '');
  if (code !== 0 && code !== NO_BATCH_EXIT_CODE) throw new CommandFailure('failed', `${ENTRY} ended with ${code}:\n${errors}`);
  const parsed = answer.parse(JSON.parse(text));
  return parsed.ok ? parsed.batch : parsed.because;
}

/** Proves a batch by the plug-in. @returns the transactions that submit the proof and commit the batch */
async function proveBatch(plugin: string, given: EnforcedBatch, beneficiary: string, out: WayOut): Promise<readonly PlannedTransaction[]> {
  const block = await out.l1.getBlock('latest');
  const now = BigInt(block?.timestamp ?? 0);
  const binding = { beneficiary: beneficiary.toLowerCase() as Hex, minL1Time: now - (now < 3_600n ? now : 3_600n), maxL1Time: now + BINDING_SECONDS };
  const ofBinding = bindingHash(binding);
  const statement = statementHash(given.inputsHash, given.outputsHash, ofBinding);
  const question = {
    statement, inputs: given.inputs, inputsHash: given.inputsHash, outputs: given.outputs, outputsHash: given.outputsHash, bindingHash: ofBinding, l1ChainId: out.l1._network.chainId.toString(),
    binding: { ...binding, minL1Time: binding.minL1Time.toString(), maxL1Time: binding.maxL1Time.toString() }, rollup: await out.rollup.getAddress(),
  };
  const { lane: laneAddress, parts } = await ask(plugin, question);
  const lane = new Contract(getAddress(laneAddress), contractAbi('AttesterLane'), out.l1);
  const isAccepted = (await lane.getFunction('accepted').staticCall(statement)) as boolean;
  const submissions = isAccepted ? [] : await Promise.all(parts.map(async ({ part, data }) => plannedCall(lane, 'Lane', 'submit', [statement, part, data], `submit part ${part} of the proof to lane ${laneAddress}`)));
  const commit = await plannedCall(out.rollup, 'Rollup', 'commitEnforced', [
    given.batchIndex, given.parentHash, given.inboxTo, given.blockStart, laneAddress, given.outputs, binding,
  ], `commit Enforced batch ${given.batchIndex}: ${given.blockCount} blocks, messages up to ${given.inboxTo}`);
  return [...submissions, commit];
}

async function ask(plugin: string, question: unknown): Promise<z.infer<typeof proof>> {
  const path = resolve(plugin);
  const isScript = /\.(ts|mjs|js)$/.test(path);
  const { code, text, errors } = await run(isScript ? process.execPath : path, isScript ? [path] : [], `${JSON.stringify(question)}\n`);
  if (code !== 0) throw new CommandFailure('failed', `the prover ${plugin} ended with ${code}:\n${errors}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CommandFailure('failed', `the prover ${plugin}: expected one JSON object, got ${text.slice(0, 200)} (${messageOf(cause)})`, { cause });
  }
  const parsed = proof.safeParse(json);
  if (!parsed.success) throw new CommandFailure('failed', `the prover ${plugin}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Commits and proves one batch, if there is one. @returns what was done, or why nothing was */
export async function proveNext(options: { readonly plugin: string; readonly blocks: number; readonly l1Url: string; readonly place: RebuiltDirectory; readonly beneficiary: string }, out: WayOut, sender: Sender): Promise<{ readonly kind: 'proved'; readonly batch: EnforcedBatch; readonly hashes: readonly string[] } | { readonly kind: 'printed' } | { readonly kind: 'nothing'; readonly because: string }> {
  const rollup = await out.rollup.getAddress();
  const found = await inFirstFree(options.place, async (directory) => nextBatch(options.l1Url, rollup, directory, options.blocks));
  if (typeof found === 'string') return { kind: 'nothing', because: found };
  sender.output.progress(`Enforced batch ${found.batchIndex}: ${found.blockCount} blocks, messages up to ${found.inboxTo}, ends with ${found.outputs.lastHash}; proving ...`);
  const plan = await proveBatch(options.plugin, found, options.beneficiary, out);
  const receipts = await carryOut(plan, `Keyfall: Enforced batch ${found.batchIndex}`, sender);
  return receipts === undefined ? { kind: 'printed' } : { kind: 'proved', batch: found, hashes: receipts.map(({ hash }) => hash) };
}

/** Runs a program to its end. */
async function run(file: string, args: readonly string[], input: string): Promise<{ code: number; text: string; errors: string }> {
  return new Promise((fulfil, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [text, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < MAX_OUTPUT_CHARACTERS) text += chunk; });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => { errors = `${errors}${chunk}`.slice(-4_000); });
    child.once('error', (cause) => { reject(new CommandFailure('usage', `${file} cannot be started: ${cause.message}`, { cause })); });
    child.once('close', (code) => { fulfil({ code: code ?? 1, text: text.trim(), errors: errors.trim() }); });
    // A program that ends without reading its input breaks the pipe; its exit code says more.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
