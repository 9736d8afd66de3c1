// Links to routes as text. Owns their encoding; reading them back is router.tsx.
// Invariant: every segment is escaped, so that no value from a chain can change where a link leads.

export function routeTo(...segments: readonly string[]): string {
  return `#/${segments.map(encodeURIComponent).join('/')}`;
}
