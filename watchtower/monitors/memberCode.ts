// F32: what stands behind each council member: a key; a key that delegated its code to others (EIP-7702), who then act as the member for every contract that
// asks; or a contract. Of one that keeps its storage as a Safe does, modules, guard and fallback handler are told, and a module is a violation; but storage is no proof of
// what code does with it, so that no contract is ok here.

import { keccak256, pad, toHex, encodeAbiParameters, type Hex } from 'viem';
import type { Monitor, View } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';
import { judgedAlone } from './alone.ts';
import { verdict } from './verdicts.ts';

const EXPECTED = 'a key';
const EMPTY_CODE = keccak256('0x');
const DELEGATION = '0xef0100';
/** Safe: singleton in word 0, modules a linked list in the mapping at word 1 that begins at address 1; guard and handler at hashes of their names. */
const SINGLETON = pad('0x00', { size: 32 });
const SENTINEL = 1n;
const FIRST_MODULE = keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [pad(toHex(SENTINEL), { size: 20 }), 1n]));
const GUARD = keccak256(toHex('guard_manager.guard.address'));
const FALLBACK_HANDLER = keccak256(toHex('fallback_manager.handler.address'));

export const memberCode: Monitor = {
  id: 'F32-member-code', group: 'F', about: 'each council member is a key that delegates to nobody', severity: 'warning', needs: ['SecurityCouncil'], staleAfterSeconds: 86_400,
  evaluate: async (view) => judgedAlone(view, {
    monitor: memberCode.id, items: await view.read<readonly { readonly account: Hex }[]>('SecurityCouncil', 'members'), subjectOf: ({ account }) => account, expected: EXPECTED,
    judge: async ({ account }) => behind(view, account), gone: (account) => `${account} is no member any more`,
  }),
};

async function behind(view: View, account: Hex): Promise<Verdict> {
  const expected = EXPECTED;
  const { codeHash, storage } = await view.prove(account, [SINGLETON, FIRST_MODULE, GUARD, FALLBACK_HANDLER]);
  if (codeHash === EMPTY_CODE) return verdict(view, 'ok', { subject: account, sentence: `member ${account} is a key`, expected, got: 'a key' });
  const code = await view.code(account);
  if (code.startsWith(DELEGATION)) return verdict(view, 'violation', { subject: account, sentence: `member ${account} delegated its code to 0x${code.slice(DELEGATION.length)}: who controls that code can act as the member wherever a contract's signature is asked for`, expected, got: code, finding: code });
  const [singleton, module, guard, handler] = [SINGLETON, FIRST_MODULE, GUARD, FALLBACK_HANDLER].map((slot) => storage.get(slot) ?? 0n) as [bigint, bigint, bigint, bigint];
  // A contract's words are what it likes: one that is no address is told whole.
  const text = (value: bigint): string => (value === 0n ? 'none' : pad(toHex(value), { size: value >> 160n === 0n ? 20 : 32 }));
  const isLikeSafe = singleton >> 160n === 0n && singleton !== 0n && module !== 0n;
  const facts = isLikeSafe ? `, which keeps its storage as a Safe of code ${text(singleton)} does: guard ${text(guard)}, fallback handler ${text(handler)}, first module ${module === SENTINEL ? 'none' : text(module)}` : '';
  if (isLikeSafe && module !== SENTINEL) return verdict(view, 'violation', { subject: account, sentence: `member ${account} is a contract${facts}: a module acts without its owners`, expected, got: text(module), finding: text(module) });
  return verdict(view, 'unverifiable', { subject: account, sentence: `member ${account} is a contract of code ${codeHash}${facts}; nobody here can say who acts for it`, expected, got: codeHash });
}
