// Constants.sol to TypeScript: every `uint256` constant becomes a bigint of the same name. Owns the small grammar that the
// constants are written in (a decimal number with an optional unit) and refuses anything else rather than guess.

const UNITS: Readonly<Record<string, bigint>> = {
  seconds: 1n, minutes: 60n, hours: 3_600n, days: 86_400n, gwei: 10n ** 9n, ether: 10n ** 18n,
};

/** The value of a Solidity number such as `350_000`, `0.05 gwei` or `3 days`. @throws Error on any other expression. */
export function evaluateNumber(expression: string): bigint {
  const match = /^(\d[\d_]*)(?:\.(\d+))?(?:\s+([a-z]+))?$/.exec(expression.trim());
  if (match === null) throw new Error(`expected a number with an optional unit, got "${expression}"`);
  const whole = BigInt((match[1] ?? '').replaceAll('_', ''));
  const fraction = match[2] ?? '';
  const unit = match[3] === undefined ? 1n : UNITS[match[3]];
  if (unit === undefined) throw new Error(`expected one of ${Object.keys(UNITS).join(', ')}, got "${match[3] ?? ''}"`);
  const divisor = 10n ** BigInt(fraction.length);
  const scaled = (whole * divisor + BigInt(fraction === '' ? '0' : fraction)) * unit;
  if (scaled % divisor !== 0n) throw new Error(`expected a whole number, got "${expression}"`);
  return scaled / divisor;
}

function withSeparators(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, '_');
}

/** The text of node/protocol/constants.ts. */
export function generateConstants(source: string): string {
  const lines = [
    '/**',
    ' * Protocol numbers, generated from contracts/src/libraries/Constants.sol by the contracts\' build. Do not edit.',
    ' */',
  ];
  const pattern = /^\s*uint256 internal constant ([A-Z0-9_]+) = ([^;]+);/gm;
  for (const [, name, expression] of source.matchAll(pattern)) {
    lines.push(`export const ${name ?? ''} = ${withSeparators(evaluateNumber(expression ?? ''))}n;`);
  }
  return `${lines.join('\n')}\n`;
}
