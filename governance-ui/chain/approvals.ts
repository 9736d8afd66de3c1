// Approvals of an act, each judged as the contract will judge it: is the signer a member, and is this its signature over exactly these
// bytes. Owns that judgement, for keys by recovery here and for wallets (EIP-1271) by asking them at a block, and what makes a whole act void.
// Invariant: an approval counts only if it was judged good; what could not be judged is *unknown* and counts for nothing.

import { encodeFunctionData, parseAbi } from 'viem';
import type { Hex } from 'viem';
import type { Contract } from './contract.ts';
import { epoch, isDormant, isNonceUsed, members, nextPause, typedAct, upgradeIdOf } from './council.ts';
import type { CouncilAct } from './council.ts';
import type { BlockRef, Reading } from './reading.ts';
import { isVetoable, scheduleState, vetoedTimeOf } from './timelock.ts';
import { isAcceptedSignature } from './typedData.ts';
import type { FlatTyped } from './typedData.ts';
import { contentOf } from './upgradeWords.ts';

const EIP1271 = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)']);
/** The whole word, as the contract compares it. */
const EIP1271_YES = `0x1626ba7e${'0'.repeat(56)}`;

export interface JudgedApproval { readonly signer: Hex; readonly isGood: boolean; readonly why: string }

/** One signature as the council tells it: a key's own counts, also while the key stands for code; else code, if there is any, is asked. */
async function isSigned(council: Contract, at: BlockRef, typed: FlatTyped, signer: Hex, signature: Hex): Promise<Reading<boolean>> {
  const code = await council.chain.read('eth_getCode', [signer, { blockHash: at.hash }], at);
  if (!code.known) return code;
  // The contract refuses the forms that keys do not need: 64 bytes, v of 0 or 1, the upper s.
  const isKeys = await isAcceptedSignature(typed, signature, signer);
  if (isKeys || code.value === '0x') return { ...code, value: isKeys };
  const data = encodeFunctionData({ abi: EIP1271, functionName: 'isValidSignature', args: [typed.digest, signature] });
  const answer = await council.chain.read('eth_call', [{ to: signer, data }, { blockHash: at.hash }], at);
  if (!answer.known) return answer;
  // Whatever else it answers is no to the contract, also the four bytes with others behind them in their word.
  return { ...answer, value: typeof answer.value === 'string' && answer.value.toLowerCase().startsWith(EIP1271_YES) };
}

/** One approval as the contract will tell it, for actFiles.ts: a judge that asks the chain about wallets too. */
export const judgeOnChain = (council: Contract, at: BlockRef) => async (act: CouncilAct, signer: Hex, signature: Hex): Promise<boolean | undefined> => {
  const signed = await isSigned(council, at, typedAct(act), signer, signature);
  return signed.known ? signed.value : undefined;
};

export async function judgeApprovals(council: Contract, at: BlockRef, typed: FlatTyped, approvals: CouncilAct['approvals']): Promise<Reading<readonly JudgedApproval[]>> {
  const list = await members(council, at);
  if (!list.known) return list;
  const judged: JudgedApproval[] = [];
  for (const { signer, signature } of approvals) {
    const isMember = list.value.some(({ account }) => account.toLowerCase() === signer.toLowerCase());
    const signed = isMember ? await isSigned(council, at, typed, signer, signature) : undefined;
    if (signed?.known === false) return signed;
    judged.push({ signer, isGood: signed?.value === true, why: signed === undefined ? 'not a member: it counts for nothing' : signed.value ? 'a member, and its signature over exactly this act' : 'not its signature over this act: it counts for nothing' });
  }
  return { ...list, value: judged };
}

/** Why the contracts would refuse the act whatever its signatures; empty when nothing of this speaks against it. */
export async function obstaclesOf(council: Contract, timelock: Contract, at: BlockRef, act: CouncilAct): Promise<Reading<readonly string[]>> {
  const { upgrade } = act;
  const [version, dormant, used, pauseFrom, state, vetoedTime, hasSay] = await Promise.all([
    epoch(council, at), isDormant(council, at), isNonceUsed(council, at, BigInt(act.nonce)), act.act === 'pause' ? nextPause(council, at) : undefined,
    upgrade === undefined ? undefined : scheduleState(timelock, at, upgradeIdOf(BigInt(act.chainId), timelock.address, upgrade)),
    upgrade === undefined || act.act !== 'veto' ? undefined : vetoedTimeOf(timelock, at, contentOf(upgrade)), upgrade === undefined ? undefined : isVetoable(timelock, at, upgrade.kind),
  ]);
  if (!version.known) return version;
  if (!dormant.known) return dormant;
  if (!used.known) return used;
  if (pauseFrom?.known === false) return pauseFrom;
  if (state?.known === false) return state;
  if (vetoedTime?.known === false) return vetoedTime;
  if (hasSay?.known === false) return hasSay;
  return { ...version, value: [
    ...(act.epoch === version.value.toString() ? [] : [`it was made for list ${act.epoch} of the council, which has list ${version.value} now: its signatures are void`]),
    ...(BigInt(act.deadline) < at.timestamp ? ['its signatures have expired'] : []), ...(dormant.value ? ['the council is dormant: fewer members are left than its strongest acts need'] : []),
    ...(used.value ? [`its nonce ${act.nonce} was used by another act, or this one was carried out already`] : []), ...(pauseFrom !== undefined && pauseFrom.value > at.timestamp ? ['the last pause was too short a time ago'] : []),
    ...(state === undefined || state.value === 'Scheduled' || state.value === 'Executable' ? [] : [state.value === 'Unknown' ? 'the upgrade is not scheduled' : `the upgrade is ${state.value.toLowerCase()} already`]),
    ...(vetoedTime !== undefined && vetoedTime.value !== 0n && state?.value !== 'Vetoed' ? ['its content was vetoed before, and there is no second veto'] : []),
    ...(hasSay?.value === false ? ['the council has no say over changes of this kind'] : []),
  ] };
}
