// What stands between a decision about the rules and its effect on a user's money. Owns the kinds of standing.
// Invariant: a standing that cannot be told is no kind: it is *unknown*.

/** No contract stands at the upgrade authority's address: a key decides, at once. */
export interface Standing { readonly kind: 'key'; readonly authority: `0x${string}` }
