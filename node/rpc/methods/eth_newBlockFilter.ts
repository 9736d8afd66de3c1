// eth_newBlockFilter: installs a polled filter of new block hashes; after a reorg the new chain's blocks are announced again.
import { defineMethod } from '../node.ts';

export const ethNewBlockFilter = defineMethod({
  name: 'eth_newBlockFilter', summary: 'Installs a filter of new block hashes; returns its id.', parameters: [],
  run: (node) => node.filters.install({ kind: 'block' }),
});
