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
    answer: 'anyone', finalize: 'anyone', drop: 'anyone', commit: 'NotOperator', rotateOperator: 'NotColdKey', setColdKey: 'NotColdKey', initialize: 'InvalidInitialization',
    registerLane: 'NotUpgradeAuthority', switchLane: 'NotUpgradeAuthority', upgradeToAndCall: 'NotUpgradeAuthority',
  },
  Vault: {
    depositERC20: 'anyone', depositERC721: 'anyone', depositERC1155: 'anyone', withdraw: 'anyone', proveStorageRoot: 'anyone', claim: 'anyone', claimFor: 'anyone',
    claimBySignature: 'anyone', release: 'NotEscapeHatch', receiveEscrow: 'NotInbox',
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
