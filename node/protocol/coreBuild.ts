// Whether storage that is there keeps its meaning under new code, once compiled builds are at hand: which build the code on chain is, and the
// verdict over two of them, in words. Owns no comparison of layouts (OpenZeppelin's, given by the caller) and reads no file: the command line
// finds builds on a disk, the page in files that its reader chose.
// Invariants: code that is no build, or builds of different storage, is *unknown*, never compatible; variables that are named elsewhere than in
// the compiler's layout (ERC-7201) are said to be left out.

export interface CoreBuild<Layout> {
  readonly name: string;
  /** 0x and lower case, zeros where immutables are. */
  readonly deployedBytecode: string;
  readonly immutableReferences: Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>;
  /** Absent if the compiler was not asked for it. */
  readonly layout: Layout | undefined;
}

interface KnownBuild<Layout> { readonly name: string; readonly layout: Layout }
/** A variable or a member; of what is none (a namespace) only the contract is known. */
interface Field { readonly contract?: string; readonly label?: string; readonly type?: { readonly item: { readonly label: string } } }
export interface LayoutChange { readonly kind: string; readonly original?: Field; readonly updated?: Field }
interface Comparable { readonly storage: readonly unknown[] }
/** What changes its place or its meaning; none = compatible. */
type Compare<Layout> = (before: Layout, after: Layout) => readonly LayoutChange[];

export interface LayoutVerdict {
  readonly verdict: 'compatible' | 'incompatible' | 'unknown';
  /** One sentence for each variable whose place or meaning changes. */
  readonly changes: readonly string[];
  readonly reason: string;
}

const LEFT_OUT = 'variables in named slots (ERC-7201) are not part of the compiler\'s layout';

export function unknownLayout(reason: string): LayoutVerdict {
  return { verdict: 'unknown', changes: [], reason };
}

/** Equal but for the immutables. @param code on chain, 0x and hexadecimal digits */
export function isBuildOf(code: string, { deployedBytecode, immutableReferences }: Pick<CoreBuild<unknown>, 'deployedBytecode' | 'immutableReferences'>): boolean {
  if (deployedBytecode.length <= 2 || deployedBytecode.length !== code.length) return false;
  let masked = code.toLowerCase();
  for (const { start, length } of Object.values(immutableReferences).flat()) {
    const [from, to] = [2 + 2 * start, 2 + 2 * (start + length)];
    if (from < 2 || to < from || to > code.length) return false;
    masked = masked.slice(0, from) + '0'.repeat(to - from) + masked.slice(to);
  }
  return masked === deployedBytecode.toLowerCase();
}

/** The one build that code is, or why it is none. Builds of different storage can have the same code: then it is not known which it is. @param found all that match */
export function theBuild<Layout extends Comparable>(found: readonly CoreBuild<Layout>[], where: string, compare: Compare<Layout>): KnownBuild<Layout> | string {
  const known: KnownBuild<Layout>[] = [];
  for (const { name, layout } of found) {
    if (layout === undefined) return `is ${name}, whose build gives no storage layout`;
    known.push({ name, layout });
  }
  const [first, ...others] = known;
  if (first === undefined) return `is no build in ${where}`;
  // In both directions: what may grow is no change seen from the smaller one, and which of them comes first must not decide.
  const other = others.find(({ layout }) => compare(first.layout, layout).length > 0 || compare(layout, first.layout).length > 0 || layout.storage.length !== first.layout.storage.length);
  return other === undefined ? first : `is both ${first.name} and ${other.name}, whose storage differs`;
}

export function layoutVerdict<Layout>(present: KnownBuild<Layout>, next: KnownBuild<Layout>, compare: Compare<Layout>): LayoutVerdict {
  const changes = compare(present.layout, next.layout).map(changeInWords);
  return { verdict: changes.length === 0 ? 'compatible' : 'incompatible', changes, reason: `${present.name} to ${next.name}, by the compiler's storage layouts; ${LEFT_OUT}` };
}

export function changeInWords(change: LayoutChange): string {
  const named = (field: Field | undefined): string => (field === undefined ? '' : `${field.label ?? field.contract ?? 'something'} (${field.type?.item.label ?? 'of a type that is not said'})`);
  switch (change.kind) {
    case 'insert': return `${named(change.updated)} is put before variables that are there`;
    case 'delete': return `${named(change.original)} is gone`;
    case 'replace': return `${named(change.original)} becomes ${named(change.updated)}`;
    case 'typechange': return `${named(change.original)} changes its type to that of ${named(change.updated)}`;
    case 'rename': return `${named(change.original)} is called ${named(change.updated)}: the same variable, or another in its place`;
    case 'layoutchange': return `${named(change.original)} moves`;
    case 'shrinkgap': case 'finishgap': return `the gap ${named(change.original)} does not shrink by what was put into it`;
    default: return `${change.kind}: what it means is not known, so it counts as a change`;
  }
}
