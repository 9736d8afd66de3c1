/**
 * What a deployment must be told of governance, for tests in which nobody governs: a council of eight addresses without keys, all tokens with one account.
 */

/** Arguments for contracts/deploy/main.ts. @param holder of all governance tokens */
export function idleGovernance(holder: string): readonly string[] {
  const council = Array.from({ length: 8 }, (_, index) => `0x${(0xc0 + index).toString(16).padStart(40, '0')}${index < 5 ? '' : ':external'}`);
  return ['--council', council.join(','), '--tokens', `${holder}=1000000`];
}
