// Text into the clipboard. Owns the way for pages that browsers do not call secure (a gateway by http, a disk), where there is no
// clipboard interface. Invariant: says whether it worked; nothing throws.

'use client';

export async function copyText(text: string): Promise<boolean> {
  try {
    await (navigator as { clipboard?: Clipboard }).clipboard?.writeText(text);
    if ((navigator as { clipboard?: Clipboard }).clipboard !== undefined) return true;
  } catch {
    // Refused: the older way may still be allowed.
  }
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  return isCopied;
}
