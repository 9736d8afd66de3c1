// Who said what, and whether enough of them said the same. Owns the tally: answers are compared by their canonical text, operators
// are counted (not addresses), an endpoint that is behind or silent is *absent* and never counts as dissent.
// Pure: no clock, no network.
// Invariant: a value is `agreed` only if more than half of the configured operators gave exactly it and no operator gave two answers.

export interface Vote<T> {
  readonly url: string;
  readonly operator: string;
  /** What it answered, or why it gave no answer. */
  readonly answer: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };
}

export interface Dissent {
  readonly url: string;
  readonly operator: string;
  readonly about: string;
  readonly got: string;
  readonly expected: string;
}

export interface Tally<T> {
  /** The value that reached the quorum, if one did. */
  readonly value: { readonly reached: true; readonly value: T } | { readonly reached: false; readonly why: string };
  readonly agreedOperators: readonly string[];
  readonly dissent: readonly Dissent[];
  readonly absent: readonly { readonly url: string; readonly operator: string; readonly why: string }[];
}

/** How many operators must say the same: more than half, so that two different answers can never both reach it. */
export function quorumOf(operatorCount: number): number {
  return Math.floor(operatorCount / 2) + 1;
}

/** Text that is equal exactly when two JSON values are; hexadecimal case and the order of members do not matter. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`;
    if (typeof inner === 'string') return /^0x[0-9a-f]*$/i.test(inner) ? inner.toLowerCase() : inner;
    if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) {
      return Object.fromEntries(Object.entries(inner).toSorted(([left], [right]) => (left < right ? -1 : 1)));
    }
    return inner;
  }) ?? 'undefined';
}

const shorten = (text: string): string => (text.length > 90 ? `${text.slice(0, 60)}...${text.slice(-20)}` : text);

/** @param about what was asked, for the person who reads about a dissent */
export function tally<T>(votes: readonly Vote<T>[], about: string): Tally<T> {
  const operators = new Set(votes.map(({ operator }) => operator));
  const needed = quorumOf(operators.size);
  const groups = new Map<string, Vote<T>[]>();
  for (const vote of votes) {
    if (!vote.answer.ok) continue;
    const text = canonicalText(vote.answer.value);
    groups.set(text, [...(groups.get(text) ?? []), vote]);
  }
  const absent = votes.flatMap(({ url, operator, answer }) => (answer.ok ? [] : [{ url, operator, why: answer.why }]));
  const ranked = [...groups].map(([text, group]) => ({ text, group, operators: new Set(group.map(({ operator }) => operator)) })).toSorted((left, right) => right.operators.size - left.operators.size);
  const [first] = ranked;
  if (first === undefined) {
    return { value: { reached: false, why: `no endpoint answered: ${absent.map(({ url, why }) => `${url}: ${why}`).join('; ') || 'none is configured'}` }, agreedOperators: [], dissent: [], absent };
  }
  // An operator that answers differently from two places vouches for neither.
  const clear = new Set([...first.operators].filter((operator) => !ranked.slice(1).some((other) => other.operators.has(operator))));
  const isReached = clear.size >= needed;
  const dissent = ranked.slice(1).flatMap(({ text, group }) => group.map(({ url, operator }) => ({ url, operator, about, got: shorten(text), expected: shorten(first.text) })));
  const [sample] = first.group;
  if (!isReached || sample === undefined || !sample.answer.ok) {
    const said = ranked.map(({ text, operators: names }) => `${[...names].join(', ')} said ${shorten(text)}`).join('; ');
    const silent = absent.length === 0 ? '' : `; no answer from ${absent.map(({ operator }) => operator).join(', ')}`;
    return { value: { reached: false, why: `${about}: ${needed} of ${operators.size} operators must agree, ${clear.size} do (${said}${silent})` }, agreedOperators: [], dissent: ranked.length > 1 ? [...first.group.map(({ url, operator }) => ({ url, operator, about, got: shorten(first.text), expected: 'no quorum' })), ...dissent] : [], absent };
  }
  return { value: { reached: true, value: sample.answer.value }, agreedOperators: [...clear], dissent, absent };
}
