// Numbers as people read them: ether, durations, moments. Owns the wording; no value is rounded in a way that makes it larger than
// it is, and a duration names its two largest units.
// Invariant: pure; the same value always reads the same, whatever the machine's language.

import { formatEther } from 'viem';

/** ETH, at most six places, cut off and not rounded up; what is cut is marked. */
export function etherText(wei: bigint): string {
  const [whole = '0', fraction = ''] = formatEther(wei).split('.');
  const shown = fraction.slice(0, 6).replace(/0+$/, '');
  const isCut = fraction.slice(6).replace(/0+$/, '') !== '';
  if (whole === '0' && shown === '' && isCut) return '< 0.000001 ETH';
  return `${group(whole)}${shown === '' ? '' : `.${shown}`}${isCut ? '…' : ''} ETH`;
}

/** Thousands apart, by a narrow space that no locale turns into a decimal point. */
export function group(digits: string | bigint | number): string {
  return String(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}

const UNITS = [['d', 86_400n], ['h', 3_600n], ['min', 60n], ['s', 1n]] as const;

/** The two largest units of a duration: "2 d 3 h". */
export function durationText(seconds: bigint): string {
  if (seconds < 0n) return `-${durationText(-seconds)}`;
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 s';
  const [unit, size] = UNITS[first] ?? ['s', 1n];
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0n : (seconds % size) / next[1];
  return `${seconds / size} ${unit}${next === undefined || rest === 0n ? '' : ` ${rest} ${next[0]}`}`;
}

/** Absolute, in UTC, as it stands in a log: "2026-11-27 02:03:04 UTC". */
export function utcText(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? 'out of range' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Weekday, day and time in UTC, for a headline. */
export function headlineMoment(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toLocaleString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }) + ' UTC';
}

export function shortHex(hex: string): string {
  return hex.length <= 18 ? hex : `${hex.slice(0, 8)}…${hex.slice(-6)}`;
}
