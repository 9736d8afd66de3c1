// F32, F33: who holds which key, told when it changes; and one key in two roles, which turns two locks into one.

import type { Monitor, Notice, View } from '../monitor.ts';
import { holds } from './verdicts.ts';

const told: readonly Notice[] = [
  { contract: 'OperatorSeat', event: 'OperatorRotated', severity: 'warning', sentence: ({ args }) => `the operator's hot key changed from ${String(args['previous'])} to ${String(args['next'])}` },
  { contract: 'OperatorSeat', event: 'ColdKeySet', severity: 'warning', sentence: ({ args }) => `the operator's cold key changed from ${String(args['previous'])} to ${String(args['next'])}` },
  { contract: 'OperatorSeat', event: 'SeatReplaced', severity: 'critical', sentence: ({ args }) => `another operator took the seat: hot key ${String(args['operator'])}, cold key ${String(args['coldKey'])}` },
  { contract: 'OperatorSeat', event: 'BidPlaced', severity: 'warning', sentence: ({ args }) => `${String(args['bidder'])} bids ${String(args['bidWei'])} wei for the operator's seat` },
];

export const people: Monitor = {
  id: 'F33-key-reuse', group: 'F', about: 'no key holds two roles', severity: 'warning', needs: ['Rollup'], staleAfterSeconds: 3_600, notices: told,
  evaluate: async (view) => {
    const holders = new Map<string, string[]>();
    const add = (address: string, role: string): void => void holders.set(address.toLowerCase(), [...holders.get(address.toLowerCase()) ?? [], role]);
    add(await view.read<string>('Rollup', 'operator'), 'operator (hot)');
    add(await view.read<string>('Rollup', 'coldKey'), 'operator (cold)');
    if (view.contracts.hasFunction('AttesterLane', 'attesters')) for (const member of await view.read<readonly string[]>('AttesterLane', 'attesters')) add(member, 'attester');
    if (view.contracts.has('SecurityCouncil')) for (const { account } of await view.read<readonly { readonly account: string }[]>('SecurityCouncil', 'members')) add(account, 'council member');
    if (view.contracts.has('OperatorSeat')) await addBidder(view, add);
    const shared = [...holders].filter(([, roles]) => roles.length > 1);
    return [holds(view, shared.length === 0, { sentence: shared.length === 0 ? `${holders.size} keys, each with one role` : shared.map(([address, roles]) => `${address} is ${roles.join(' and ')}`).join('; '), expected: 'one role a key', got: `${shared.length} keys with several` })];
  },
};

/** Who would take the seat: zero while nobody bids. */
async function addBidder(view: View, add: (address: string, role: string) => void): Promise<void> {
  const { operator, coldKey } = await view.read<{ readonly operator: string; readonly coldKey: string }>('OperatorSeat', 'auction');
  for (const [address, role] of [[operator, 'bid for operator (hot)'], [coldKey, 'bid for operator (cold)']] as const) if (BigInt(address) !== 0n) add(address, role);
}
