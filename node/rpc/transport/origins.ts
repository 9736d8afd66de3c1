// Which web origins may talk to the node: one rule for HTTP (CORS) and WebSocket (the Origin header).
//
// Owns: the rule. Does not own: where it is applied. A request without an Origin header does not come from a web page and
// always passes: this is protection of browsers' users, not authentication.
// Invariant: the allowed origin is repeated exactly, never reflected when it is not on the list.

/** `*` allows every origin; otherwise an exact list such as `https://app.example`. Empty = none. */
export type AllowedOrigins = '*' | readonly string[];

/** The value for Access-Control-Allow-Origin, or undefined if the origin may not talk to us. */
export function allowedOrigin(allowed: AllowedOrigins, origin: string): string | undefined {
  if (allowed === '*') return '*';
  return allowed.includes(origin) ? origin : undefined;
}
