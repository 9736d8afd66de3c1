// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns what the hatch pays, to whom, and what it refuses: each kind of asset, each rule of who is paid, each way to redirect. Ratios and
// refunds have their own file; attacks too.

import {IEscapeHatch} from "../src/interfaces/IEscapeHatch.sol";
import {Asset, IVault} from "../src/interfaces/IVault.sol";
import {AddressAlias} from "../src/libraries/AddressAlias.sol";
import {Assets} from "../src/libraries/Assets.sol";
import {BridgedTokens} from "../src/libraries/BridgedTokens.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {L2Bridge} from "../src/l2/L2Bridge.sol";
import {Exiting} from "./support/Exiting.sol";
import {ListToken, PlainMulti, PlainNft} from "./support/Tokens.sol";

/// @dev A wallet that says yes to one digest, and calls what it is told to.
contract Wallet {
    bytes32 public agreed;

    receive() external payable {}

    function agree(bytes32 digest) external {
        agreed = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == agreed ? bytes4(0x1626ba7e) : bytes4(0);
    }

    function run(address target, bytes calldata data) external {
        (bool ok, bytes memory result) = target.call(data);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }
}

contract EscapeHatchTest is Exiting {
    uint256 private constant BOB_KEY = 0xb0b;
    address private constant CAROL = address(0xca01);
    address private constant POOL = address(0x9001);

    address private bob;
    ListToken private token;
    PlainNft private nft;
    PlainMulti private multi;
    Asset private eth;
    Asset private erc20;
    Asset private erc721;
    Asset private erc1155;

    function setUp() public {
        deploySystem(1, false, true);
        deployHatch();
        bob = vm.addr(BOB_KEY);
        token = new ListToken();
        nft = new PlainNft();
        multi = new PlainMulti();
        eth = Asset(Constants.ASSET_ETH, address(0), 0);
        erc20 = Asset(Constants.ASSET_ERC20, address(token), 0);
        erc721 = Asset(Constants.ASSET_ERC721, address(nft), 7);
        erc1155 = Asset(Constants.ASSET_ERC1155, address(multi), 5);
        vm.deal(ALICE, 1_000 ether);
        depositEth(100 ether);
        token.mint(ALICE, 1_000);
        nft.mint(ALICE, 7);
        multi.mint(ALICE, 5, 50);
        vm.startPrank(ALICE);
        token.approve(address(vault), 1_000);
        nft.approve(address(vault), 7);
        multi.setApprovalForAll(address(vault), true);
        vault.depositERC20{value: 1 ether}(address(token), ALICE, 1_000);
        vault.depositERC721{value: 1 ether}(address(nft), ALICE, 7);
        vault.depositERC1155{value: 1 ether}(address(multi), ALICE, 5, 50);
        vm.stopPrank();
        // L2: Bob holds some of everything.
        setAccount(bob, 30 ether, NO_CODE);
        setHolding(erc20, bob, 400);
        setHolding(erc721, bob, 1);
        setHolding(erc1155, bob, 20);
        setHolding(erc20, POOL, 100);
        setAccount(POOL, 5 ether, CODE);
        setBurned(erc20, 0);
        setBurned(erc1155, 0);
    }

    receive() external payable {}

    function freeze() private {
        freezeAt(inbox.count());
        fix(eth);
        fix(erc20);
        fix(erc1155);
    }

    function expectRevert(bytes4 selector) private {
        vm.expectPartialRevert(selector);
    }

    /// P-201 P-202: every kind is paid to its owner, by a stranger's transaction, once.
    function test_Exit_EachKindOnce() public {
        freeze();
        relay(eth, bob);
        relay(erc20, bob);
        relay(erc721, bob);
        relay(erc1155, bob);
        assertEq(bob.balance, 30 ether, "eth");
        assertEq(token.balanceOf(bob), 400, "erc20");
        assertEq(nft.ownerOf(7), bob, "nft");
        assertEq(multi.balanceOf(bob, 5), 20, "erc1155");
        Asset[4] memory all = [eth, erc20, erc721, erc1155];
        for (uint256 i = 0; i < 4; ++i) {
            assertTrue(hatch.isExited(bob, all[i], false), "recorded");
            IEscapeHatch.Claimant memory who = claimant(bob, IEscapeHatch.Entitlement.KeyAccount);
            IEscapeHatch.Holding[] memory held = one(holding(all[i], bob));
            vm.expectRevert(
                abi.encodeWithSelector(IEscapeHatch.AlreadyExited.selector, bob, Assets.key(all[i]), false)
            );
            hatch.exit(who, held);
        }
        assertEq(vault.ledger(erc20).paid, 400, "paid");
    }

    /// P-209: before the freeze nothing is proven and nothing paid.
    function test_Exit_RevertWhen_NotFrozen() public {
        IEscapeHatch.Claimant memory who = claimant(bob, IEscapeHatch.Entitlement.KeyAccount);
        IEscapeHatch.Holding[] memory held = one(holding(eth, bob));
        bytes[] memory proof = accountProof(bob);
        expectRevert(IEscapeHatch.NotFrozen.selector);
        hatch.exit(who, held);
        expectRevert(IEscapeHatch.NotFrozen.selector);
        hatch.fixRatio(eth, proof, new bytes[](0));
        expectRevert(IEscapeHatch.NotFrozen.selector);
        hatch.proveStorageRoot(bob, proof);
        expectRevert(IEscapeHatch.NotFrozen.selector);
        hatch.verifyAccount(bob, proof);
        expectRevert(IEscapeHatch.NotFrozen.selector);
        hatch.countSkipped(eth, 1);
    }

    /// P-201: a deposit that the L2Bridge recorded as a claim leaves as well, beside the balance.
    function test_Exit_UncreditedDepositsLeaveToo() public {
        bytes32 slot = BridgedTokens.claimSlotOf(Assets.key(erc20), bob);
        setSlot(Constants.L2_BRIDGE, slot, 50);
        freeze();
        IEscapeHatch.Holding memory held;
        held.asset = erc20;
        held.isUncredited = true;
        held.accountProof = accountProof(Constants.L2_BRIDGE);
        held.storageProof = slotProof(Constants.L2_BRIDGE, slot);
        IEscapeHatch.Holding[] memory both = new IEscapeHatch.Holding[](2);
        both[0] = held;
        both[1] = holding(erc20, bob);
        hatch.exit(claimant(bob, IEscapeHatch.Entitlement.KeyAccount), both);
        assertEq(token.balanceOf(bob), 450, "claim and balance");
        assertTrue(hatch.isExited(bob, erc20, true) && hatch.isExited(bob, erc20, false), "both");
    }

    /// P-204: a key shown by sending needs no account proof and names any receiver; code at the address does not show a key.
    function test_Key_ShownBySendingOrSigning() public {
        freeze();
        IEscapeHatch.Claimant memory who;
        who.owner = bob;
        who.entitlement = IEscapeHatch.Entitlement.Key;
        who.to = CAROL;
        IEscapeHatch.Holding[] memory held = one(holding(erc20, bob));
        expectRevert(IEscapeHatch.KeyNotShown.selector);
        hatch.exit(who, held);
        vm.prank(bob, ALICE);
        expectRevert(IEscapeHatch.KeyNotShown.selector);
        hatch.exit(who, held);
        uint256 deadline = timestamp() + 1;
        who.deadline = deadline;
        who.signature = sign(BOB_KEY, hatch.redirectDigest(bob, ALICE, deadline));
        expectRevert(IEscapeHatch.KeyNotShown.selector);
        hatch.exit(who, held);
        who.signature = sign(BOB_KEY, hatch.redirectDigest(bob, CAROL, deadline));
        skip(2);
        expectRevert(IEscapeHatch.SignatureExpired.selector);
        hatch.exit(who, held);
        vm.warp(deadline);
        hatch.exit(who, held);
        assertEq(token.balanceOf(CAROL), 400, "by signature");
        who.signature = "";
        vm.prank(bob, bob);
        hatch.exit(who, one(holding(erc1155, bob)));
        assertEq(multi.balanceOf(CAROL, 5), 20, "by sending");
        // A delegated account on L1 is still its key's.
        vm.etch(bob, abi.encodePacked(hex"ef0100", address(token)));
        vm.prank(bob, ALICE);
        hatch.exit(who, one(holding(erc721, bob)));
        assertEq(nft.ownerOf(7), CAROL, "as a delegation");
        who.accountProof = accountProof(bob);
        vm.etch(bob, hex"00");
        vm.prank(bob, ALICE);
        expectRevert(IEscapeHatch.KeyNotShown.selector);
        hatch.exit(who, one(holding(eth, bob)));
    }

    /// P-205: an account with code is nobody's on L1, except by a delegation, whose delegate the caller names.
    function test_KeyAccount_CodeIsRefusedADelegationIsNot() public {
        address delegate = address(0xde1e);
        setAccount(bob, 30 ether, keccak256(abi.encodePacked(hex"ef0100", delegate)));
        freeze();
        IEscapeHatch.Claimant memory who = claimant(POOL, IEscapeHatch.Entitlement.KeyAccount);
        expectRevert(IEscapeHatch.OwnerHasCode.selector);
        hatch.exit(who, one(holding(eth, POOL)));
        who = claimant(bob, IEscapeHatch.Entitlement.KeyAccount);
        expectRevert(IEscapeHatch.OwnerHasCode.selector);
        hatch.exit(who, one(holding(eth, bob)));
        who.delegate = address(0xbad);
        expectRevert(IEscapeHatch.OwnerHasCode.selector);
        hatch.exit(who, one(holding(eth, bob)));
        who.delegate = delegate;
        hatch.exit(who, one(holding(eth, bob)));
        assertEq(bob.balance, 30 ether, "paid");
        // Without the account's proof nothing says that there is no code.
        delete who.accountProof;
        expectRevert(IEscapeHatch.AccountProofMissing.selector);
        hatch.exit(who, one(holding(erc20, bob)));
    }

    /// P-205: what a contract holds through its alias is paid only on its own call.
    function test_Alias_OnlyTheContractItself() public {
        Wallet wallet = new Wallet();
        address aliased = AddressAlias.apply_(address(wallet));
        setAccount(aliased, 3 ether, NO_CODE);
        freeze();
        IEscapeHatch.Claimant memory who = claimant(aliased, IEscapeHatch.Entitlement.KeyAccount);
        IEscapeHatch.Holding[] memory held = one(holding(eth, aliased));
        expectRevert(IEscapeHatch.OwnerIsAlias.selector);
        hatch.exit(who, held);
        who.entitlement = IEscapeHatch.Entitlement.Alias;
        expectRevert(IEscapeHatch.NotUnaliased.selector);
        hatch.exit(who, held);
        wallet.run(HATCH, abi.encodeCall(IEscapeHatch.exit, (who, held)));
        assertEq(address(wallet).balance, 3 ether, "paid");
    }

    /// P-204 P-205: a recipient declared on L2 is paid by anyone's call, and redirects by call or signature.
    function test_Recipient_IsPaidAndRedirects() public {
        Wallet wallet = new Wallet();
        setSlot(Constants.EXIT_REGISTRY, keccak256(abi.encode(POOL, uint256(0))), uint160(address(wallet)));
        freeze();
        token.setBlocked(address(wallet), true);
        IEscapeHatch.Claimant memory who = claimant(POOL, IEscapeHatch.Entitlement.Recipient);
        hatch.exit(who, one(holding(eth, POOL)));
        assertEq(address(wallet).balance, 5 ether, "anyone relays");
        IEscapeHatch.Holding[] memory held = one(holding(erc20, POOL));
        vm.expectRevert(
            abi.encodeWithSelector(IEscapeHatch.PaymentFailed.selector, Assets.key(erc20), address(wallet), 100)
        );
        hatch.exit(who, held);
        assertTrue(!hatch.isExited(POOL, erc20, false), "an exit that was not paid did not happen");
        who.to = CAROL;
        expectRevert(IEscapeHatch.NotPayeesWill.selector);
        hatch.exit(who, held);
        who.deadline = timestamp();
        who.signature = hex"00";
        expectRevert(IEscapeHatch.NotPayeesWill.selector);
        hatch.exit(who, held);
        wallet.agree(hatch.redirectDigest(address(wallet), CAROL, who.deadline));
        wallet.run(HATCH, abi.encodeCall(IEscapeHatch.revokeRedirects, ()));
        expectRevert(IEscapeHatch.NotPayeesWill.selector);
        hatch.exit(who, held);
        wallet.agree(hatch.redirectDigest(address(wallet), CAROL, who.deadline));
        hatch.exit(who, held);
        assertEq(token.balanceOf(CAROL), 100, "redirected by EIP-1271");
    }

    /// P-206: a resolver counts the exit window, to the second, and takes by its own call.
    function test_Resolver_WindowAndCaller() public {
        uint256 window = 15 days;
        for (uint256 i = 0; i < 3; ++i) {
            address pool = address(uint160(0x9100 + i));
            setAccount(pool, 1 ether, CODE);
            uint256 setAt = PINNED_AT - window + i - 1;
            setSlot(Constants.EXIT_REGISTRY, keccak256(abi.encode(pool, uint256(1))), (setAt << 160) | uint160(CAROL));
        }
        freeze();
        for (uint256 i = 0; i < 3; ++i) {
            address pool = address(uint160(0x9100 + i));
            IEscapeHatch.Claimant memory who = claimant(pool, IEscapeHatch.Entitlement.Resolver);
            IEscapeHatch.Holding[] memory held = one(holding(eth, pool));
            expectRevert(IEscapeHatch.NotResolver.selector);
            hatch.exit(who, held);
            if (i == 2) expectRevert(IEscapeHatch.ResolverTooYoung.selector);
            vm.prank(CAROL);
            hatch.exit(who, held);
        }
        assertEq(CAROL.balance, 2 ether, "the one set too late stays");
        // A resolver's slot is no recipient's.
        IEscapeHatch.Claimant memory confused = claimant(address(0x9100), IEscapeHatch.Entitlement.Resolver);
        confused.entitlement = IEscapeHatch.Entitlement.Recipient;
        IEscapeHatch.Holding[] memory again = one(holding(eth, address(0x9100)));
        vm.expectRevert();
        hatch.exit(confused, again);
    }

    /// P-205: predeploys, whatever they hold, and the zero address never leave.
    function test_Owner_PredeploysNeverExit() public {
        address[4] memory never = [Constants.MESSAGE_PASSER, Constants.VAULT_SENDER, Constants.FEE_VAULT, address(0)];
        for (uint256 i = 0; i < 4; ++i) {
            setAccount(never[i], 1 ether, NO_CODE);
        }
        freezeAt(inbox.count());
        for (uint256 i = 0; i < 4; ++i) {
            IEscapeHatch.Claimant memory who = claimant(never[i], IEscapeHatch.Entitlement.KeyAccount);
            vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.OwnerCannotExit.selector, never[i]));
            hatch.exit(who, one(holding(eth, never[i])));
        }
    }

    /// P-211: where L1 looks for a token is where L2's bridge puts it.
    function test_BridgedTokens_AreWhereTheBridgePutsThem() public {
        vm.etch(Constants.L2_BRIDGE, address(new L2Bridge()).code);
        for (uint8 kind = 1; kind < 4; ++kind) {
            address expected = L2Bridge(Constants.L2_BRIDGE).tokenOf(kind, address(token));
            assertEq(hatch.bridgedTokenOf(kind, address(token)), expected, "address");
        }
        vm.expectRevert();
        hatch.bridgedTokenOf(0, address(0));
    }

    /// P-201: an NFT leaves for its owner alone; one that the Vault lost waits.
    function test_Nft_OnlyItsOwnerAndOnlyIfHeld() public {
        freeze();
        IEscapeHatch.Holding memory held = holding(erc721, bob);
        IEscapeHatch.Claimant memory who = claimant(POOL, IEscapeHatch.Entitlement.Key);
        vm.prank(POOL, POOL);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotHolder.selector, POOL, bob));
        hatch.exit(who, one(held));
        vm.prank(address(vault));
        nft.transferFrom(address(vault), CAROL, 7);
        who = claimant(bob, IEscapeHatch.Entitlement.KeyAccount);
        expectRevert(IEscapeHatch.PaymentFailed.selector);
        hatch.exit(who, one(held));
        expectRevert(IEscapeHatch.RatioNotNeeded.selector);
        hatch.fixRatio(erc721, new bytes[](0), new bytes[](0));
    }

    function sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
