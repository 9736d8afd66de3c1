// Child of signOnce.test.ts: binds one key to ever new outputs for the same few inputs on a real lmdb store, and prints each
// signature's inputs and outputs only after the binding. It ends by kill -9.

import { randomBytes } from 'node:crypto';
import { toHex } from '@keyfall/protocol';
import { SignOnce } from '../../../../node/attest/signOnce.ts';
import { openLmdb } from '../../../../node/store/lmdb.ts';

const [directory = '', count = '1'] = process.argv.slice(2);
const signOnce = new SignOnce(await openLmdb(directory));
for (let round = 0; ; round += 1) {
  const inputs = toHex(Uint8Array.from({ length: 32 }, () => round % Number(count)));
  const claims = [toHex(randomBytes(32)), toHex(randomBytes(32))];
  const outcomes = await Promise.all(claims.map(async (outputs) => ({ outputs, binding: await signOnce.bind(inputs, outputs) })));
  for (const { outputs, binding } of outcomes) if (binding.ok) process.stdout.write(`${inputs} ${outputs}\n`);
  const bound = signOnce.boundTo(inputs);
  if (bound !== undefined) process.stdout.write(`${inputs} ${bound}\n`);
}
