// Options that several commands share, as commander hands them over. Owns their names; parsing is where each is used.
// Invariant: no option carries a secret.

import type { EndpointOptions } from '../rollup.ts';
import type { KeyOptions } from '../keys.ts';

/** Options of every command that talks to a rollup; `home` is where the devnet's manifest is looked for. */
export interface CommonOptions extends EndpointOptions, KeyOptions {
  readonly home?: string;
}

/** Options of `up`; absent ports and scale have defaults, so they always come. */
export interface UpOptions {
  readonly home?: string;
  readonly fresh?: true;
  readonly l1Port: string;
  readonly l2Port: string;
  readonly attesterPort: string;
  readonly uiPort: string;
  readonly watchtowerPort: string;
  /** False with --no-watchtower. */
  readonly watchtower: boolean;
  readonly timeScale: string;
  readonly inboxOnly?: true;
  readonly json?: true;
}
