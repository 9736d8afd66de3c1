// The ABIs that the page reads and writes with, as the contracts' build wrote them. Owns the one place where they are imported and
// the names they are known by; nothing of them is typed again here.
// Invariant: a contract that is not in this table is one whose calls the page cannot read, and it says so.

import type { Abi } from 'viem';
import bridgedErc1155 from '../../contracts/abi/BridgedERC1155.json' with { type: 'json' };
import bridgedErc20 from '../../contracts/abi/BridgedERC20.json' with { type: 'json' };
import bridgedErc721 from '../../contracts/abi/BridgedERC721.json' with { type: 'json' };
import clock from '../../contracts/abi/Clock.json' with { type: 'json' };
import escapeHatch from '../../contracts/abi/EscapeHatch.json' with { type: 'json' };
import exitRegistry from '../../contracts/abi/ExitRegistry.json' with { type: 'json' };
import inbox from '../../contracts/abi/Inbox.json' with { type: 'json' };
import governor from '../../contracts/abi/KeyfallGovernor.json' with { type: 'json' };
import keyfallToken from '../../contracts/abi/KeyfallToken.json' with { type: 'json' };
import l2Bridge from '../../contracts/abi/L2Bridge.json' with { type: 'json' };
import lanes from '../../contracts/abi/Lanes.json' with { type: 'json' };
import lifecycle from '../../contracts/abi/Lifecycle.json' with { type: 'json' };
import maturity from '../../contracts/abi/Maturity.json' with { type: 'json' };
import messagePasser from '../../contracts/abi/MessagePasser.json' with { type: 'json' };
import poolResolver from '../../contracts/abi/PoolResolver.json' with { type: 'json' };
import operatorSeat from '../../contracts/abi/OperatorSeat.json' with { type: 'json' };
import rollup from '../../contracts/abi/Rollup.json' with { type: 'json' };
import securityCouncil from '../../contracts/abi/SecurityCouncil.json' with { type: 'json' };
import upgradeTimelock from '../../contracts/abi/UpgradeTimelock.json' with { type: 'json' };
import vault from '../../contracts/abi/Vault.json' with { type: 'json' };

export const ABIS = {
  BridgedERC1155: bridgedErc1155 as unknown as Abi,
  BridgedERC20: bridgedErc20 as unknown as Abi,
  BridgedERC721: bridgedErc721 as unknown as Abi,
  Clock: clock as unknown as Abi,
  EscapeHatch: escapeHatch as unknown as Abi,
  ExitRegistry: exitRegistry as unknown as Abi,
  Inbox: inbox as unknown as Abi,
  KeyfallGovernor: governor as unknown as Abi,
  KeyfallToken: keyfallToken as unknown as Abi,
  L2Bridge: l2Bridge as unknown as Abi,
  Lanes: lanes as unknown as Abi,
  Lifecycle: lifecycle as unknown as Abi,
  Maturity: maturity as unknown as Abi,
  MessagePasser: messagePasser as unknown as Abi,
  PoolResolver: poolResolver as unknown as Abi,
  OperatorSeat: operatorSeat as unknown as Abi,
  Rollup: rollup as unknown as Abi,
  SecurityCouncil: securityCouncil as unknown as Abi,
  UpgradeTimelock: upgradeTimelock as unknown as Abi,
  Vault: vault as unknown as Abi,
} as const;

export type ContractName = keyof typeof ABIS;
