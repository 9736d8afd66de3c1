// Acts of the council on their way between members: files and links with the act in them, and several of them combined. Owns these forms;
// what an act is, is council.ts. `keyfall council` writes and takes the same files.
// Invariant: acts are combined only if they are the same in everything but their approvals.

import { parseAct, withApproval } from './council.ts';
import type { CouncilAct } from './council.ts';

/** Longer than any act with all its approvals: what is longer is not one. */
const MAX_TEXT_LENGTH = 200_000;

/** Everything of an act but its approvals, as a text: equal for the same act. */
export const bodyOf = (act: CouncilAct): string => JSON.stringify([act.act, act.chainId, act.council.toLowerCase(), act.timelock.toLowerCase(), act.epoch, act.nonce, act.deadline, act.upgrade === undefined ? null : [act.upgrade.kind, act.upgrade.payload.toLowerCase(), act.upgrade.reportHash.toLowerCase(), act.upgrade.salt.toLowerCase()], act.disputeId ?? null, act.lane?.toLowerCase() ?? null]);

/** @throws Error when they differ in anything but their approvals */
export function mergeActs(acts: readonly CouncilAct[]): CouncilAct {
  const [first, ...others] = acts;
  if (first === undefined) throw new Error('expected at least one act');
  let merged: CouncilAct = { ...first, approvals: [] };
  for (const act of [first, ...others]) {
    if (bodyOf(act) !== bodyOf(first)) throw new Error('these are not the same act: one of them differs in more than its approvals');
    for (const { signer, signature } of act.approvals) merged = withApproval(merged, signer, signature);
  }
  return merged;
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
export function parseActs(text: string): CouncilAct {
  if (text.length > MAX_TEXT_LENGTH) throw new Error(`expected at most ${MAX_TEXT_LENGTH} characters, got ${text.length}`);
  const links = [...text.matchAll(/#\/approve\/act\/([A-Za-z0-9_-]+)/g)].flatMap(([, code]) => code ?? []);
  return mergeActs(links.length > 0 ? links.map(actOfLink) : objectsOf(text).map(parseAct));
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
