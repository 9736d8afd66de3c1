// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the Vault: deposits, proofs, payouts and credits over tokens that behave and tokens that do not.

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IL2Bridge, TokenDeposit} from "../src/interfaces/IL2Bridge.sol";
import {Asset, IVault, Withdrawal} from "../src/interfaces/IVault.sol";
import {AssetTransfers} from "../src/libraries/AssetTransfers.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Withdrawing} from "./support/Withdrawing.sol";
import {TinyTrie} from "./support/TinyTrie.sol";
import "./support/Tokens.sol";
import {Vm} from "./support/Vm.sol";

/// @dev P-040 recorded escrow; P-041 deposits by balance; P-042 one withdrawal is paid once; P-043 proofs; P-044 payouts scale;
/// P-045 failed payments become credits; P-046 hostile tokens harm themselves; P-047 only the hatch releases; P-048 checkpoints.
contract VaultTest is Withdrawing {
    address private constant BOB = address(0xb0b);
    uint256 private constant KEY = uint256(keccak256("owner"));

    PlainToken private token;
    function setUp() public {
        deploySystem(1, false, true);
        token = new PlainToken();
        vm.deal(ALICE, 10_000 ether);
    }

    receive() external payable {}

    function erc20(address at) private pure returns (Asset memory) {
        return Asset(Constants.ASSET_ERC20, at, 0);
    }

    function eth() private pure returns (Asset memory) {
        return Asset(Constants.ASSET_ETH, address(0), 0);
    }

    function depositOf(PlainToken which, uint256 amount) private returns (uint64 index) {
        which.mint(ALICE, amount);
        vm.startPrank(ALICE);
        which.approve(address(vault), amount);
        index = vault.depositERC20{value: 1 ether}(address(which), BOB, amount);
        vm.stopPrank();
    }

    /// P-041 P-048: the message asks the bridge for exactly what arrived.
    function testFuzz_DepositERC20_CreditsWhatArrived(uint128 amount, uint8 percent) public {
        amount = uint128(bound(amount, 1_000, type(uint128).max));
        FeeToken fee = new FeeToken();
        fee.setPercent(bound(percent, 0, 99));
        uint256 received = amount - uint256(amount) * fee.percent() / 100;
        vm.recordLogs();
        uint64 index = depositOf(fee, amount);
        assertEq(vault.recordedEscrow(erc20(address(fee))), received, "recorded");
        assertEq(fee.balanceOf(address(vault)), received, "held");
        bytes memory expected = abi.encodePacked(
            uint8(1), uint8(1), Constants.VAULT_SENDER, Constants.L2_BRIDGE, uint256(0), uint256(0),
            uint64(Constants.BRIDGE_MESSAGE_GAS), uint64(Constants.BRIDGE_MESSAGE_SURCHARGE), uint64(timestamp()),
            abi.encodeCall(
                IL2Bridge.receiveDeposit,
                (
                    TokenDeposit(
                        1, address(fee), 0, received, ALICE, BOB, "A token whose name is longer tha", "PLAIN", 18
                    )
                )
            )
        );
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool isFound = false;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(inbox)) continue;
            (, bytes memory message) = abi.decode(logs[i].data, (bytes32, bytes));
            assertEq(keccak256(message), keccak256(expected), "message");
            isFound = true;
        }
        assertTrue(isFound, "a message was sent");
        assertEq(vault.depositedBefore(erc20(address(fee)), index), 0, "before it");
        assertEq(vault.depositedBefore(erc20(address(fee)), index + 1), received, "with it");
    }

    /// P-040 P-041
    function test_Deposit_RefusesWhatItCannotTake() public {
        vm.expectRevert(abi.encodeWithSelector(IVault.ZeroAmount.selector));
        vault.depositERC20{value: 1 ether}(address(token), BOB, 0);
        vm.expectRevert(abi.encodeWithSelector(IVault.ZeroRecipient.selector));
        vault.depositERC20{value: 1 ether}(address(token), address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.TokenWithoutCode.selector, BOB));
        vault.depositERC20{value: 1 ether}(BOB, BOB, 1);
        token.mint(address(this), 10);
        token.approve(address(vault), 10);
        uint256 cost = inbox.price(uint64(Constants.BRIDGE_MESSAGE_GAS + Constants.BRIDGE_MESSAGE_SURCHARGE));
        vm.expectRevert(abi.encodeWithSelector(IVault.Underpaid.selector, cost - 1, cost));
        vault.depositERC20{value: cost - 1}(address(token), BOB, 10);
        uint256 before = address(this).balance;
        vault.depositERC20{value: cost + 5}(address(token), BOB, 10);
        assertEq(before - address(this).balance, cost, "change came back");
        FeeToken all = new FeeToken();
        all.setPercent(100);
        all.mint(address(this), 10);
        all.approve(address(vault), 10);
        vm.expectRevert(abi.encodeWithSelector(AssetTransfers.NothingReceived.selector, address(all)));
        vault.depositERC20{value: 1 ether}(address(all), BOB, 10);
        ListToken liar = new ListToken();
        liar.setLying(true);
        vm.expectRevert();
        vault.depositERC20{value: 1 ether}(address(liar), BOB, 10);
        token.mint(address(this), type(uint208).max - 20);
        token.approve(address(vault), type(uint256).max);
        vault.depositERC20{value: 1 ether}(address(token), BOB, type(uint208).max - 20);
        token.mint(address(this), 11);
        vm.expectRevert();
        vault.depositERC20{value: 1 ether}(address(token), BOB, 11);
    }

    /// P-041: old and talkative tokens are bridged, with bounded metadata.
    function test_Deposit_OddMetadata() public {
        SilentToken silent = new SilentToken();
        silent.mint(address(this), 5);
        vault.depositERC20{value: 1 ether}(address(silent), BOB, 5);
        assertEq(vault.recordedEscrow(erc20(address(silent))), 5, "silent");
        RebasingToken bare = new RebasingToken();
        bare.mint(address(this), 5);
        bare.approve(address(vault), 5);
        vault.depositERC20{value: 1 ether}(address(bare), BOB, 5);
        assertEq(vault.recordedEscrow(erc20(address(bare))), 5, "without metadata");
        FloodToken flood = new FloodToken();
        vm.expectRevert();
        vault.depositERC20{value: 1 ether}(address(flood), BOB, 5);
    }

    /// P-041 P-042: NFTs and multi-tokens go in and out.
    function test_ERC721AndERC1155_RoundTrip() public {
        PlainNft nft = new PlainNft();
        nft.mint(ALICE, 7);
        vm.startPrank(ALICE);
        nft.approve(address(vault), 7);
        vault.depositERC721{value: 1 ether}(address(nft), BOB, 7);
        vm.stopPrank();
        Asset memory asset = Asset(Constants.ASSET_ERC721, address(nft), 7);
        assertEq(vault.recordedEscrow(asset), 1, "recorded nft");
        settle(withdrawalOf(asset, 1, BOB));
        assertEq(nft.ownerOf(7), BOB, "paid nft");
        assertEq(vault.recordedEscrow(asset), 0, "nothing left");
        PlainMulti multi = new PlainMulti();
        multi.mint(address(0xa11ce), 3, 100);
        vm.startPrank(ALICE);
        multi.setApprovalForAll(address(vault), true);
        vault.depositERC1155{value: 1 ether}(address(multi), BOB, 3, 60);
        vm.expectRevert();
        multi.safeTransferFrom(ALICE, address(vault), 3, 1, "");
        uint256[] memory list = new uint256[](1);
        vm.expectRevert();
        multi.safeBatchTransferFrom(ALICE, address(vault), list, list, "");
        vm.stopPrank();
        asset = Asset(Constants.ASSET_ERC1155, address(multi), 3);
        assertEq(vault.recordedEscrow(asset), 60, "recorded multi");
        settle(withdrawalOf(asset, 25, BOB));
        assertEq(multi.balanceOf(BOB, 3), 25, "paid multi");
        assertEq(vault.recordedEscrow(asset), 35, "rest");
    }

    /// P-040 P-042: ETH lies in the Inbox until a payment needs it.
    function test_Eth_RoundTrip() public {
        depositEth(10 ether);
        assertEq(vault.heldEscrow(eth()), 10 ether, "held");
        Withdrawal memory withdrawal = withdrawalOf(eth(), 4 ether, BOB);
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        vault.withdraw(index, withdrawal, accountProof, storageProof);
        assertEq(BOB.balance, 4 ether, "paid");
        assertEq(vault.recordedEscrow(eth()), 6 ether, "recorded");
        assertEq(address(vault).balance, 6 ether, "moved");
        vm.expectRevert(abi.encodeWithSelector(IVault.AlreadyWithdrawn.selector, keccak256(abi.encode(withdrawal))));
        vault.withdraw(index, withdrawal, accountProof, storageProof);
        Withdrawal memory tooMuch = withdrawalOf(eth(), 6 ether + 1, BOB);
        (index, accountProof, storageProof) = prove(tooMuch);
        vm.expectRevert(
            abi.encodeWithSelector(IVault.EscrowExceeded.selector, vault.assetKey(eth()), 6 ether + 1, 6 ether)
        );
        vault.withdraw(index, tooMuch, accountProof, storageProof);
    }

    /// P-043: any field of the withdrawal changed, another root, another slot, another value.
    function testFuzz_Withdraw_RevertWhen_AnythingDiffers(uint256 seed) public {
        depositOf(token, 100);
        Withdrawal memory good = withdrawalOf(erc20(address(token)), 10, BOB);
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(good);
        Withdrawal memory bad = Withdrawal(good.nonce, good.assetKind, good.token, good.id, good.amount, good.from, good.recipient);
        uint256 field = seed % 7;
        if (field == 0) bad.nonce ^= 1 + seed % 5;
        if (field == 1) bad.assetKind ^= 1;
        if (field == 2) bad.token = address(this);
        if (field == 3) bad.id ^= 1 + seed % 5;
        if (field == 4) bad.amount ^= 1 + seed % 5;
        if (field == 5) bad.from = BOB;
        if (field == 6) bad.recipient = ALICE;
        vm.expectRevert();
        vault.withdraw(index, bad, accountProof, storageProof);
        bytes memory node = seed % 2 == 0 ? accountProof[0] : storageProof[0];
        uint256 position = (seed >> 16) % node.length;
        uint8 flip = uint8(1 << ((seed >> 8) % 8));
        node[position] = bytes1(uint8(node[position]) ^ flip);
        vm.expectRevert();
        vault.withdraw(index, good, accountProof, storageProof);
        node[position] = bytes1(uint8(node[position]) ^ flip);
        vault.withdraw(index, good, accountProof, storageProof);
        assertEq(token.balanceOf(BOB), 10, "the untouched proof pays");
    }

    /// P-043: the storage root is proven once per root; without it a proof is needed; a value other than 1 is no withdrawal.
    function test_StorageRoot_IsCachedAndNeeded() public {
        depositOf(token, 100);
        Withdrawal memory withdrawal = withdrawalOf(erc20(address(token)), 10, BOB);
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        bytes32 root = rollup.stateRootOf(index);
        vm.expectRevert(abi.encodeWithSelector(IVault.AccountProofMissing.selector, root));
        vault.withdraw(index, withdrawal, new bytes[](0), storageProof);
        vault.proveStorageRoot(index, accountProof);
        assertEq(vault.storageRootOf(root), keccak256(storageProof[0]), "cached");
        vault.withdraw(index, withdrawal, new bytes[](0), storageProof);
        Withdrawal memory other = withdrawalOf(erc20(address(token)), 10, BOB);
        bytes32 hash = keccak256(abi.encode(other));
        for (uint256 value = 2; value < 600; value += 254) {
            (bytes32 storageRoot, bytes[] memory proof) =
                TinyTrie.storageOf(keccak256(abi.encode(hash, uint256(0))), value);
            bytes32 stateRoot;
            (stateRoot, accountProof) = TinyTrie.stateOf(Constants.MESSAGE_PASSER, storageRoot);
            index = finalizeRoot(stateRoot, rollup.settledIndex());
            skip(1);
            vm.expectRevert(abi.encodeWithSelector(IVault.NotSent.selector, hash));
            vault.withdraw(index, other, accountProof, proof);
        }
        (bytes32 elsewhere, bytes[] memory elsewhereProof) = TinyTrie.storageOf(keccak256(abi.encode(hash, uint256(1))), 1);
        (bytes32 rootElsewhere, bytes[] memory accountElsewhere) = TinyTrie.stateOf(Constants.MESSAGE_PASSER, elsewhere);
        index = finalizeRoot(rootElsewhere, rollup.settledIndex());
        vm.expectRevert();
        vault.withdraw(index, other, accountElsewhere, elsewhereProof);
    }

    /// P-043: another account's storage is not the MessagePasser's.
    function test_StorageRoot_OfAnotherAccountIsRefused() public {
        Withdrawal memory withdrawal = withdrawalOf(erc20(address(token)), 10, BOB);
        (bytes32 storageRoot,) = TinyTrie.storageOf(keccak256(abi.encode(keccak256(abi.encode(withdrawal)), uint256(0))), 1);
        (bytes32 root, bytes[] memory proof) = TinyTrie.stateOf(ALICE, storageRoot);
        uint64 index = finalizeRoot(root, 0);
        vm.expectRevert();
        vault.proveStorageRoot(index, proof);
    }

    /// P-044: what is held is shared by what is recorded, whoever comes first; a recovery pays the later in full.
    function testFuzz_Payouts_ScaleByWhatIsHeld(uint256 factor, uint64 first) public {
        factor = bound(factor, 1e15, 2e18);
        RebasingToken rebasing = new RebasingToken();
        rebasing.mint(ALICE, 1e18);
        vm.startPrank(ALICE);
        rebasing.approve(address(vault), 1e18);
        vault.depositERC20{value: 1 ether}(address(rebasing), BOB, 1e18);
        vm.stopPrank();
        uint256 amount = bound(first, 1e6, 1e18 - 1e6);
        rebasing.rebase(factor);
        settle(withdrawalOf(erc20(address(rebasing)), amount, BOB));
        uint256 expected = factor < 1e18 ? amount * factor / 1e18 : amount;
        uint256 paid = rebasing.balanceOf(BOB);
        assertLe(paid, expected + 1, "no more than the share");
        assertTrue(paid + 2 >= expected, "no less, but for rounding");
        assertEq(vault.recordedEscrow(erc20(address(rebasing))), 1e18 - amount, "the claim is settled");
        settle(withdrawalOf(erc20(address(rebasing)), 1e18 - amount, ALICE));
        uint256 rest = 1e18 - amount;
        uint256 second = rebasing.balanceOf(ALICE);
        uint256 share = factor < 1e18 ? rest * factor / 1e18 : rest;
        assertTrue(second + 3000 >= share, "the second is not worse off");
    }

    /// P-044: a claim is not settled by nothing.
    function test_Payout_OfNothingStaysACredit() public {
        RebasingToken rebasing = new RebasingToken();
        rebasing.mint(ALICE, 100);
        vm.startPrank(ALICE);
        rebasing.approve(address(vault), 100);
        vault.depositERC20{value: 1 ether}(address(rebasing), BOB, 100);
        vm.stopPrank();
        rebasing.rebase(0);
        settle(withdrawalOf(erc20(address(rebasing)), 40, BOB));
        assertEq(vault.creditOf(BOB, erc20(address(rebasing))), 40, "credit");
        assertEq(vault.recordedEscrow(erc20(address(rebasing))), 100, "not paid");
        rebasing.rebase(1e18);
        vm.prank(BOB);
        vault.claim(erc20(address(rebasing)), ALICE);
        assertEq(rebasing.balanceOf(ALICE), 40, "paid when it came back");
        assertEq(vault.recordedEscrow(erc20(address(rebasing))), 60, "and recorded");
    }

    /// P-045: a blocked recipient redirects, by itself or by a signature that works once, in time, for its owner.
    function test_Credit_RedirectsByCallAndBySignature() public {
        ListToken list = new ListToken();
        depositOf(list, 100);
        address owner = vm.addr(KEY);
        list.setBlocked(owner, true);
        settle(withdrawalOf(erc20(address(list)), 10, owner));
        assertEq(vault.creditOf(owner, erc20(address(list))), 10, "credit");
        assertEq(vault.recordedEscrow(erc20(address(list))), 100, "an exit counts only when paid");
        bytes32 key = vault.assetKey(erc20(address(list)));
        vm.expectRevert(abi.encodeWithSelector(IVault.PaymentFailed.selector, key, owner, 10));
        vm.prank(owner);
        vault.claim(erc20(address(list)), owner);
        uint256 deadline = timestamp() + 100;
        bytes memory signature = signRedirect(key, BOB, 0, deadline);
        vm.expectRevert(abi.encodeWithSelector(IVault.SignatureInvalid.selector, owner));
        vault.claimBySignature(owner, erc20(address(list)), ALICE, deadline, signature);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.SignatureExpired.selector, deadline, deadline + 1));
        vault.claimBySignature(owner, erc20(address(list)), BOB, deadline, signature);
        vm.warp(deadline);
        vault.claimBySignature(owner, erc20(address(list)), BOB, deadline, signature);
        assertEq(list.balanceOf(BOB), 10, "redirected");
        assertEq(vault.recordedEscrow(erc20(address(list))), 90, "paid");
        settle(withdrawalOf(erc20(address(list)), 5, owner));
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IVault.SignatureInvalid.selector, owner));
        vault.claimBySignature(owner, erc20(address(list)), BOB, deadline, signature);
        vm.prank(owner);
        vault.claim(erc20(address(list)), BOB);
        assertEq(list.balanceOf(BOB), 15, "and by call");
        vm.expectRevert(abi.encodeWithSelector(IVault.NoCredit.selector, owner, key));
        vm.prank(owner);
        vault.claim(erc20(address(list)), BOB);
    }

    function signRedirect(bytes32 key, address to, uint256 redirectNonce, uint256 deadline)
        private
        view
        returns (bytes memory)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Keyfall Vault"),
                keccak256("1"),
                block.chainid,
                address(vault)
            )
        );
        bytes32 typeHash = keccak256("Redirect(address owner,bytes32 assetKey,address to,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, vm.addr(KEY), key, to, redirectNonce, deadline));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    /// P-045: receivers that refuse, or burn all gas, hold nobody up; a relayer cannot starve a payment into a credit.
    function test_Push_RefusingReceiversAndStarvingRelayers() public {
        depositEth(10 ether);
        address refuser = address(new Refuser());
        settle(withdrawalOf(eth(), 1 ether, refuser));
        assertEq(vault.creditOf(refuser, eth()), 1 ether, "credit");
        vm.prank(refuser);
        vault.claim(eth(), BOB);
        assertEq(BOB.balance, 1 ether, "claimed elsewhere");
        Withdrawal memory withdrawal = withdrawalOf(eth(), 1 ether, ALICE);
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        vault.proveStorageRoot(index, accountProof);
        bytes memory data = abi.encodeCall(vault.withdraw, (index, withdrawal, accountProof, storageProof));
        uint256 before = ALICE.balance;
        for (uint256 gas = 60_000; gas < 420_000; gas += 7_000) {
            (bool ok,) = address(vault).call{gas: gas}(data);
            if (!ok) continue;
            assertEq(ALICE.balance - before, 1 ether, "whatever gas sufficed, the payment was made");
            assertEq(vault.creditOf(ALICE, eth()), 0, "and no credit left");
            return;
        }
        revert ExpectedTrue("some gas suffices");
    }

    /// P-046: nothing can be done from within a token's transfer, and the deposit itself counts what arrived.
    function test_Reentry_IsRefused() public {
        ReentrantToken hostile = new ReentrantToken();
        hostile.mint(ALICE, 100);
        vm.prank(ALICE);
        hostile.approve(address(vault), 100);
        bytes[3] memory calls = [
            abi.encodeCall(vault.depositERC20, (address(hostile), BOB, 5)),
            abi.encodeCall(vault.claim, (erc20(address(hostile)), BOB)),
            abi.encodeCall(vault.withdraw, (0, withdrawalOf(eth(), 1, BOB), new bytes[](0), new bytes[](0)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.arm(address(vault), calls[i]);
            vm.prank(ALICE);
            vault.depositERC20{value: 1 ether}(address(hostile), BOB, 10);
            assertTrue(!hostile.isCallOk(), "refused");
            assertEq(
                bytes32(bytes4(hostile.answer())),
                bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
                "by the guard"
            );
        }
        assertEq(vault.recordedEscrow(erc20(address(hostile))), 30, "what arrived");
    }

    /// P-047 P-040
    function test_Release_OnlyTheHatchAndOnlyWhatIsRecorded() public {
        depositOf(token, 100);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotEscapeHatch.selector, address(this)));
        vault.release(erc20(address(token)), BOB, 1, true);
        vm.startPrank(HATCH);
        assertEq(vault.release(erc20(address(token)), BOB, 30, true), 30, "refund");
        assertEq(vault.release(erc20(address(token)), BOB, 20, false), 20, "exit");
        bytes32 key = vault.assetKey(erc20(address(token)));
        vm.expectRevert(abi.encodeWithSelector(IVault.EscrowExceeded.selector, key, 51, 50));
        vault.release(erc20(address(token)), BOB, 51, false);
        vm.stopPrank();
        IVault.Ledger memory sums = vault.ledger(erc20(address(token)));
        assertEq(sums.deposited, 100, "deposited");
        assertEq(sums.paid, 20, "paid");
        assertEq(sums.refunded, 30, "refunded");
        vm.expectRevert(abi.encodeWithSelector(IVault.NotInbox.selector, address(this)));
        vault.receiveEscrow{value: 1}();
        (bool ok,) = address(vault).call{value: 1}("");
        assertTrue(!ok, "the Vault takes no stray ETH");
    }

    /// P-042: L2's fee vault is paid to the reserve, once that exists.
    function test_FeeVault_GoesToTheReserve() public {
        depositEth(10 ether);
        Withdrawal memory withdrawal =
            Withdrawal(77, 0, address(0), 0, 2 ether, Constants.FEE_VAULT, Constants.FEE_VAULT);
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        vm.expectRevert(abi.encodeWithSelector(IVault.ReserveAbsent.selector, RESERVE));
        vault.withdraw(index, withdrawal, accountProof, storageProof);
        vm.etch(RESERVE, hex"00");
        vault.withdraw(index, withdrawal, accountProof, storageProof);
        assertEq(RESERVE.balance, 2 ether, "reserve");
    }

    function test_Withdraw_RevertWhen_BatchIsNotFinal() public {
        Withdrawal memory withdrawal = withdrawalOf(eth(), 1, BOB);
        (bytes32 root, bytes[] memory accountProof, bytes[] memory storageProof) =
            TinyTrie.withdrawalState(keccak256(abi.encode(withdrawal)));
        uint64 index = commitOn(GENESIS_HASH, 0);
        depositEth(1 ether);
        vm.expectRevert();
        vault.withdraw(index, withdrawal, accountProof, storageProof);
        assertTrue(root != bytes32(0), "root");
    }
}
