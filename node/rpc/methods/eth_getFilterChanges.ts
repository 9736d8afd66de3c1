// eth_getFilterChanges: what a filter collected since the last poll. A filter that was not polled in time is gone.
import { filterIdParameter } from '../codec/filterId.ts';
import { defineMethod } from '../node.ts';

export const ethGetFilterChanges = defineMethod({
  name: 'eth_getFilterChanges', summary: 'Entries of a filter since the last poll.', parameters: [filterIdParameter],
  run: (node, [id]) => node.filters.changes(id),
});
