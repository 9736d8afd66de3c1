// The surcharge counter: the table of SPEC.md section 5 at its boundaries, aborts, and who pays.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { getActivePrecompiles } from '@ethereumjs/evm';
import type { PrecompileInput } from '@ethereumjs/evm';
import { createMachine, createRules } from '../../../node/execute/machine.ts';
import { precompileGas } from '../../../node/execute/precompile-gas.ts';
import { PRECOMPILE_FACTORS } from '../../../node/execute/surcharge.ts';
import { fromHex, toFixedBytes } from '../../../node/execute/bytes.ts';
import type { ExecutionEngine, InboxMessage } from '../../../node/execute/index.ts';
import { surchargeVectors } from '../../vectors/execute/generate.ts';
import { addressOf, advance, assemble, blockInput, callTo, contractAddress, ETHER, FEE_VAULT_ADDRESS, HISTORY_ADDRESS, keccakOf, message, newChain, sign, wallets } from './chain-fixture.ts';
import type { Alloc } from './chain-fixture.ts';

const [alice, bob] = wallets as [(typeof wallets)[0] & {}, (typeof wallets)[0] & {}];
const BIG_CODE = new Uint8Array(24_576);

async function chainWith(codes: readonly Uint8Array[], more: Alloc = []): Promise<ExecutionEngine> {
  return newChain({ alloc: [...codes.map((code, tag) => ({ address: contractAddress(tag), account: { code, nonce: 1n } })), ...more] });
}

/** Surcharge and gas of a message to contract 0. */
async function runMessage(codes: readonly Uint8Array[], fields: Partial<InboxMessage> = {}): Promise<{ surcharge: bigint; gas: bigint; status: number }> {
  const engine = await chainWith(codes);
  const { transactions } = await advance(engine, [], { messages: [message({ kind: 1, to: contractAddress(0), gas: 5_000_000n, surcharge: 5_000_000n, ...fields })] });
  const { receipt } = transactions[0]!;
  return { surcharge: receipt.surchargeUsed, gas: receipt.gasUsed, status: receipt.status };
}

const own = (code: Uint8Array): bigint => 16n * BigInt(Math.ceil(code.length / 32));

test('KECCAK256 costs 30 and 6 per word, and the destination its code', async () => {
  for (const size of [0, 1, 31, 32, 33, 64, 8192]) {
    const code = keccakOf(size);
    const { surcharge, status } = await runMessage([code]);
    assert.equal(status, 1);
    assert.equal(surcharge, own(code) + 30n + 6n * BigInt(Math.ceil(size / 32)), `size ${size}`);
  }
});

test('KECCAK256 that its frame cannot pay for moves nothing', async () => {
  const code = keccakOf(0xffffff);
  const { surcharge, status } = await runMessage([code], { gas: 100_000n });
  assert.equal(status, 0);
  assert.equal(surcharge, own(code));
});

test('code is charged the first time a transaction loads it, by every opcode that does, whatever warmed its address', async () => {
  const target = contractAddress(1);
  const push = assemble(0x73, target);
  const loaders: Record<string, Uint8Array> = {
    CALL: callTo(target),
    CALLCODE: assemble(0x5f, 0x5f, 0x5f, 0x5f, 0x5f, push, 0x5a, 0xf2, 0x50),
    DELEGATECALL: assemble(0x5f, 0x5f, 0x5f, 0x5f, push, 0x5a, 0xf4, 0x50),
    STATICCALL: assemble(0x5f, 0x5f, 0x5f, 0x5f, push, 0x5a, 0xfa, 0x50),
    EXTCODESIZE: assemble(push, 0x3b, 0x50),
    EXTCODECOPY: assemble(0x5f, 0x5f, 0x5f, push, 0x3c),
  };
  for (const [name, load] of Object.entries(loaders)) {
    const once = await runMessage([load, BIG_CODE]);
    assert.equal(once.surcharge, own(load) + 16n * 768n, `${name} once`);
    const twice = assemble(load, load);
    assert.equal((await runMessage([twice, BIG_CODE])).surcharge, own(twice) + 16n * 768n, `${name} twice`);
    const warmed = assemble(push, 0x31, 0x50, load);
    assert.equal((await runMessage([warmed, BIG_CODE])).surcharge, own(warmed) + 16n * 768n, `${name} after BALANCE warmed it`);
  }
  for (const opcode of [0x31, 0x3f]) {
    const code = assemble(push, opcode, 0x50);
    assert.equal((await runMessage([code, BIG_CODE])).surcharge, own(code), 'BALANCE and EXTCODEHASH load no code');
  }
});

