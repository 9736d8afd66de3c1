// One sentence per function that the page sends or is asked to show. Owns the wording; that the bytes are really that call is decode.ts.
// A function that is not here has no description, and signing it needs typed words.
// Invariant: a sentence names every amount, every receiver and whatever cannot be taken back.

import { formatEther } from 'viem';
import { ASSET_KINDS } from '@keyfall/protocol/withdrawal.ts';
import { CHOICES } from './governor.ts';
import { upgradeWords } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

type Args = readonly unknown[];
interface AssetArgs { readonly kind: number; readonly token: string; readonly id: bigint }
interface WithdrawalArgs { readonly assetKind: number; readonly token: string; readonly id: bigint; readonly amount: bigint; readonly recipient: string }
interface ClaimantArgs { readonly owner: string; readonly to: string; readonly entitlement: number }
interface HoldingArgs { readonly asset: AssetArgs; readonly isUncredited: boolean }

const ZERO_ADDRESS = `0x${'0'.repeat(40)}`;
const FREEZE_CAUSES = ['no final batch for too long', 'messages were skipped', 'a dispute that nobody resolved', 'no lane that may finalize'];

const eth = (wei: unknown): string => `${formatEther(wei as bigint)} ETH`;
const isZero = (address: string): boolean => address.toLowerCase() === ZERO_ADDRESS;

/** "ETH", "ERC-20 0x…", "ERC-721 0x… number 7". */
export function assetWords({ kind, token, id }: AssetArgs): string {
  if (kind === ASSET_KINDS.eth) return 'ETH';
  if (kind === ASSET_KINDS.erc20) return `ERC-20 ${token}`;
  return `${kind === ASSET_KINDS.erc721 ? 'ERC-721' : 'ERC-1155'} ${token} number ${id}`;
}

export function amountWords(asset: AssetArgs, amount: bigint): string {
  if (asset.kind === ASSET_KINDS.eth) return eth(amount);
  return asset.kind === ASSET_KINDS.erc721 ? assetWords(asset) : `${amount} units of ${assetWords(asset)}`;
}

function bridged(kind: unknown, token: unknown, id: unknown, amount: unknown): string {
  return amountWords({ kind: kind as number, token: String(token), id: id as bigint }, amount as bigint);
}

const deposited = (what: string, to: unknown, paid: bigint): string => `Put ${what} into the Vault's escrow and have it credited to ${String(to)} on L2. The Inbox's price is part of the ${eth(paid)} you pay; change comes back.`;

