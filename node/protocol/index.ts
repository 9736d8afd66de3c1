/**
 * Public surface of the protocol package: pure codecs and hashes of SPEC.md, importing nothing else of this project.
 */
export * from './accumulator.ts';
export * from './addresses.ts';
export * from './attestation.ts';
export * from './bytes.ts';
export * from './constants.ts';
export * from './depositTransaction.ts';
export * from './drops.ts';
export * from './enforced.ts';
export * from './fees.ts';
export * from './message.ts';
export * from './outcome.ts';
export * from './payload.ts';
export * from './rlp.ts';
export * from './statement.ts';
export * from './upgrade.ts';
export * from './withdrawal.ts';
