// The root of the checkout, from this file's own place, so that the runner works from any directory.
// Invariant: every path the runner shows or compares is relative to it.

import { dirname } from 'node:path';

export const repositoryRoot: string = dirname(dirname(import.meta.dirname));