export const SENTENCES: Readonly<Record<string, (args: Args, valueWei: bigint) => string>> = {
  'Inbox.sendCall': ([to, mint, value, gas], paid) => `Send a message to L2 that nobody can refuse: bring ${eth(mint)} from L1, then call ${String(to)} there with ${eth(value)} and ${String(gas)} gas. You pay ${eth(paid)} now; what the message does not need comes back in the same transaction.`,
  'Inbox.sendSigned': ([gas, _surcharge, raw], paid) => `Send a transaction that was signed for L2 (${(String(raw).length - 2) / 2} bytes) past any sequencer, with ${String(gas)} gas prepaid. It is dropped, its nonce unused, if it is invalid when its turn comes or its surcharge is above what is prepaid. You pay ${eth(paid)} now; what the message does not need comes back in the same transaction.`,
  'MessagePasser.withdrawEth': ([recipient], paid) => `Burn ${eth(paid)} on L2, to be paid to ${String(recipient)} on L1 once a final batch contains it and the claim is made.`,
  'L2Bridge.withdraw': ([kind, token, id, amount, recipient]) => `Burn ${bridged(kind, token, id, amount)} on L2, to be paid to ${String(recipient)} on L1 once a final batch contains it and the claim is made.`,
  'L2Bridge.claim': ([kind, token, id, account]) => `Have the bridge credit ${String(account)} with its waiting deposit of ${assetWords({ kind: kind as number, token: String(token), id: id as bigint })}. Anyone may.`,
  'ExitRegistry.setRecipient': ([recipient]) => `Declare that frozen exits of your L2 account are paid to ${String(recipient)} on L1.`,
  'BridgedERC20.approve': ([spender, amount]) => `Allow ${String(spender)} to take up to ${String(amount)} units of your tokens of this contract, which you named: this page knows nothing else about it.`,
  'BridgedERC1155.setApprovalForAll': ([operator, isAllowed]) => (isAllowed === true ? `Allow ${String(operator)} to take ANY of your tokens of this contract, which you named, until you take that back: this page knows nothing else about it.` : `Take back what you allowed ${String(operator)}: it can no longer take your tokens of this contract.`),
  'BridgedERC721.approve': ([spender, id]) => `Allow ${String(spender)} to take number ${String(id)} of your tokens of this contract, which you named: this page knows nothing else about it.`,
  'Vault.depositERC20': ([token, to, amount], paid) => deposited(amountWords({ kind: ASSET_KINDS.erc20, token: String(token), id: 0n }, amount as bigint), to, paid),
  'Vault.depositERC721': ([token, to, id], paid) => deposited(assetWords({ kind: ASSET_KINDS.erc721, token: String(token), id: id as bigint }), to, paid),
  'Vault.depositERC1155': ([token, to, id, amount], paid) => deposited(amountWords({ kind: ASSET_KINDS.erc1155, token: String(token), id: id as bigint }, amount as bigint), to, paid),
  'Vault.withdraw': ([batchIndex, withdrawal]) => {
    const { recipient, amount, assetKind: kind, token, id } = withdrawal as WithdrawalArgs;
    return `Claim a withdrawal of ${amountWords({ kind, token, id }, amount)} proven under batch ${String(batchIndex)}. Only ${recipient} is paid, whoever sends this.`;
  },
  'Vault.claim': ([asset, to]) => `Pay your credit of ${assetWords(asset as AssetArgs)} in the Vault to ${String(to)}.`,
  'Vault.claimFor': ([owner, asset]) => `Pay the Vault's credit of ${assetWords(asset as AssetArgs)} to its owner ${String(owner)}. Anyone may.`,
  'Vault.claimBySignature': ([owner, asset, to]) => `Pay the Vault's credit of ${assetWords(asset as AssetArgs)} that ${String(owner)} has to ${String(to)}, as ${String(owner)} signed. Anyone may.`,
  'KeyfallGovernor.castVote': ([id, support]) => `Vote ${(CHOICES[support as number] ?? 'UNKNOWN').toUpperCase()} on proposal ${String(id)}, with the votes you had at its snapshot. It cannot be changed.`,
  'KeyfallGovernor.castVoteBySig': ([id, support, voter]) => `Bring in the ballot that ${String(voter)} signed: ${(CHOICES[support as number] ?? 'UNKNOWN').toUpperCase()} on proposal ${String(id)}. Anyone may; only the signer's votes count.`,
  'KeyfallGovernor.cancel': () => 'Withdraw your own proposal, before its vote has begun.',
  'KeyfallToken.delegate': ([delegate]) => `Let ${String(delegate)} vote with all your tokens, from the next snapshot on. Your tokens stay yours, and you can change it at any time.`,
  'UpgradeTimelock.schedule': ([upgrade]) => `schedule this upgrade: ${upgradeWords(upgrade as Upgrade)}`,
  'UpgradeTimelock.execute': ([upgrade]) => `Carry out an upgrade whose delay has passed: ${upgradeWords(upgrade as Upgrade)} Anyone may; it fails while exits go first.`,
  'UpgradeTimelock.extend': ([id]) => `Keep upgrade ${String(id)} executable for some days more, because exits go first. Anyone may.`,
  'SecurityCouncil.challenge': ([member]) => `Ask council member ${String(member)} for a sign of life. Anyone may.`,
  'SecurityCouncil.respond': () => 'Say that you, a challenged member of the council, are alive.',
  'SecurityCouncil.respondBySignature': ([member]) => `Bring in the sign of life that ${String(member)}, a challenged member of the council, has signed. Anyone may.`,
  'SecurityCouncil.removeSilent': ([member]) => `Remove ${String(member)} from the council because it did not answer a challenge in time. Anyone may; signatures collected so far become void, and M stays as it is.`,
  'SecurityCouncil.veto': ([upgrade]) => `End an upgrade for good, by the signatures given: ${upgradeWords(upgrade as Upgrade)}`,
  'SecurityCouncil.expedite': ([upgrade]) => `CARRY OUT EARLY, without the time to leave, by the signatures given: ${upgradeWords(upgrade as Upgrade)}`,
  'SecurityCouncil.pause': () => 'Pause finality by the signatures given. Inbox and exits go on; it ends by itself.',
  'SecurityCouncil.resolve': ([disputeId, lane]) => `End dispute ${String(disputeId)} by switching the lane ${String(lane)} off for ever, by the signatures given.`,
  'Maturity.observe': () => 'Let the maturity contract look at the chain. Anyone may.',
  'Maturity.advance': ([lane]) => `Enter the next stage of maturity, with zk lane ${String(lane)} as the one of the needed age. It cannot be taken back.`,
  'Rollup.finalize': ([upTo]) => `Make batches final up to batch ${String(upTo)}. Anyone may; it fails if the policy is not met.`,
  'Rollup.drop': ([from]) => `Drop batch ${String(from)} and all after it because no proof came in time. Anyone may; it fails if one did.`,
  'Lifecycle.enterEnforced': ([first]) => `End the operator's monopoly: from now on anyone commits and proves.${first === 0n ? '' : ` Batch ${String(first)} and all after it, which nobody proved, fall.`} Anyone may; it fails if nothing is late.`,
  'Lifecycle.requestReturn': () => 'Ask for the way back to Operating, in which you, the seated operator, alone commit. Nobody is barred before everything that waits now is settled.',
  'Lifecycle.announceSkip': () => 'Announce that messages which nobody proves will be skipped and refunded on L1. Anyone may; a proof cancels it.',
  'Lifecycle.takeSkip': () => 'Skip the announced messages at the head of the queue; what they carried is refunded on L1. Anyone may.',
  'Lifecycle.returnToOperating': () => 'Give the chain back to its operator, because everything that waited is settled. Anyone may; it fails if it is not.',
  'Lifecycle.freeze': ([cause]) => `Freeze the chain FOR EVER on its last final state, because of this: ${FREEZE_CAUSES[cause as number] ?? 'a cause this page does not know'}. Anyone may; it fails if the cause does not hold. Everyone is paid out from then on.`,
  'EscapeHatch.exit': ([claimant, holdings]) => {
    const { owner, to } = claimant as ClaimantArgs;
    const what = (holdings as readonly HoldingArgs[]).map(({ asset, isUncredited }) => `${assetWords(asset)}${isUncredited ? ' (a deposit that L2 could not credit)' : ''}`).join(', ');
    return `Pay out of the frozen chain what ${owner} held there: ${what}. ${isZero(to) ? 'Only who is entitled to it is paid, whoever sends this' : `It is paid to ${to}, by the will of who is entitled to it`}.`;
  },
  'EscapeHatch.fixRatio': ([asset]) => `Fix, once and for everyone, what part of its claims ${assetWords(asset as AssetArgs)} can pay.`,
  'EscapeHatch.refund': ([index, _message, to]) => `Pay back the deposit of message ${String(index)}, which L2 will never execute, ${isZero(String(to)) ? 'to who made it' : `to ${String(to)}`}.`,
  'EscapeHatch.countSkipped': ([asset]) => `Count the deposits of ${assetWords(asset as AssetArgs)} among the skipped messages.`,
  'EscapeHatch.proveStorageRoot': ([account]) => `Prove the storage root of ${String(account)} in the pinned state, once for everyone.`,
  'PoolResolver.collect': ([claimant, holdings]) => `Have the resolver of the pool ${(claimant as ClaimantArgs).owner} take out of the frozen chain what the pool held there: ${(holdings as readonly HoldingArgs[]).map(({ asset }) => assetWords(asset)).join(', ')}. Once, for everyone who has a share.`,
  'PoolResolver.proveSupply': () => 'Prove to the pool\'s resolver how many shares there are, once for everyone.',
  'PoolResolver.redeem': ([claimant, assets]) => {
    const { owner, to } = claimant as ClaimantArgs;
    return `Pay the share of ${owner} in what the pool held: ${(assets as readonly AssetArgs[]).map(assetWords).join(', ')}. ${isZero(to) ? 'Only who is entitled to it is paid, whoever sends this' : `It is paid to ${to}, by the will of who is entitled to it`}.`;
  },
  'EscapeHatch.revokeRedirects': () => 'Void every redirection you have signed so far.',
};
