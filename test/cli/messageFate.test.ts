// What the commands say of a message in the Inbox, against endpoints that lag, know little, or execute a copy of it in the meantime: an answer is
// given only once it cannot change, and says which answer it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DROP_REASONS, dropSentence } from '@keyfall/protocol';
import { fateOf } from '../../node/cli/inboxMessages.ts';
import type { RollupConnection } from '../../node/cli/rollup.ts';

interface World {
  /** One receipt a look; the last stays. */
  readonly receipts?: readonly (object | null)[];
  /** Of keyfall_message; undefined = the endpoint has no such method. */
  readonly answer?: object | null;
  readonly settled?: bigint;
  readonly finalNumber?: bigint;
  readonly l2Number?: number;
}

function connection({ receipts = [null], answer, settled = 0n, finalNumber = 0n, l2Number = 0 }: World): Pick<RollupConnection, 'l2' | 'rollup'> {
  const left = [...receipts];
  const calls: Record<string, unknown> = { settledIndex: settled, finalHead: [1n, '0x', '0x', finalNumber] };
  const fake = {
    l2: {
      getTransactionReceipt: async () => (left.length > 1 ? left.shift() : left[0]) ?? null,
      send: async () => {
        if (answer === undefined) throw new Error('the method keyfall_message does not exist');
        return answer;
      },
      getBlockNumber: async () => l2Number,
    },
    rollup: () => ({ getFunction: (name: string) => ({ staticCall: async () => calls[name] }) }),
  };
  return fake as unknown as Pick<RollupConnection, 'l2' | 'rollup'>;
}

const MESSAGE = { index: 5n, l2Hash: `0x${'1'.repeat(64)}` };
const look = async (world: World): ReturnType<typeof fateOf> => fateOf(MESSAGE, connection(world));

test('every reason of a drop has its sentence, and a number that is none has none', () => {
  for (const reason of Object.values(DROP_REASONS)) assert.ok(dropSentence(reason) !== undefined);
  for (const reason of [-1, 0, 13, 1.5, NaN]) assert.equal(dropSentence(reason), undefined);
});

test('a drop is told with its reason and that the nonce is unused', async () => {
  const fate = await look({ answer: { status: 'dropped', dropReason: '0xc' } });
  assert.ok(fate?.kind === 'unrun');
  assert.match(fate.why, /^was dropped, its nonce unused by it: its run takes more surcharge .* with more surcharge \(SPEC section 4, reason 12\)$/);
  for (const dropReason of ['0xff', '0x', 'surcharge', 12, null]) {
    const unnamed = await look({ answer: { status: 'dropped', dropReason } });
    assert.ok(unnamed?.kind === 'unrun' && /a reason that the L2 endpoint does not name/.test(unnamed.why), String(dropReason));
  }
});

test('a skipped message is called skipped, not dropped', async () => {
  const fate = await look({ answer: { status: 'skipped' }, settled: 6n, finalNumber: 1n, l2Number: 1 });
  assert.ok(fate?.kind === 'unrun' && /was skipped/.test(fate.why));
});

test('a copy that a stranger enqueued earlier counts: the receipt decides, even if it came between two looks', async () => {
  const receipt = { status: 1 };
  const dropped = { status: 'dropped', dropReason: '0x9' };
  assert.deepEqual(await look({ receipts: [receipt], answer: dropped }), { kind: 'included', receipt });
  assert.deepEqual(await look({ receipts: [null, receipt], answer: dropped }), { kind: 'included', receipt });
  assert.deepEqual(await look({ receipts: [null, receipt], settled: 6n, finalNumber: 9n, l2Number: 9 }), { kind: 'included', receipt });
});

test('nothing is said to be dropped while the endpoint is behind L1, has not read the message, or it is not settled', async () => {
  for (const answer of [null, { status: 'waiting' }, { status: 'executed' }]) assert.equal(await look({ answer, settled: 6n, finalNumber: 9n, l2Number: 20 }), undefined);
  assert.equal(await look({ settled: 6n, finalNumber: 9n, l2Number: 8 }), undefined);
  assert.equal(await look({ settled: 5n, finalNumber: 9n, l2Number: 20 }), undefined);
  const fate = await look({ settled: 6n, finalNumber: 9n, l2Number: 9 });
  assert.ok(fate?.kind === 'unrun' && /dropped, or skipped/.test(fate.why));
});
