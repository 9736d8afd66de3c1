// A process that writes groups of entries for ever and prints each group's number once it is durable. To be killed.

import { openLmdb } from '../../../node/store/lmdb.ts';
import { StoreFault } from '../../../node/store/keyValue.ts';

const [directory = '', group = '1', size = '64', renewAfterBytes] = process.argv.slice(2);
process.on('unhandledRejection', () => undefined);
const store = await openLmdb(directory, undefined, renewAfterBytes === undefined ? undefined : Number(renewAfterBytes));
let next = 0;
while (store.get(Uint8Array.of(0x90, next >> 8, next & 255, 0)) !== undefined) next++;
try {
  for (;; next++) {
    await store.write(Array.from({ length: Number(group) }, (_, member) => ({ key: Uint8Array.of(0x90, next >> 8, next & 255, member), value: Buffer.alloc(Number(size), member) })));
    process.stdout.write(`${next + 1}\n`);
  }
} catch (cause) {
  if (!(cause instanceof StoreFault)) throw cause;
  process.stderr.write(`${cause.code}: ${cause.message}\n`);
  process.exit(1);
}
