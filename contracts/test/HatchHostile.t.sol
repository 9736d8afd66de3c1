// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns attacks on the hatch: proofs of the wrong account, asset, slot or root; tokens that call back; receivers that burn gas; callers that
// hold gas back; odd tokens. Each is an attempt at a second or a stranger's payment, or at holding up somebody else's.

import {IEscapeHatch} from "../src/interfaces/IEscapeHatch.sol";
import {Asset} from "../src/interfaces/IVault.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Exiting} from "./support/Exiting.sol";
import {Burner, PlainMulti, PlainToken, RebasingToken, ReentrantToken, Refuser} from "./support/Tokens.sol";

contract HatchHostileTest is Exiting {
    address private constant BOB = address(0xb0b);
    address private constant MALLORY = address(0xbad);

    Asset private eth = Asset(Constants.ASSET_ETH, address(0), 0);
    Asset private erc20;
    Asset private other;
    Asset private multi;

    function setUp() public {
        deploySystem(1, false, true);
        deployHatch();
        vm.deal(ALICE, 1_000 ether);
        erc20 = Asset(Constants.ASSET_ERC20, deposit20(address(new PlainToken()), 1_000), 0);
        other = Asset(Constants.ASSET_ERC20, deposit20(address(new ReentrantToken()), 1_000), 0);
        multi = Asset(Constants.ASSET_ERC1155, address(new PlainMulti()), 5);
        depositEth(50 ether);
        setAccount(BOB, 10 ether, NO_CODE);
        setAccount(MALLORY, 1, NO_CODE);
        setHolding(erc20, BOB, 600);
        setHolding(other, BOB, 300);
        setHolding(other, MALLORY, 1);
        setHolding(multi, BOB, 9);
        setBurned(erc20, 0);
        setBurned(other, 5);
        setBurned(multi, 0);
    }

    receive() external payable {}

    function deposit20(address token, uint256 amount) private returns (address) {
        PlainToken(token).mint(ALICE, amount);
        vm.startPrank(ALICE);
        PlainToken(token).approve(address(vault), amount);
        vault.depositERC20{value: 1 ether}(token, ALICE, amount);
        vm.stopPrank();
        return token;
    }

    function freeze() private {
        freezeAt(inbox.count());
        fix(eth);
        fix(erc20);
        fix(other);
    }

    function refused(IEscapeHatch.Claimant memory who, IEscapeHatch.Holding memory held, string memory what) private {
        (bool ok,) = HATCH.call(abi.encodeCall(IEscapeHatch.exit, (who, one(held))));
        assertTrue(!ok, what);
    }

    /// P-201 P-204: a proof serves one owner, one asset, one slot, one root.
    function test_Proofs_OfAnythingElseAreRefused() public {
        freeze();
        IEscapeHatch.Claimant memory bobs = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        IEscapeHatch.Claimant memory mallorys = claimant(MALLORY, IEscapeHatch.Entitlement.KeyAccount);
        refused(mallorys, holding(erc20, BOB), "another owner's balance");
        mallorys.accountProof = bobs.accountProof;
        refused(mallorys, holding(eth, BOB), "another owner's account");
        IEscapeHatch.Holding memory held = holding(erc20, BOB);
        held.asset = other;
        refused(bobs, held, "another token's balance");
        held = holding(erc20, BOB);
        held.accountProof = accountProof(tokenOf(other));
        refused(bobs, held, "another token's account");
        held = holding(erc20, BOB);
        held.asset.kind = Constants.ASSET_ERC1155;
        refused(bobs, held, "another kind");
        held.asset.kind = 9;
        refused(bobs, held, "no kind");
        held = holding(erc20, BOB);
        held.asset.id = 1;
        refused(bobs, held, "another id");
        held = holding(multi, BOB);
        held.asset.id = 6;
        refused(bobs, held, "another id of the same token");
        held = holding(erc20, BOB);
        held.isUncredited = true;
        refused(bobs, held, "a balance is no claim");
        held = holding(eth, BOB);
        held.isUncredited = true;
        refused(bobs, held, "ETH has no claims");
        held = holding(erc20, BOB);
        delete held.storageProof;
        refused(bobs, held, "no proof");
        // The account of the token's implementation, not of the clone.
        held = holding(erc20, BOB);
        held.accountProof = accountProof(Constants.MESSAGE_PASSER);
        refused(bobs, held, "a predeploy's storage");
        hatch.exit(bobs, one(holding(erc20, BOB)));
    }

    /// P-202: the burned sum of another asset, or of a message, fixes nothing.
    function test_Burned_OfAnotherAssetFixesNothing() public {
        freezeAt(inbox.count());
        bytes[] memory passer = accountProof(Constants.MESSAGE_PASSER);
        bytes[] memory others = burnedProof(other);
        bytes[] memory none = new bytes[](0);
        vm.expectRevert();
        hatch.fixRatio(erc20, passer, others);
        vm.expectRevert();
        hatch.fixRatio(erc20, accountProof(Constants.L2_BRIDGE), others);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AccountProofMissing.selector, Constants.MESSAGE_PASSER));
        hatch.fixRatio(eth, none, none);
        Asset memory odd = Asset(Constants.ASSET_ERC20, erc20.token, 3);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AssetInvalid.selector, 1, erc20.token, 3));
        hatch.fixRatio(odd, passer, others);
        fix(erc20);
        assertTrue(!hatch.ratioOf(other).isFixed, "only its own");
    }

    /// P-201: a root that was final before the pinned one proves nothing.
    function test_Root_OnlyThePinnedOne() public {
        IEscapeHatch.Claimant memory early = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        IEscapeHatch.Holding memory held = holding(eth, BOB);
        setAccount(BOB, 1 ether, NO_CODE);
        freeze();
        refused(early, held, "an older state");
        relay(eth, BOB);
        assertEq(BOB.balance, 1 ether, "the pinned one");
    }

    /// P-203: what L2 holds of an asset that L1 has no deposit of has no claim, and takes from nobody's.
    function test_NoEscrow_IsNoClaim() public {
        freeze();
        fix(multi);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.EscrowEarmarked.selector, vault.assetKey(multi), 0, 9, 0));
        hatch.payoutOf(multi, 9);
        refused(claimant(BOB, IEscapeHatch.Entitlement.KeyAccount), holding(multi, BOB), "nothing was deposited");
        relay(erc20, BOB);
        assertEq(PlainToken(erc20.token).balanceOf(BOB), 600, "others are paid in full");
    }

    /// P-209: once frozen, a Rollup and Lanes that were replaced by something else change nothing.
    function test_Frozen_NothingReplaceableIsAsked() public {
        freeze();
        vm.etch(address(rollup), hex"5f5ffd");
        vm.etch(address(lanes), hex"5f5ffd");
        relay(eth, BOB);
        relay(erc20, BOB);
        assertEq(BOB.balance, 10 ether, "ETH");
        assertEq(PlainToken(erc20.token).balanceOf(BOB), 600, "tokens");
        uint64 late = inbox.count();
        inbox.sendCall{value: 2 ether}(BOB, 1 ether, 1 ether, 21_000, 0, "");
        assertTrue(hatch.isRefundable(late), "and so are refunds");
    }

    /// P-201 P-046: a token that calls back in the middle of its payment gets nothing twice.
    function test_Reentry_PaysNothingTwice() public {
        freeze();
        ReentrantToken token = ReentrantToken(other.token);
        IEscapeHatch.Claimant memory who = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        bytes memory again = abi.encodeCall(IEscapeHatch.exit, (who, one(holding(other, BOB))));
        token.arm(HATCH, again);
        hatch.exit(who, one(holding(other, BOB)));
        assertTrue(!token.isCallOk(), "refused by the guard");
        assertEq(token.balanceOf(BOB), 300, "once");
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IEscapeHatch.exit, (claimant(BOB, IEscapeHatch.Entitlement.KeyAccount), one(holding(erc20, BOB))));
        token.arm(HATCH, abi.encodeCall(IEscapeHatch.multicall, (calls, 0)));
        hatch.exit(claimant(MALLORY, IEscapeHatch.Entitlement.KeyAccount), one(holding(other, MALLORY)));
        assertTrue(!token.isCallOk() && !hatch.isExited(BOB, erc20, false), "nor by a multicall");
    }

    /// P-208: in a multicall a receiver that burns all gas, one that refuses and a proof of nothing hold up nobody.
    function test_Multicall_FailuresStayAlone() public {
        Burner burner = new Burner();
        Refuser refuser = new Refuser();
        setSlot(Constants.EXIT_REGISTRY, keccak256(abi.encode(address(0x9001), uint256(0))), uint160(address(burner)));
        setSlot(Constants.EXIT_REGISTRY, keccak256(abi.encode(address(0x9002), uint256(0))), uint160(address(refuser)));
        setAccount(address(0x9001), 1 ether, CODE);
        setAccount(address(0x9002), 1 ether, CODE);
        freeze();
        bytes[] memory calls = new bytes[](4);
        calls[0] = exitCall(address(0x9001), IEscapeHatch.Entitlement.Recipient, eth);
        calls[1] = exitCall(address(0x9002), IEscapeHatch.Entitlement.Recipient, eth);
        calls[2] = exitCall(address(0x9001), IEscapeHatch.Entitlement.KeyAccount, eth);
        calls[3] = exitCall(BOB, IEscapeHatch.Entitlement.KeyAccount, eth);
        vm.expectRevert();
        hatch.multicall{gas: 5_000_000}(calls, 0);
        hatch.multicall{gas: 5_000_000}(calls, 700_000);
        assertEq(BOB.balance, 10 ether, "paid");
        assertTrue(!hatch.isExited(address(0x9001), eth, false) && !hatch.isExited(address(0x9002), eth, false), "not paid");
        // Too little gas for one call is the caller's fault, never that call's.
        bytes[] memory last = new bytes[](1);
        last[0] = exitCall(BOB, IEscapeHatch.Entitlement.KeyAccount, erc20);
        vm.expectPartialRevert(IEscapeHatch.GasMissing.selector);
        hatch.multicall{gas: 700_000}(last, 700_000);
    }

    /// P-208: of several holdings those that can be paid are; none is skipped because the caller held gas back.
    function test_Holdings_FailuresStayAloneAndAreNeverStarved() public {
        freeze();
        IEscapeHatch.Holding[] memory held = new IEscapeHatch.Holding[](3);
        held[0] = holding(other, BOB);
        held[1] = holding(erc20, BOB);
        held[2] = holding(eth, BOB);
        // The first token's transfer reverts.
        vm.etch(other.token, hex"60006000fd");
        IEscapeHatch.Claimant memory who = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        uint256 skipped = 0;
        for (uint256 gas_ = 200_000; gas_ < 1_400_000; gas_ += 40_000) {
            (bool ok,) = HATCH.call{gas: gas_}(abi.encodeCall(IEscapeHatch.exit, (who, held)));
            if (!ok) {
                ++skipped;
                continue;
            }
            assertEq(PlainToken(erc20.token).balanceOf(BOB), 600, "paid whenever the call went through");
            assertEq(BOB.balance, 10 ether, "and so was this");
            break;
        }
        assertTrue(skipped > 2, "the walk began below what is needed");
        assertTrue(!hatch.isExited(BOB, other, false) && hatch.isExited(BOB, erc20, false), "one is left");
    }

    /// P-044 P-201: a token that lost half of what is recorded pays exits and refunds the same part, whoever comes first.
    function test_OddTokens_ScaleForEveryone() public {
        RebasingToken token = new RebasingToken();
        Asset memory asset = Asset(Constants.ASSET_ERC20, deposit20(address(token), 1_000), 0);
        setHolding(asset, BOB, 400);
        setHolding(asset, MALLORY, 600);
        setBurned(asset, 0);
        freezeAt(inbox.count());
        token.rebase(5e17);
        fix(asset);
        relay(asset, MALLORY);
        relay(asset, BOB);
        assertEq(token.balanceOf(MALLORY), 300, "first");
        assertEq(token.balanceOf(BOB), 200, "last");
    }

    /// P-200 P-201: no byte of what leads to a payment can differ.
    function testFuzz_Exit_WithAnyByteChanged(uint256 seed) public {
        freeze();
        IEscapeHatch.Claimant memory who = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        IEscapeHatch.Holding memory held = holding(erc20, BOB);
        bytes[] memory changed = seed % 3 == 0 ? who.accountProof : seed % 3 == 1 ? held.accountProof : held.storageProof;
        bytes memory node = changed[(seed >> 8) % changed.length];
        node[(seed >> 16) % node.length] ^= bytes1(uint8(1 << ((seed >> 32) % 8)));
        refused(who, held, "a changed byte");
    }

    function exitCall(address owner, IEscapeHatch.Entitlement entitlement, Asset memory asset) private view returns (bytes memory) {
        return abi.encodeCall(IEscapeHatch.exit, (claimant(owner, entitlement), one(holding(asset, owner))));
    }
}
