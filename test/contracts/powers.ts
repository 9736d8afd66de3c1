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

interface Path {
  /** Contract and function. */
  readonly call: string;
  readonly changes: string;
  /** T from the moment at which everyone can see it coming to the change. */
  readonly least: string;
  /** The test that measures `least`. */
  readonly measuredBy: string;
}

const KINDS = 'test_EveryPath_TakesExactlyItsDelay';
const KEYS = 'test_Keys_OnlyTheColdKeyAndTheAuthority';

/** Every function by which code, keys or parameters of a running chain change. What the timelock alone may call has the delay of its kind. */
export const PATHS: readonly Path[] = [
  { call: 'UpgradeTimelock.execute', changes: 'whatever an upgrade says', least: '48 d; the operator 7 d', measuredBy: KINDS },
  { call: 'UpgradeTimelock.expedite', changes: 'code, lanes, specs, fees in Training; one zk lane in Mature', least: '0 in Training; 7 d in Mature', measuredBy: KINDS },
  { call: 'SecurityCouncil.expedite', changes: 'the same', least: 'the same', measuredBy: KINDS },
  { call: 'Rollup.upgradeToAndCall', changes: 'code', least: 'of its kind; never from Mature on', measuredBy: KINDS },
  { call: 'Rollup.setFeeConfig', changes: 'fee scalars, bounded', least: 'of its kind', measuredBy: KINDS },
  { call: 'Rollup.initialize', changes: 'the first state', least: 'never again', measuredBy: 'test_Upgrade_OnlyByItsAuthority' },
  { call: 'Lanes.registerLane', changes: 'lanes', least: 'of its kind', measuredBy: KINDS },
  { call: 'Lanes.switchLane', changes: 'lanes', least: 'of its kind', measuredBy: KINDS },
  { call: 'Lanes.addSpec', changes: 'specs', least: 'of its kind, and 7 d more', measuredBy: KINDS },
  { call: 'OperatorSeat.replace', changes: 'both keys of the operator', least: '7 d', measuredBy: KINDS },
  { call: 'SecurityCouncil.setMembers', changes: 'the council', least: '48 d', measuredBy: KINDS },
  { call: 'OperatorSeat.rotateOperator', changes: 'hot key, by the cold one', least: '0', measuredBy: KEYS },
  { call: 'OperatorSeat.setColdKey', changes: 'cold key, by itself', least: '0', measuredBy: KEYS },
  { call: 'OperatorSeat.settleAuction', changes: 'both keys of the operator', least: '30 d Enforced, or Ossified; then 7 d from the first bid', measuredBy: 'test_Auction_FromFirstBidToSeat' },
  { call: 'SecurityCouncil.removeSilent', changes: 'one member less', least: '30 d', measuredBy: 'test_Silence_IsRemovedAfter30Days_AndNeverLowersM' },
  { call: 'SecurityCouncil.resolve', changes: 'one lane of a dispute off', least: '0', measuredBy: 'test_Disputes_OfTwoZkLanes' },
  { call: 'Lanes.resolve', changes: 'the same', least: 'the same', measuredBy: 'test_Disputes_OfTwoZkLanes' },
  { call: 'Lanes.recordStatement', changes: 'a lane that contradicted itself off, with those built on it', least: '0, by proof', measuredBy: 'test_Record_ContradictionTakesEverythingAboveAndPaysTheSecond' },
  { call: 'Maturity.advance', changes: 'the stage, upwards', least: 'as long as its requirement takes; Ossified 60 d after its notice', measuredBy: 'test_Ossified_AfterNotice' },
];

/** Powers that change none of these: they move what is in flight, say yes or no to others, or do nothing for anyone. */
export const NO_PATHS: readonly string[] = [
  'Clock.start', 'Clock.end', 'Inbox.moveEscrow', 'Rollup.commit', 'Lanes.openDispute', 'Lifecycle.requestReturn', 'Vault.release', 'Vault.receiveEscrow', 'Vault.pushERC20',
  'KeyfallGovernor.relay', 'KeyfallGovernor.setLateQuorumVoteExtension', 'UpgradeTimelock.schedule', 'UpgradeTimelock.veto', 'Bounty.pay',
];
