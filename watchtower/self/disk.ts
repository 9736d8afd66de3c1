// H42: there is room to write. Without it nothing can be kept, so nothing may be told.

import { says, type SelfCheck } from './selfCheck.ts';

const LEAST_BYTES = 268_435_456;
const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`;

export const disk: SelfCheck = {
  id: 'H42-disk', group: 'H', about: `at least ${mebibytes(LEAST_BYTES)} are free where the store is`, severity: 'critical', needs: [], staleAfterSeconds: 3_600,
  judge: ({ freeBytes }) => [freeBytes === undefined
    ? { subject: '', status: 'unverifiable', sentence: 'how much room the disk has cannot be told', expected: `at least ${mebibytes(LEAST_BYTES)}`, got: 'unknown' }
    : says(freeBytes >= LEAST_BYTES, { subject: '', sentence: `${mebibytes(freeBytes)} are free for the store`, expected: `at least ${mebibytes(LEAST_BYTES)}`, got: mebibytes(freeBytes) })],
};