test('an account that delegates to itself is charged once', async () => {
  const call = callTo(contractAddress(1));
  assert.equal((await runMessage([call, assemble('ef0100', contractAddress(1))])).surcharge, own(call) + 16n);
});

test('a delegation is followed and charged, by calls only', async () => {
  const delegation = assemble('ef0100', contractAddress(2));
  const call = callTo(contractAddress(1));
  assert.equal((await runMessage([call, delegation, BIG_CODE])).surcharge, own(call) + 16n + 16n * 768n);
  assert.equal((await runMessage([delegation, BIG_CODE, BIG_CODE])).surcharge, 16n + 16n * 768n, 'at the top level too');
  const size = assemble(0x73, contractAddress(1), 0x3b, 0x50);
  assert.equal((await runMessage([size, delegation, BIG_CODE])).surcharge, own(size) + 16n);
});

test('reverted frames count, and code that a reverted frame loaded is paid for', async () => {
  const reverting = assemble(keccakOf(32), callTo(contractAddress(2)), 0x5f, 0x5f, 0xfd);
  const code = assemble(callTo(contractAddress(1)), callTo(contractAddress(1)));
  const { surcharge, status } = await runMessage([code, reverting, BIG_CODE]);
  assert.equal(status, 1);
  assert.equal(surcharge, own(code) + own(reverting) + 2n * 36n + 16n * 768n);
});

test('the gas of every precompile is known beforehand: equal to what EthereumJS charges when it succeeds', async () => {
  const rules = createRules(1n);
  const machine = await createMachine(1n, false);
  const active = getActivePrecompiles(rules);
  const inputs: [number, Uint8Array][] = [];
  for (const size of [0, 1, 32, 33, 100]) for (const number of [0x01, 0x02, 0x03, 0x04, 0x05]) inputs.push([number, new Uint8Array(size).fill(number === 0x05 ? 0 : 3)]);
  inputs.push([0x06, new Uint8Array(128)], [0x07, new Uint8Array(96)], [0x08, new Uint8Array(0)], [0x08, new Uint8Array(384)], [0x09, Uint8Array.from({ length: 213 }, (_, i) => (i === 3 ? 12 : i === 212 ? 1 : 0))]);
  inputs.push([0x0b, new Uint8Array(256)], [0x0d, new Uint8Array(512)], [0x10, new Uint8Array(64)], [0x11, new Uint8Array(128)], [0x100, new Uint8Array(160)]);
  for (const pairs of [1, 2, 7, 128, 129]) inputs.push([0x0c, new Uint8Array(160 * pairs)], [0x0e, new Uint8Array(288 * pairs)]);
  for (const pairs of [1, 3]) inputs.push([0x0f, new Uint8Array(384 * pairs)]);
  for (const [number, data] of inputs) {
    const run = active.get(toHexAddress(number))!;
    const result = await run({ data, gasLimit: 1_000_000_000n, common: rules, _EVM: machine.evm } satisfies PrecompileInput);
    assert.equal(result.exceptionError, undefined, `precompile 0x${number.toString(16)}, ${data.length} bytes`);
    assert.equal(precompileGas(number, data), result.executionGasUsed, `precompile 0x${number.toString(16)}, ${data.length} bytes`);
  }
});

test('MODEXP gas equals EthereumJS for any lengths and heads', () => {
  const rules = createRules(1n);
  const run = getActivePrecompiles(rules).get(toHexAddress(5))!;
  const length = fc.oneof(fc.nat(40), fc.constantFrom(0, 1, 31, 32, 33, 64, 1024));
  fc.assert(
    fc.property(length, length, length, fc.uint8Array({ maxLength: 200 }), (base, exponent, modulus, rest) => {
      const data = assemble(toFixedBytes(BigInt(base), 32), toFixedBytes(BigInt(exponent), 32), toFixedBytes(BigInt(modulus), 32), rest);
      const gas = precompileGas(5, data);
      // One gas less must fail for lack of gas, and exactly that must not: no need to run the exponentiation twice.
      const short = run({ data, gasLimit: gas - 1n, common: rules } as unknown as PrecompileInput) as { executionGasUsed: bigint; exceptionError?: { error: string } };
      assert.equal(short.exceptionError?.error, 'out of gas');
      assert.equal((run({ data, gasLimit: gas, common: rules } as unknown as PrecompileInput) as { executionGasUsed: bigint }).executionGasUsed, gas);
    }),
    { numRuns: 60 },
  );
});

