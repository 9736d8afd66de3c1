// A QR code of text for a second device that recomputes offline. Owns the drawing; the code itself is a library's.
// Invariant: what the code holds also stands beside it in words.

'use client';

import encodeQr from 'qrcode-generator';

/** Modules of quiet around the code, as its standard asks. */
const QUIET = 4;
/** What the largest code holds at this level of correction. */
const MAX_BYTES = 2_331;

export function QrCode({ text, label }: { text: string; label: string }) {
  if (new TextEncoder().encode(text).length > MAX_BYTES) return <p className="quiet">It is too long for a QR code; compare the fields above.</p>;
  const code = encodeQr(0, 'M');
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const rows = Array.from({ length: count }, (_, row) => Array.from({ length: count }, (__, column) => (code.isDark(row, column) ? `M${column + QUIET} ${row + QUIET}h1v1h-1z` : '')).join('')).join('');
  const size = count + 2 * QUIET;
  return <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}><rect width={size} height={size} className="qr-ground" /><path d={rows} className="qr-dark" /></svg>;
}
