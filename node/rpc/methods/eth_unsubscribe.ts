// eth_unsubscribe: closes a subscription of this connection; false when it has none of that id.
import { filterIdParameter } from '../codec/filterId.ts';
import { methodNotFound } from '../errors.ts';
import { defineMethod } from '../node.ts';

export const ethUnsubscribe = defineMethod({
  name: 'eth_unsubscribe', summary: 'Closes a subscription (WebSocket only).', parameters: [filterIdParameter],
  run: (_node, [id], scope) => {
    if (scope.subscriptions === undefined) throw methodNotFound('eth_unsubscribe (subscriptions need a WebSocket connection)');
    return scope.subscriptions.close(id);
  },
});