test('each listed precompile moves the counter by its factor times its gas, only if the frame can pay', async () => {
  for (const [number, factor] of PRECOMPILE_FACTORS) {
    const address = toFixedBytes(BigInt(number), 20);
    const size = number === 0x09 ? 213 : number >= 0x0b ? 0 : 64;
    const gas = precompileGas(number, new Uint8Array(size));
    if (gas === 0n) continue;
    const paying = assemble(0x5f, 0x5f, 0x60, toFixedBytes(BigInt(size), 1), 0x5f, 0x73, address, 0x5a, 0xfa, 0x50);
    assert.equal((await runMessage([paying])).surcharge, own(paying) + BigInt(factor) * gas, `0x${number.toString(16)}`);
    const poor = assemble(0x5f, 0x5f, 0x60, toFixedBytes(BigInt(size), 1), 0x5f, 0x73, address, 0x63, toFixedBytes(gas - 1n, 4), 0xfa, 0x50);
    assert.equal((await runMessage([poor])).surcharge, own(poor), `0x${number.toString(16)} unpaid`);
  }
});

test('a message aborts exactly above its budget: mint and nonce stay, everything else is reverted, all gas is used', async () => {
  const code = assemble(0x60, 1, 0x5f, 0x55, callTo(contractAddress(1)), 0x5f, 0x5f, 0xa0);
  const needed = own(code) + 16n * 768n;
  for (const [budget, status] of [[needed - 1n, 0], [needed, 1], [needed + 1n, 1]] as const) {
    const engine = await chainWith([code, BIG_CODE]);
    const sender = addressOf(wallets[7]!);
    const { transactions, zkGasUsed } = await advance(engine, [], { messages: [message({ kind: 1, to: contractAddress(0), gas: 300_000n, surcharge: budget, mint: 50n, value: 20n })] });
    const { receipt } = transactions[0]!;
    assert.equal(receipt.status, status);
    assert.equal(receipt.logs.length, status);
    assert.equal(receipt.surchargeUsed, status === 1 ? needed : budget);
    if (status === 0) assert.equal(receipt.gasUsed, 300_000n);
    assert.equal(zkGasUsed, receipt.gasUsed + receipt.surchargeUsed);
    const at = engine.stateAt(1n);
    assert.ok(at.ok);
    assert.equal(at.state.account(sender)?.nonce, 1n);
    assert.equal(at.state.account(sender)?.balance, 1000n * ETHER + 50n - (status === 1 ? 20n : 0n));
    assert.equal(at.state.storage(contractAddress(0), new Uint8Array(32))[31], status);
  }
});

test('an ordinary sender pays for the surcharge, and one who could not is stopped at what it could pay', async () => {
  const code = assemble(callTo(contractAddress(1)));
  const gasLimit = 60_000n;
  const baseFee = 875_000_000n;
  const needed = own(code) + 16n * 768n;
  const engine = await chainWith([code, BIG_CODE]);
  const probe = await sign(alice, { nonce: 0, to: hex(contractAddress(0)), gasLimit, maxFeePerGas: baseFee });
  const dataFee = engine.dataFee(probe.raw, { originBaseFeeWei: 10n ** 9n, dataFeeScalar: 10n ** 6n, surchargeScalar: 10n ** 6n });
  for (const [missing, status] of [[1n, 0], [0n, 1]] as const) {
    const balance = gasLimit * baseFee + dataFee + needed * baseFee - missing;
    const chain = await chainWith([code, BIG_CODE], [{ address: addressOf(alice), account: { balance } }]);
    const { transactions } = await advance(chain, [probe]);
    const { receipt } = transactions[0]!;
    assert.equal(receipt.status, status);
    assert.equal(receipt.surchargeUsed, status === 1 ? needed : needed - 1n);
    assert.equal(receipt.surchargeFee, receipt.surchargeUsed * baseFee);
    const at = chain.stateAt(1n);
    assert.ok(at.ok);
    const paid = receipt.gasUsed * baseFee + receipt.dataFee + receipt.surchargeFee;
    assert.equal(at.state.account(addressOf(alice))?.balance ?? 0n, balance - paid);
    assert.equal(at.state.account(FEE_VAULT_ADDRESS)?.balance, paid);
  }
});

