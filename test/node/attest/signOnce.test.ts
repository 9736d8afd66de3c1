// The promise never to sign two outputs for equal inputs, under kill -9 and under competing requests.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { keccakHex, type Hex } from '@keyfall/protocol';
import { SignOnce } from '../../../node/attest/signOnce.ts';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import type { StateWrite } from '../../../node/execute/api.ts';

const child = new URL('harness/bindRepeatedly.ts', import.meta.url).pathname;
const INPUTS: Hex = keccakHex(Uint8Array.of(1));
const outputs = (n: number): Hex => keccakHex(Uint8Array.of(2, n));

/** Lets one process bind for a while, then kills it; gives the whole lines it printed. */
async function bindUntilKilled(directory: string, milliseconds: number): Promise<readonly string[]> {
  const process_ = spawn(process.execPath, [child, directory, '40'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  process_.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  const ended = new Promise((resolve) => { process_.once('close', resolve); });
  await new Promise<void>((resolve) => { process_.stdout.once('data', () => { resolve(); }); });
  await new Promise((resolve) => { setTimeout(resolve, milliseconds); });
  process_.kill('SIGKILL');
  await ended;
  return text.split('\n').slice(0, -1);
}

describe('sign once', () => {
  it('binds to the first outputs and to no others, whoever asks at the same time', async () => {
    const signOnce = new SignOnce(new MemoryStore());
    const answers = await Promise.all([0, 1, 2, 1, 0].map(async (n) => await signOnce.bind(INPUTS, outputs(n))));
    assert.deepEqual(answers.map((answer) => answer.ok), [true, false, false, false, true]);
    assert.deepEqual(answers[1], { ok: false, signed: outputs(0) });
    assert.equal(signOnce.boundTo(INPUTS), outputs(0));
  });

  it('says yes only after the binding is durable, and nothing when it could not be written', async () => {
    const store = new MemoryStore();
    let isWritten = false;
    const failing = { get: (key: Uint8Array) => store.get(key), first: (a: Uint8Array, b: Uint8Array) => store.first(a, b), write: async (operations: readonly StateWrite[]) => {
      if (!isWritten) throw new Error('disk full');
      await store.write(operations);
    } };
    const signOnce = new SignOnce(failing);
    await assert.rejects(signOnce.bind(INPUTS, outputs(0)), /disk full/);
    assert.equal(signOnce.boundTo(INPUTS), undefined);
    isWritten = true;
    assert.deepEqual(await signOnce.bind(INPUTS, outputs(1)), { ok: true });
  });

  it('never binds one input to two outputs over twelve kill -9 of a process that tries to', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'keyfall-sign-once-'));
    const seen = new Map<string, string>();
    let lines = 0;
    for (let round = 0; round < 12; round += 1) {
      for (const line of await bindUntilKilled(directory, 5 + round * 9)) {
        const [inputs = '', bound = ''] = line.split(' ');
        assert.equal(bound, seen.get(inputs) ?? bound, `inputs ${inputs}`);
        seen.set(inputs, bound);
        lines += 1;
      }
    }
    assert.ok(lines >= 12 && seen.size >= 2, `${lines} signatures over ${seen.size} inputs`);
    rmSync(directory, { recursive: true, force: true });
  });
});
