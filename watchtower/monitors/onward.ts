// Events that grow without end, read once: a monitor sees those since it looked last. Owns the cursor in the monitor's memory. The block that was read last
// is read again, because it may have been cut: whoever counts must not count twice.

import type { StoredEvent, View } from '../monitor.ts';

/** Every event of one kind since `user` asked last; all of them at first. */
export function onward(view: View, user: string, contract: string, name: string): readonly StoredEvent[] {
  const key = `onward ${user} ${contract} ${name}`;
  const found: StoredEvent[] = [];
  let from = (view.memory.get(key) as number | undefined) ?? 0;
  for (;;) {
    const page = view.eventsFrom(contract, name, from);
    found.push(...page);
    const last = page.at(-1)?.blockNumber ?? from;
    if (last === from) break;
    from = last;
  }
  view.memory.set(key, from);
  return found;
}

/** What is kept of events seen so far, by key; the later of one key stands. @param isOver what need not be kept any more: strangers may cause any number */
export function remembered<T>(view: View, user: string, contract: string, name: string, entry: (event: StoredEvent) => readonly [string, T] | undefined, isOver: (value: T) => boolean = () => false): ReadonlyMap<string, T> {
  const key = `remembered ${user} ${contract} ${name}`;
  const kept = (view.memory.get(key) as Map<string, T> | undefined) ?? new Map<string, T>();
  for (const event of onward(view, user, contract, name)) {
    const added = entry(event);
    if (added !== undefined) kept.set(...added);
  }
  for (const [found, value] of kept) if (isOver(value)) kept.delete(found);
  view.memory.set(key, kept);
  return kept;
}
