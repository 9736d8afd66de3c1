/**
 * Every function of a deployment that changes something, and who may call it. Committed: whoever adds a function says here who has the power.
 *
 * 'anyone' means that the call needs no key, only that its condition holds; otherwise the custom error that any other caller gets.
 */

/** Contract to function to the error a stranger gets, or 'anyone'. */
export const POWERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Clock: { start: 'NotAuthority', end: 'NotAuthority' },
  Inbox: { sendCall: 'anyone', sendCreate: 'anyone', sendSigned: 'anyone', sweepFees: 'anyone', moveEscrow: 'NotVault' },
  Rollup: {
    answer: 'anyone', finalize: 'anyone', drop: 'anyone', commitEnforced: 'anyone', settleSkipped: 'anyone', commit: 'NotOperator', initialize: 'InvalidInitialization',
    setFeeConfig: 'NotUpgradeAuthority', upgradeToAndCall: 'NotUpgradeAuthority',
  },
  Lanes: {
    registerLane: 'NotUpgradeAuthority', switchLane: 'NotUpgradeAuthority', addSpec: 'NotUpgradeAuthority', openDispute: 'NotRollup', resolve: 'NotSecurityCouncil', closeDisputes: 'anyone',
    recordStatement: 'anyone', payBounty: 'anyone',
  },
  // In Operating there is nothing to return from, whoever asks; in Enforced a stranger gets NotSeatedOperator.
  Lifecycle: { enterEnforced: 'anyone', announceSkip: 'anyone', takeSkip: 'anyone', requestReturn: 'UnexpectedPhase', returnToOperating: 'anyone', freeze: 'anyone' },
  OperatorSeat: {
    rotateOperator: 'NotColdKey', setColdKey: 'NotColdKey', replace: 'NotUpgradeAuthority', bid: 'anyone', forfeit: 'anyone', releaseBond: 'anyone', settleAuction: 'anyone', withdraw: 'anyone',
  },
  ProverReserve: { observe: 'anyone', pay: 'anyone', withdraw: 'anyone' },
  EscapeHatch: {
    countSkipped: 'anyone', exit: 'anyone', fixRatio: 'anyone', multicall: 'anyone', proveStorageRoot: 'anyone', refund: 'anyone', revokeRedirects: 'anyone',
  },
  Vault: {
    depositERC20: 'anyone', depositERC721: 'anyone', depositERC1155: 'anyone', withdraw: 'anyone', proveStorageRoot: 'anyone', claim: 'anyone', claimFor: 'anyone',
    claimBySignature: 'anyone', release: 'NotEscapeHatch', receiveEscrow: 'NotInbox', pushERC20: 'NotVaultItself',
  },
  AttesterLane: { submit: 'anyone' },
  KeyfallToken: { approve: 'anyone', transfer: 'anyone', transferFrom: 'anyone', permit: 'anyone', delegate: 'anyone', delegateBySig: 'anyone' },
  KeyfallGovernor: {
    propose: 'anyone', castVote: 'anyone', castVoteBySig: 'anyone', castVoteWithReason: 'anyone', castVoteWithReasonAndParams: 'anyone', castVoteWithReasonAndParamsBySig: 'anyone',
    cancel: 'anyone', execute: 'anyone', queue: 'anyone', onERC721Received: 'anyone', onERC1155Received: 'anyone', onERC1155BatchReceived: 'anyone',
    relay: 'SettingsAreFixed', setLateQuorumVoteExtension: 'SettingsAreFixed',
  },
  UpgradeTimelock: { schedule: 'NotGovernor', execute: 'anyone', extend: 'anyone', veto: 'NotCouncil', expedite: 'NotCouncil' },
  SecurityCouncil: {
    veto: 'anyone', pause: 'anyone', resolve: 'anyone', expedite: 'anyone', challenge: 'anyone', respond: 'anyone', respondBySignature: 'anyone', removeSilent: 'anyone',
    setMembers: 'NotUpgradeTimelock',
  },
  Maturity: { observe: 'anyone', advance: 'anyone' },
  Bounty: { pay: 'NotLanes', claim: 'anyone' },
  Genesis: {},
};

/** Names of functions by which contracts elsewhere say who rules them: none may exist here. */
export const OWNERSHIP = ['owner', 'pendingOwner', 'transferOwnership', 'acceptOwnership', 'renounceOwnership', 'admin', 'changeAdmin', 'getRoleAdmin', 'grantRole', 'renounceRole', 'pause', 'paused', 'mint', 'setOwner'];
