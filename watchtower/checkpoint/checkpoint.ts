// The head of the log, signed: `Keyfall watchtower checkpoint\n{canonical JSON}` under EIP-191, by a key that does nothing else. Owns its form, its bytes
// on L1, signing and checking. Who holds an old checkpoint finds out a log that was cut or rewritten since.
// Invariant: pure; what is signed names the chain and the Rollup, so that a checkpoint of one deployment says nothing of another.

import { concatHex, keccak256, recoverMessageAddress, slice, stringToHex, toHex, zeroAddress, type Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { z } from 'zod';
import type { LogHead } from '../auditLog.ts';
import type { Config } from '../config.ts';
import { canonicalJson } from '../verdict.ts';

const word = z.string().regex(/^0x[0-9a-f]{64}$/).transform((text) => text as Hex);

export const checkpointSchema = z.strictObject({
  version: z.literal(1), l1ChainId: z.int().positive(), rollup: z.string().regex(/^0x[0-9a-f]{40}$/).transform((text) => text as Hex), seq: z.int().min(0), hash: word,
  block: z.strictObject({ number: z.int(), hash: word }), signer: z.string().regex(/^0x[0-9a-f]{40}$/).transform((text) => text as Hex), signature: z.string().regex(/^0x[0-9a-f]{130}$/).transform((text) => text as Hex),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type Statement = Omit<Checkpoint, 'signer' | 'signature'>;

/** Which deployment a checkpoint of this configuration is about. */
export function deploymentOf({ l1, deployment }: Pick<Config, 'l1' | 'deployment'>): Pick<Statement, 'l1ChainId' | 'rollup'> {
  return { l1ChainId: l1.chainId, rollup: deployment.contracts['Rollup'] ?? zeroAddress };
}

function messageOf({ version, l1ChainId, rollup, seq, hash, block }: Statement): string {
  return `Keyfall watchtower checkpoint\n${canonicalJson({ version, l1ChainId, rollup, seq, hash, block })}`;
}

export async function signCheckpoint(account: PrivateKeyAccount, statement: Statement): Promise<Checkpoint> {
  return { ...statement, signer: account.address.toLowerCase() as Hex, signature: await account.signMessage({ message: messageOf(statement) }) };
}

/** Whether its signer signed it. */
export async function isSigned(checkpoint: Checkpoint): Promise<boolean> {
  try {
    return (await recoverMessageAddress({ message: messageOf(checkpoint), signature: checkpoint.signature })).toLowerCase() === checkpoint.signer;
  } catch (cause) {
    // Bytes that are no signature at all were signed by nobody.
    if (cause instanceof Error) return false;
    throw cause;
  }
}

const TAG = slice(keccak256(stringToHex('Keyfall watchtower anchor')), 0, 8);
/** Tag, sequence number, hash. */
const ANCHOR_BYTES = 48;

/** What an anchor's transaction carries. */
export function anchorData({ seq, hash }: LogHead): Hex {
  return concatHex([TAG, toHex(seq, { size: 8 }), hash]);
}

/** The head that a transaction's data anchors; undefined when it is no anchor. */
export function anchoredHead(data: Hex): LogHead | undefined {
  if (data.length !== 2 + 2 * ANCHOR_BYTES || slice(data, 0, 8) !== TAG) return undefined;
  return { seq: Number(BigInt(slice(data, 8, 16))), hash: slice(data, 16).toLowerCase() as Hex };
}
