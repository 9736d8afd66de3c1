// Acts of the council on their way between members: files and links with the act in them, and several of them combined. Owns these forms
// and which of two signatures of one member stays; what an act is, is council.ts. `keyfall council` writes and takes the same files.
// Invariants: acts are combined only if they are the same in everything but their approvals; a signature that was shown to hold is never
// put aside for one that was not; what is put aside is named.

import type { Hex } from 'viem';
import { parseAct, typedAct, withApproval } from './council.ts';
import type { CouncilAct } from './council.ts';
import { isAcceptedSignature } from './typedData.ts';

/** Longer than any act with all its approvals: what is longer is not one. */
const MAX_TEXT_LENGTH = 200_000;

/** Everything of an act but its approvals, as a text: equal for the same act. */
export const bodyOf = (act: CouncilAct): string => JSON.stringify([act.act, act.chainId, act.council.toLowerCase(), act.timelock.toLowerCase(), act.epoch, act.nonce, act.deadline, act.upgrade === undefined ? null : [act.upgrade.kind, act.upgrade.payload.toLowerCase(), act.upgrade.reportHash.toLowerCase(), act.upgrade.salt.toLowerCase()], act.disputeId ?? null, act.lane?.toLowerCase() ?? null]);

export interface MergedAct {
  readonly act: CouncilAct;
  /** Signatures that were put aside, each in one sentence. */
  readonly dropped: readonly string[];
}

/** Whether a signature is the signer's over the act; undefined where that cannot be told. */
export type ApprovalJudge = (act: CouncilAct, signer: Hex, signature: Hex) => Promise<boolean | undefined>;

/** By recovery alone, in the one form that contracts take; whatever does not hold may be a contract's, which only the chain can tell. */
export const judgeByKey: ApprovalJudge = async (act, signer, signature) => ((await isAcceptedSignature(typedAct(act), signature, signer)) ? true : undefined);

/**
 * All signatures of the same act, one for each signer. Of two that differ the one that holds stays; if neither is known to, the first.
 * @throws Error when they differ in anything but their approvals
 */
export async function mergeActs(acts: readonly CouncilAct[], judge: ApprovalJudge = judgeByKey): Promise<MergedAct> {
  const [first, ...others] = acts;
  if (first === undefined) throw new Error('expected at least one act');
  let merged: CouncilAct = { ...first, approvals: [] };
  const dropped: string[] = [];
  for (const act of [first, ...others]) {
    if (bodyOf(act) !== bodyOf(first)) throw new Error('these are not the same act: one of them differs in more than its approvals');
    for (const { signer, signature } of act.approvals) {
      const present = merged.approvals.find((one) => one.signer.toLowerCase() === signer.toLowerCase());
      if (present !== undefined && present.signature.toLowerCase() === signature.toLowerCase()) continue;
      const verdict = present === undefined ? undefined : await better(merged, present, { signer, signature }, judge);
      if (verdict !== undefined) dropped.push(verdict.words);
      if (verdict?.stays !== 'present') merged = withApproval(merged, signer, signature);
    }
  }
  return { act: merged, dropped };
}

type Approval = CouncilAct['approvals'][number];

const shortened = (signature: Hex): string => (signature.length > 26 ? `${signature.slice(0, 14)}…${signature.slice(-8)}` : signature);

async function better(act: CouncilAct, present: Approval, other: Approval, judge: ApprovalJudge): Promise<{ readonly stays: 'present' | 'other'; readonly words: string }> {
  const about = (aside: Approval, why: string): string => `of two different signatures of ${aside.signer}, ${shortened(aside.signature)} was put aside: ${why}`;
  if ((await judge(act, present.signer, present.signature)) === true) return { stays: 'present', words: about(other, 'the other one holds over this act') };
  if ((await judge(act, other.signer, other.signature)) === true) return { stays: 'other', words: about(present, 'it was not shown to hold, the other one holds over this act') };
  return { stays: 'present', words: about(other, 'neither of them was shown to hold, and the other one came first') };
}

/** The objects of a text that holds one or several, one after the other. @throws Error when something between them is none */
function objectsOf(text: string): string[] {
  const found: string[] = [];
  let [depth, start, isText] = [0, 0, false];
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (isText) {
      if (sign === '\\') index += 1;
      else if (sign === '"') isText = false;
    } else if (sign === '"' && depth > 0) isText = true;
    else if (sign === '{') {
      if (depth === 0) start = index;
      depth += 1;
    } else if (sign === '}') {
      depth -= 1;
      if (depth === 0) found.push(text.slice(start, index + 1));
      if (depth < 0) throw new Error('expected acts, got a closing bracket without an opening one');
    } else if (depth === 0 && !/[\s,]/.test(sign ?? '')) throw new Error(`expected acts, got ${text.slice(index, index + 40)}`);
  }
  if (depth !== 0 || found.length === 0) throw new Error('expected at least one whole act');
  return found;
}

/** One act, or several files of it one after the other, or links to it. @throws Error naming what is wrong */
export async function parseActs(text: string, judge: ApprovalJudge = judgeByKey): Promise<MergedAct> {
  if (text.length > MAX_TEXT_LENGTH) throw new Error(`expected at most ${MAX_TEXT_LENGTH} characters, got ${text.length}`);
  const links = [...text.matchAll(/#\/approve\/act\/([A-Za-z0-9_-]+)/g)].flatMap(([, code]) => code ?? []);
  return mergeActs(links.length > 0 ? links.map(actOfLink) : objectsOf(text).map(parseAct), judge);
}

/** The part of a link that holds the act. */
export function linkOfAct(act: CouncilAct): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ format: 'keyfall-council-act-1', ...act }));
  return btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws Error when it holds none */
export function actOfLink(code: string): CouncilAct {
  if (!/^[A-Za-z0-9_-]+$/.test(code) || code.length > MAX_TEXT_LENGTH) throw new Error('the link holds no act');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(code.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.codePointAt(0) ?? 0));
  } catch {
    throw new Error('the link holds no act: it is cut, or was changed on its way');
  }
  return parseAct(text);
}