test('an account that empties itself by delegated code is aborted and pays from the restored balance', async () => {
  const hole = contractAddress(9);
  // Loads 24 KB of cold code, then gives everything away.
  const emptying = assemble(callTo(contractAddress(1)), 0x5f, 0x5f, 0x5f, 0x5f, 0x47, 0x73, hole, 0x5a, 0xf1, 0x50);
  const delegated = { address: addressOf(bob), account: { balance: ETHER, code: assemble('ef0100', contractAddress(0)) } };
  const engine = await chainWith([emptying, BIG_CODE], [delegated]);
  const baseFee = 875_000_000n;
  // The gas bought but not used comes back before the surcharge is due: leave too little of it.
  const measured = await engine.call({ from: addressOf(bob), to: addressOf(bob), gas: 200_000n }, { header: engine.head.header });
  assert.ok(measured.ok);
  const transaction = await sign(bob, { nonce: 0, to: bob.address, gasLimit: measured.gasUsed + 5_000n, maxFeePerGas: baseFee });
  const { transactions } = await advance(engine, [transaction]);
  const { receipt } = transactions[0]!;
  assert.equal(receipt.status, 0);
  assert.equal(receipt.gasUsed, transaction.gasLimit);
  assert.equal(receipt.surchargeUsed, measured.surchargeUsed);
  const at = engine.stateAt(1n);
  assert.ok(at.ok);
  const paid = receipt.gasUsed * baseFee + receipt.dataFee + receipt.surchargeUsed * baseFee;
  assert.equal(at.state.account(addressOf(bob))?.balance, ETHER - paid);
  assert.equal(at.state.account(addressOf(bob))?.nonce, 1n);
  assert.equal(at.state.account(hole), undefined);
});

test('the block cap bounds an ordinary budget, and what is left decides who fits', async () => {
  const code = assemble(callTo(contractAddress(1)));
  const engine = await chainWith([code, BIG_CODE]);
  const needed = own(code) + 16n * 768n;
  for (const [gasLimit, status] of [[10_000_000n - needed, 1], [10_000_000n - needed + 1n, 0]] as const) {
    const result = await engine.executeBlock({ ...blockInput(engine), transactions: [await sign(alice, { nonce: 0, to: hex(contractAddress(0)), gasLimit })] });
    assert.ok(result.ok);
    assert.equal(result.pending.block.transactions[0]!.receipt.status, status);
    assert.ok(result.pending.block.zkGasUsed <= 10_000_000n);
  }
});

test('wei is conserved: nothing but mints changes the sum of all balances', async () => {
  const code = assemble(0x34, 0x15, 0x60, 0x0a, 0x57, 0x5f, 0x5f, 0x5f, 0x5f, 0x5b, 0x00);
  const kinds = fc.array(fc.record({ sender: fc.nat(5), to: fc.nat(6), value: fc.bigInt(0n, 10n ** 15n), tip: fc.bigInt(0n, 10n ** 9n), gas: fc.bigInt(21_000n, 80_000n), mint: fc.bigInt(0n, 10n ** 18n), isMessage: fc.boolean() }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(kinds, async (steps) => {
      const engine = await chainWith([code, BIG_CODE]);
      const nonces = [0, 0, 0, 0, 0, 0, 0, 0];
      const parties = [...wallets.map(addressOf), contractAddress(0), contractAddress(1), FEE_VAULT_ADDRESS, HISTORY_ADDRESS];
      const sum = (): bigint => {
        const at = engine.stateAt(engine.head.header.number);
        assert.ok(at.ok);
        return parties.reduce((total, party) => total + (at.state.account(party)?.balance ?? 0n), 0n);
      };
      const before = sum();
      let minted = 0n;
      const [messages, transactions] = [[] as InboxMessage[], []] as [InboxMessage[], Awaited<ReturnType<typeof sign>>[]];
      for (const [index, step] of steps.entries()) {
        const to = step.to === 6 ? contractAddress(1) : step.to === 5 ? contractAddress(0) : addressOf(wallets[step.to]!);
        if (step.isMessage) {
          minted += step.mint;
          messages.push(message({ kind: 1, index: BigInt(index), sender: addressOf(wallets[7]!), to, mint: step.mint, value: step.value, gas: step.gas + 60_000n, surcharge: 20_000n }));
        } else {
          transactions.push(await sign(wallets[step.sender]!, { nonce: nonces[step.sender]!++, to: hex(to), value: step.value, maxPriorityFeePerGas: step.tip, gasLimit: step.gas }));
        }
      }
      await advance(engine, transactions, { messages });
      assert.equal(sum(), before + minted);
    }),
    { numRuns: 25 },
  );
});

function hex(address: Uint8Array): string {
  return `0x${Buffer.from(address).toString('hex')}`;
}

function toHexAddress(number: number): string {
  return Buffer.from(toFixedBytes(BigInt(number), 20)).toString('hex');
}

test('an EOA destination has no code and costs no surcharge', async () => {
  const engine = await newChain();
  const { transactions } = await advance(engine, [await sign(alice, { nonce: 0, to: hex(fromHex('11'.repeat(20))) })]);
  assert.equal(transactions[0]!.receipt.surchargeUsed, 0n);
});

test('the shared vectors are current: status, gas, counter and place of abort', async () => {
  assert.equal(readFileSync(new URL('../../vectors/execute/surcharge.json', import.meta.url), 'utf8'), await surchargeVectors());
});
