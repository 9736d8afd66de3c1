// Everything that the page asks a wallet to sign: each kind of typed data, with every field of it and of its domain changed in turn as a wallet
// would that signs other bytes. None of these signatures is taken; the honest one is, and hashes as ethers hashes it.
// That nothing but the hooks asks a wallet is read from the sources.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { TypedDataEncoder, Wallet } from 'ethers';
import { encodeAbiParameters, recoverTypedDataAddress } from 'viem';
import type { Hex } from 'viem';
import { typedAlive } from '../../governance-ui/chain/challenges.ts';
import { typedAct } from '../../governance-ui/chain/council.ts';
import type { CouncilAct } from '../../governance-ui/chain/council.ts';
import { typedCreditRedirect } from '../../governance-ui/chain/credits.ts';
import { typedRedirect } from '../../governance-ui/chain/exit/status.ts';
import { typedBallot } from '../../governance-ui/chain/governor.ts';
import { isAcceptedSignature, isPlainSignature, isSignatureOver, plainSignature } from '../../governance-ui/chain/typedData.ts';
import type { FlatTyped } from '../../governance-ui/chain/typedData.ts';

const UI = join(import.meta.dirname, '..', '..', 'governance-ui');
const wallet = new Wallet(`0x${'42'.repeat(32)}`);
const ME = wallet.address as Hex;
const A: Hex = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const B: Hex = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const WORD: Hex = `0x${'ab'.repeat(32)}`;
const act: CouncilAct = { act: 'pause', chainId: '31337', council: A, timelock: B, epoch: '1', nonce: '7', deadline: '1800000000', approvals: [] };
const upgrade = { kind: 6, payload: encodeAbiParameters([{ type: 'uint64' }, { type: 'uint64' }], [1_100_000n, 1_000_000n]), reportHash: WORD, salt: WORD };

const KINDS: Readonly<Record<string, FlatTyped>> = {
  'a pause': typedAct(act), 'a veto': typedAct({ ...act, act: 'veto', upgrade }), 'carrying out early': typedAct({ ...act, act: 'expedite', upgrade }), 'the end of a dispute': typedAct({ ...act, act: 'resolve', disputeId: '3', lane: B }),
  'a ballot': typedBallot({ chainId: 31_337, governor: A, proposalId: '99', choice: 'for', voter: ME, nonce: '0' }, 'x'), 'a sign of life': typedAlive(A, 31_337, ME, 9n, 1n),
  'a credit paid elsewhere': typedCreditRedirect({ vault: A, chainId: 31_337, owner: ME, key: WORD, to: B, nonce: 0n, deadline: 9n }), 'a frozen exit paid elsewhere': typedRedirect({ hatch: A, chainId: 31_337, payee: ME, to: B, nonce: 0n, deadline: 9n }),
};

function other(value: unknown): unknown {
  if (typeof value === 'bigint') return value + 1n;
  if (typeof value === 'number') return value === 0 ? 1 : value - 1;
  const text = String(value);
  return /^0x[0-9a-fA-F]{40}$/.test(text) ? '0x000000000000000000000000000000000000dEaD' : text.startsWith('0x') ? `${text.slice(0, -2)}${text.endsWith('00') ? '01' : '00'}` : `${text}2`;
}

const mutable = ({ types }: FlatTyped): Record<string, { name: string; type: string }[]> => types as never;
const sign = async (typed: FlatTyped, domain: object, message: Record<string, unknown>): Promise<Hex> => (await wallet.signTypedData(domain, mutable(typed), message)) as Hex;

