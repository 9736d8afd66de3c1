// Surcharge vectors: what every implementation of SPEC.md section 5 must reproduce. `node test/vectors/execute/generate.ts`
// writes surcharge.json; the test regenerates and compares it, and test/node/execute/surcharge.test.ts derives the same
// numbers from the table itself.
//
// Each vector is one CALL message (type 0x7E) to contract 0xc0de..00 on a state of the listed contracts (nonce 1) and a sender
// without account: its gas, surcharge budget, and the outcome: status, gasUsed, surcharge counter, and where it aborted.
import { writeFileSync } from 'node:fs';
import { toFixedBytes, toHex, toKey } from '../../../node/execute/bytes.ts';
import { createMachine } from '../../../node/execute/machine.ts';
import { messageTransaction } from '../../../node/execute/message.ts';
import { ABSENT_ACCOUNT } from '../../../node/execute/overlay.ts';
import { PRECOMPILE_FACTORS } from '../../../node/execute/surcharge.ts';
import { blockContext } from '../../../node/execute/block.ts';
import { makeHeader } from '../../../node/execute/header.ts';
import { applyMessage } from '../../../node/execute/transition.ts';
import { addressOf, assemble, callTo, CHAIN_ID, contractAddress, FEES, keccakOf, message, wallets } from '../../node/execute/chain-fixture.ts';

interface Case { name: string; codes: readonly Uint8Array[]; gas?: bigint }

const target = contractAddress(1);
const push = assemble(0x73, target);
const code200 = new Uint8Array(200);
const staticCall = (precompile: number, size: number): Uint8Array => assemble(0x5f, 0x5f, 0x61, toFixedBytes(BigInt(size), 2), 0x5f, 0x73, toFixedBytes(BigInt(precompile), 20), 0x5a, 0xfa, 0x50);

function cases(): Case[] {
  const list: Case[] = [];
  for (const size of [0, 1, 32, 33, 1000]) list.push({ name: `KECCAK256 of ${size} bytes`, codes: [keccakOf(size)] });
  list.push({ name: 'KECCAK256 without the gas for it', codes: [keccakOf(0xffffff)] });
  const loaders: Record<string, Uint8Array> = {
    CALL: callTo(target), CALLCODE: assemble(0x5f, 0x5f, 0x5f, 0x5f, 0x5f, push, 0x5a, 0xf2, 0x50), DELEGATECALL: assemble(0x5f, 0x5f, 0x5f, 0x5f, push, 0x5a, 0xf4, 0x50),
    STATICCALL: assemble(0x5f, 0x5f, 0x5f, 0x5f, push, 0x5a, 0xfa, 0x50), EXTCODESIZE: assemble(push, 0x3b, 0x50), EXTCODECOPY: assemble(0x5f, 0x5f, 0x5f, push, 0x3c),
  };
  for (const [name, load] of Object.entries(loaders)) {
    list.push({ name: `${name} of code, twice`, codes: [assemble(load, load), code200] });
    list.push({ name: `${name} of code that BALANCE warmed`, codes: [assemble(push, 0x31, 0x50, load), code200] });
    list.push({ name: `${name} of a delegation`, codes: [load, assemble('ef0100', contractAddress(2)), code200] });
  }
  list.push({ name: 'a delegation as the destination', codes: [assemble('ef0100', target), code200] });
  list.push({ name: 'a delegation to itself', codes: [assemble('ef0100', contractAddress(0))] });
  list.push({ name: 'CALL of a delegation to itself', codes: [callTo(target), assemble('ef0100', target)] });
  list.push({ name: 'reverted frames count', codes: [assemble(callTo(target), callTo(target)), assemble(keccakOf(32), callTo(contractAddress(2)), 0x5f, 0x5f, 0xfd), code200] });
  for (const precompile of PRECOMPILE_FACTORS.keys()) list.push({ name: `precompile 0x${precompile.toString(16)}`, codes: [staticCall(precompile, precompile === 0x09 ? 213 : 64)] });
  list.push({ name: 'precompile 0x8 without the gas for it', codes: [staticCall(8, 384)], gas: 60_000n });
  return list;
}

async function outcome({ codes, gas = 1_000_000n }: Case, surcharge: bigint) {
  const machine = await createMachine(CHAIN_ID, false);
  machine.begin({ baseAccount: () => undefined, baseStorage: () => new Uint8Array(0), baseCode: () => new Uint8Array(0) }, () => new Uint8Array(32));
  for (const [tag, code] of codes.entries()) {
    machine.state.write(toKey(contractAddress(tag)), { ...ABSENT_ACCOUNT, nonce: 1n });
    machine.state.writeCode(toKey(contractAddress(tag)), code);
  }
  const zero = new Uint8Array(32);
  const parent = makeHeader({ parentHash: zero, number: 0n, timestamp: 0n, baseFeePerGas: 10n ** 9n, gasUsed: 0n, stateRoot: zero, transactionsRoot: zero, receiptsRoot: zero, logsBloom: new Uint8Array(256) });
  const sent = messageTransaction(message({ kind: 1, sender: addressOf(wallets[7]!), to: contractAddress(0), gas, surcharge }), CHAIN_ID);
  const { status, gasUsed, surchargeUsed } = await applyMessage(machine, blockContext(CHAIN_ID, parent, zero, 1n, FEES), sent);
  const at = machine.meter.abortedAt;
  return { status, gasUsed: String(gasUsed), surchargeUsed: String(surchargeUsed), abort: at === undefined ? null : { address: toHex(at.address), pc: at.pc } };
}

/** The file's content. */
export async function surchargeVectors(): Promise<string> {
  const vectors = [];
  for (const entry of cases()) {
    const gas = entry.gas ?? 1_000_000n;
    const enough = await outcome(entry, 9_000_000n);
    const needed = BigInt(enough.surchargeUsed);
    for (const budget of [needed, needed - 1n]) {
      if (budget < 0n) continue;
      vectors.push({ name: entry.name, codes: entry.codes.map(toHex), gas: String(gas), budget: String(budget), expected: await outcome(entry, budget) });
    }
  }
  return `${JSON.stringify({ factors: Object.fromEntries(PRECOMPILE_FACTORS), vectors }, null, 1)}\n`;
}

if (import.meta.main) writeFileSync(new URL('./surcharge.json', import.meta.url), await surchargeVectors());
