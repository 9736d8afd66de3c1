// eth_accounts: empty. This node holds no user keys and signs nothing for anyone.
import { defineMethod } from '../node.ts';

export const ethAccounts = defineMethod({ name: 'eth_accounts', summary: 'Always empty: the node holds no user keys.', parameters: [], run: () => [] });
