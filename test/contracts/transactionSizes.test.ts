// H5: what anyone may have to send fits into a transaction that every node relays: 128 KiB with all of its fields, geth's and others' limit of
// their pools. The largest of each kind, signed; what is larger the contracts refuse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interface, Wallet, dataLength, type InterfaceAbi } from 'ethers';
import { MAX_COUNCIL_MEMBERS, MAX_LANES, MAX_MESSAGE_DATA_BYTES, MAX_PAYLOAD_BYTES } from '@keyfall/protocol';
import { readArtifact } from '../../contracts/scripts/artifacts.ts';

const POOL_LIMIT_BYTES = 128 * 1024;
const wallet = new Wallet(`0x${'17'.repeat(32)}`);
const WORD = `0x${'ff'.repeat(32)}`;
const ADDRESS = `0x${'ff'.repeat(20)}`;
const UINT64 = (1n << 64n) - 1n;
const interfaceOf = (name: string): Interface => new Interface(readArtifact(name).abi as InterfaceAbi);
const bytes = (length: bigint): string => `0x${'5a'.repeat(Number(length))}`;

async function sizeOf(data: string): Promise<number> {
  const transaction = { type: 2, chainId: 1, nonce: 1_000_000, to: ADDRESS, value: (1n << 96n) - 1n, gasLimit: 16_777_216n, maxFeePerGas: UINT64, maxPriorityFeePerGas: UINT64, data };
  return dataLength(await wallet.signTransaction(transaction));
}

test('the largest commit, message, attestation and veto are small enough for every pool', async () => {
  const signatures = Array.from({ length: 255 }, () => `0x${'ff'.repeat(65)}`);
  const attestation = interfaceOf('AttesterLane').getAbiCoder().encode(['bytes32', 'bytes32', 'bytes32', 'bytes[]'], [WORD, WORD, WORD, signatures]);
  // No payload is longer than that of a lane built on as many as there can be.
  const payload = interfaceOf('UpgradeTimelock').getAbiCoder().encode(['tuple(address,bytes32,address[])'], [[ADDRESS, WORD, Array.from({ length: Number(MAX_LANES) }, () => ADDRESS)]]);
  const approvals = Array.from({ length: Number(MAX_COUNCIL_MEMBERS) }, () => [ADDRESS, `0x${'ff'.repeat(65)}`]);
  const largest: Readonly<Record<string, string>> = {
    commit: interfaceOf('Rollup').encodeFunctionData('commit', [UINT64, WORD, UINT64, UINT64, bytes(MAX_PAYLOAD_BYTES)]),
    'forced call': interfaceOf('Inbox').encodeFunctionData('sendCall', [ADDRESS, WORD, WORD, UINT64, UINT64, bytes(MAX_MESSAGE_DATA_BYTES)]),
    'forced signed transaction': interfaceOf('Inbox').encodeFunctionData('sendSigned', [UINT64, UINT64, bytes(MAX_MESSAGE_DATA_BYTES)]),
    'attestation of 255': interfaceOf('AttesterLane').encodeFunctionData('submit', [WORD, 0, attestation]),
    'veto by all members': interfaceOf('SecurityCouncil').encodeFunctionData('veto', [[1, payload, WORD, WORD], WORD, WORD, approvals]),
  };
  for (const [what, data] of Object.entries(largest)) {
    const size = await sizeOf(data);
    assert.ok(size <= POOL_LIMIT_BYTES, `${what}: at most ${POOL_LIMIT_BYTES} bytes, got ${size}`);
  }
});
