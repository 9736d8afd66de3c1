// The ABIs that the page reads and writes with, as the contracts' build wrote them. Owns the one place where they are imported and
// the names they are known by; nothing of them is typed again here.
// Invariant: a contract that is not in this table is one whose calls the page cannot read, and it says so.

import type { Abi } from 'viem';
import clock from '../../contracts/abi/Clock.json' with { type: 'json' };
import inbox from '../../contracts/abi/Inbox.json' with { type: 'json' };
import governor from '../../contracts/abi/KeyfallGovernor.json' with { type: 'json' };
import l2Bridge from '../../contracts/abi/L2Bridge.json' with { type: 'json' };
import maturity from '../../contracts/abi/Maturity.json' with { type: 'json' };
import messagePasser from '../../contracts/abi/MessagePasser.json' with { type: 'json' };
import rollup from '../../contracts/abi/Rollup.json' with { type: 'json' };
import securityCouncil from '../../contracts/abi/SecurityCouncil.json' with { type: 'json' };
import upgradeTimelock from '../../contracts/abi/UpgradeTimelock.json' with { type: 'json' };
import vault from '../../contracts/abi/Vault.json' with { type: 'json' };

export const ABIS = {
  Clock: clock as unknown as Abi,
  Inbox: inbox as unknown as Abi,
  KeyfallGovernor: governor as unknown as Abi,
  L2Bridge: l2Bridge as unknown as Abi,
  Maturity: maturity as unknown as Abi,
  MessagePasser: messagePasser as unknown as Abi,
  Rollup: rollup as unknown as Abi,
  SecurityCouncil: securityCouncil as unknown as Abi,
  UpgradeTimelock: upgradeTimelock as unknown as Abi,
  Vault: vault as unknown as Abi,
} as const;

export type ContractName = keyof typeof ABIS;
