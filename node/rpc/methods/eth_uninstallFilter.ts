// eth_uninstallFilter: removes a filter; false when there is none of that id, which is no error.
import { filterIdParameter } from '../codec/filterId.ts';
import { defineMethod } from '../node.ts';

export const ethUninstallFilter = defineMethod({
  name: 'eth_uninstallFilter', summary: 'Removes a filter; whether there was one.', parameters: [filterIdParameter],
  run: (node, [id]) => node.filters.uninstall(id),
});
