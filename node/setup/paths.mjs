// Where the checkout and its ignored working directory are. Owns these two paths and nothing else.
// Everything the set-up makes lies in `.keyfall/` or `node_modules/`, so deleting both returns a checkout to a fresh clone.
// Invariant: paths follow from this file's own place, never from the directory a person happened to start in.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const stateDirectory = join(repositoryRoot, '.keyfall');
export const stampDirectory = join(stateDirectory, 'stamps');