describe('what a wallet is asked to sign', () => {
  for (const [name, typed] of Object.entries(KINDS)) {
    test(`${name}: the honest signature is taken, one with any field of it or of its domain changed is not`, async () => {
      assert.equal(typed.digest, TypedDataEncoder.hash(typed.domain as object, mutable(typed), typed.message));
      assert.ok(await isSignatureOver(typed, await sign(typed, typed.domain, typed.message), ME));
      for (const field of Object.keys(typed.message)) assert.ok(!(await isSignatureOver(typed, await sign(typed, typed.domain, { ...typed.message, [field]: other(typed.message[field]) }), ME)), field);
      for (const field of ['name', 'version', 'chainId', 'verifyingContract'] as const) assert.ok(!(await isSignatureOver(typed, await sign(typed, { ...typed.domain, [field]: other(typed.domain[field]) }, typed.message), ME)), field);
      assert.ok(!(await isSignatureOver(typed, await sign(typed, typed.domain, typed.message), A)), 'another account\'s');
      assert.ok(!(await isSignatureOver(typed, (await wallet.signMessage(typed.digest)) as Hex, ME)), 'the digest signed as a message');
      for (const junk of ['0x', '0x1234', `0x${'00'.repeat(65)}`, `0x${'ff'.repeat(65)}`] as const) assert.ok(!(await isSignatureOver(typed, junk, ME)), junk);
    });
  }

  test('no two kinds share a digest, so that a signature for one is none for another', () => {
    assert.equal(new Set(Object.values(KINDS).map(({ digest }) => digest)).size, Object.keys(KINDS).length);
  });

  test('the form that contracts take is told from those that they refuse', async () => {
    const typed = KINDS['a pause'] ?? assert.fail();
    const plain = await sign(typed, typed.domain, typed.message);
    assert.ok(isPlainSignature(plain) && plainSignature(plain) === plain);
    const signer = await recoverTypedDataAddress({ ...typed, signature: plain } as Parameters<typeof recoverTypedDataAddress>[0]);
    const bare = `${plain.slice(0, 130)}0${Number.parseInt(plain.slice(130), 16) - 27}` as Hex;
    assert.deepEqual(await Promise.all([plain, bare].map(async (one) => isSignatureOver(typed, one, signer))), [true, true]);
    assert.deepEqual(await Promise.all([plain, bare].map(async (one) => isAcceptedSignature(typed, one, signer))), [true, false], 'with v of 0 or 1 it is the key\'s, and no contract takes it');
    for (const refused of [plain.slice(0, 130), `${plain.slice(0, 130)}00`, '0x', `0x${'ff'.repeat(65)}`]) assert.ok(!isPlainSignature(refused as Hex), refused);
  });
});

describe('the ways to a wallet', () => {
  const sources = globSync('{app,chain,components,flows,screens}/**/*.{ts,tsx}', { cwd: UI }).map((path) => ({ path, text: readFileSync(join(UI, path), 'utf8') }));
  const importing = (pattern: RegExp): string[] => sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path).toSorted();

  test('are three hooks and the guard, and every signature comes through the one that recovers its signer', () => {
    assert.deepEqual(importing(/from 'wagmi\/actions'/), ['components/guard.tsx', 'components/useBatch.ts', 'components/useSending.ts', 'components/useSigning.ts']);
    assert.deepEqual(importing(/\bsignTypedData\b/), ['components/useSigning.ts']);
    assert.deepEqual(importing(/\b(signMessage|personal_sign|eth_sign|useSignTypedData|useSignMessage|useSendTransaction|useWriteContract|useSendCalls|getWalletClient|useWalletClient|getConnectorClient)\b/), []);
    assert.match(sources.find(({ path }) => path === 'components/useSigning.ts')?.text ?? '', /if \(await isSignatureOver\(typed, signature, account\)\) return \{ ok: true/);
  });

  test('every kind of typed data that the page can make is among those above', () => {
    assert.deepEqual(importing(/\bflatTyped\(/).filter((path) => !path.endsWith('typedData.ts')), ['chain/challenges.ts', 'chain/council.ts', 'chain/credits.ts', 'chain/exit/status.ts', 'chain/governor.ts']);
    assert.deepEqual(importing(/\buseSigning\(/), ['components/actPanel.tsx', 'components/ballot.tsx', 'components/lives.tsx', 'components/signRedirection.tsx', 'components/useSigning.ts']);
  });
});
