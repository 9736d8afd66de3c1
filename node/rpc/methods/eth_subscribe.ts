// eth_subscribe: newHeads, logs or newPendingTransactions over WebSocket. After a reorg, logs of unwound blocks come again with
// removed: true, then the new chain's blocks and logs.
import { decodeLogCriteria } from '../codec/logFilter.ts';
import { optional, required, shown } from '../codec/parameter.ts';
import { invalidParams, methodNotFound } from '../errors.ts';
import { defineMethod } from '../node.ts';
import type { SubscriptionKind } from '../subscriptions.ts';

function subscriptionKind(name: unknown, options: unknown): SubscriptionKind {
  const path = 'argument 1 (options)';
  switch (name) {
    case 'newHeads': return { kind: 'newHeads' };
    case 'logs': return { kind: 'logs', criteria: decodeLogCriteria(options ?? {}, path) };
    case 'newPendingTransactions':
      if (options !== undefined && typeof options !== 'boolean') throw invalidParams(`invalid ${path}: expected true or false, got ${shown(options)}`);
      return { kind: 'newPendingTransactions', full: options ?? false };
    default: throw invalidParams(`invalid argument 0 (kind): expected newHeads, logs or newPendingTransactions, got ${shown(name)}`);
  }
}

export const ethSubscribe = defineMethod({
  name: 'eth_subscribe', summary: 'Opens a subscription (WebSocket only): newHeads, logs, newPendingTransactions.',
  parameters: [required('kind', 'newHeads, logs or newPendingTransactions', (value) => value), optional(required('options', 'filter object or boolean', (value) => value), undefined)],
  run: (_node, [name, options], scope) => {
    if (scope.subscriptions === undefined) throw methodNotFound('eth_subscribe (subscriptions need a WebSocket connection)');
    return scope.subscriptions.open(subscriptionKind(name, options));
  },
});
