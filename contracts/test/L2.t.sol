// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the L2 predeploys, at their addresses with their runtime code: withdrawals, credits, claims, slots, authorities.

import {IExitRegistry} from "../src/interfaces/IExitRegistry.sol";
import {IFeeVault} from "../src/interfaces/IFeeVault.sol";
import {IL2Bridge, TokenDeposit} from "../src/interfaces/IL2Bridge.sol";
import {IMessagePasser} from "../src/interfaces/IMessagePasser.sol";
import {Asset, Withdrawal} from "../src/interfaces/IVault.sol";
import {BridgedERC1155} from "../src/l2/BridgedERC1155.sol";
import {BridgedERC20} from "../src/l2/BridgedERC20.sol";
import {BridgedERC721} from "../src/l2/BridgedERC721.sol";
import {BridgedToken} from "../src/l2/BridgedToken.sol";
import {ExitRegistry} from "../src/l2/ExitRegistry.sol";
import {FeeVault} from "../src/l2/FeeVault.sol";
import {L2Bridge} from "../src/l2/L2Bridge.sol";
import {MessagePasser} from "../src/l2/MessagePasser.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev P-060 withdrawals; P-061 deposits never fail; P-062 supply; P-063 pinned slots; P-064 declarations; P-065 fees;
/// P-066 only the bridge mints and burns.
contract L2Test is TestBase {
    address private constant ALICE = address(0xa11ce);
    address private constant L1_TOKEN = address(0x70ce4);

    IMessagePasser private constant PASSER = IMessagePasser(Constants.MESSAGE_PASSER);
    L2Bridge private constant BRIDGE = L2Bridge(Constants.L2_BRIDGE);
    IExitRegistry private constant REGISTRY = IExitRegistry(Constants.EXIT_REGISTRY);

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.etch(Constants.MESSAGE_PASSER, address(new MessagePasser()).code);
        vm.etch(Constants.L2_BRIDGE, address(new L2Bridge()).code);
        vm.etch(Constants.EXIT_REGISTRY, address(new ExitRegistry()).code);
        vm.etch(Constants.FEE_VAULT, address(new FeeVault()).code);
        vm.etch(Constants.BRIDGED_ERC20, address(new BridgedERC20()).code);
        vm.etch(Constants.BRIDGED_ERC721, address(new BridgedERC721()).code);
        vm.etch(Constants.BRIDGED_ERC1155, address(new BridgedERC1155()).code);
        vm.deal(ALICE, 100 ether);
    }

    function deposit(uint8 kind, uint256 id, uint256 amount, address to) private {
        vm.prank(Constants.VAULT_SENDER);
        BRIDGE.receiveDeposit(TokenDeposit(kind, L1_TOKEN, id, amount, address(1), to, "Token", "TKN", 6));
    }

    function key(uint8 kind, uint256 id) private pure returns (bytes32) {
        return keccak256(abi.encode(Asset(kind, kind == 0 ? address(0) : L1_TOKEN, id)));
    }

    /// P-060: hash, nonce, burned sum, one word of storage at the pinned slot.
    function testFuzz_WithdrawEth_RecordsAndBurns(uint96 first, uint96 second, address recipient) public {
        vm.assume(recipient != address(0));
        first = uint96(bound(first, 1, 50 ether));
        second = uint96(bound(second, 1, 50 ether));
        vm.startPrank(ALICE);
        bytes32 hash = PASSER.withdrawEth{value: first}(recipient);
        bytes32 next = PASSER.withdrawEth{value: second}(recipient);
        vm.stopPrank();
        assertEq(hash, keccak256(abi.encode(Withdrawal(0, 0, address(0), 0, first, ALICE, recipient))), "hash");
        assertTrue(hash != next, "the nonce keeps equal ones apart");
        assertEq(uint256(vm.load(address(PASSER), keccak256(abi.encode(hash, uint256(0))))), 1, "sent slot");
        assertEq(
            uint256(vm.load(address(PASSER), keccak256(abi.encode(key(0, 0), uint256(1))))),
            uint256(first) + second + 1,
            "burned slot, plus one"
        );
        assertEq(PASSER.burned(key(0, 0)), uint256(first) + second, "burned");
        assertEq(uint256(vm.load(address(PASSER), bytes32(uint256(2)))), 2, "nonce slot");
        assertEq(address(PASSER).balance, uint256(first) + second, "the ETH stays");
    }

    /// P-060
    function test_Withdraw_Refusals() public {
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IMessagePasser.ZeroAmount.selector));
        PASSER.withdrawEth(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IMessagePasser.ZeroRecipient.selector));
        PASSER.withdrawEth{value: 1}(address(0));
        vm.expectRevert(abi.encodeWithSelector(IMessagePasser.NotBridge.selector, ALICE));
        PASSER.withdrawToken(1, L1_TOKEN, 0, 1, ALICE, ALICE);
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.NotBridged.selector, 1, L1_TOKEN));
        BRIDGE.withdraw(1, L1_TOKEN, 0, 1, ALICE);
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.AssetInvalid.selector, 0, address(0), 0));
        BRIDGE.withdraw(0, address(0), 0, 1, ALICE);
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.AssetInvalid.selector, 4, L1_TOKEN, 0));
        BRIDGE.withdraw(4, L1_TOKEN, 0, 1, ALICE);
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.AssetInvalid.selector, 1, L1_TOKEN, 1));
        BRIDGE.withdraw(1, L1_TOKEN, 1, 1, ALICE);
        vm.stopPrank();
        deposit(2, 7, 1, ALICE);
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.AssetInvalid.selector, 2, L1_TOKEN, 7));
        BRIDGE.withdraw(2, L1_TOKEN, 7, 2, ALICE);
        vm.stopPrank();
        vm.expectRevert();
        BRIDGE.withdraw(2, L1_TOKEN, 7, 1, address(this));
        vm.prank(ALICE);
        BRIDGE.withdraw(2, L1_TOKEN, 7, 1, ALICE);
        assertEq(PASSER.burned(key(2, 7)), 1, "burned nft");
    }

    /// P-062: minted - burned is the supply; nobody burns another's.
    function testFuzz_Erc20_SupplyIsDepositsLessWithdrawals(uint128 amount, uint128 part) public {
        amount = uint128(bound(amount, 1, type(uint128).max));
        part = uint128(bound(part, 1, amount));
        deposit(1, 0, amount, ALICE);
        BridgedERC20 token = BridgedERC20(BRIDGE.tokenOf(1, L1_TOKEN));
        assertEq(token.balanceOf(ALICE), amount, "credited");
        assertTrue(keccak256(bytes(token.name())) == keccak256("Token"), "name");
        assertTrue(keccak256(bytes(token.symbol())) == keccak256("TKN"), "symbol");
        assertEq(token.decimals(), 6, "decimals");
        assertEq(token.l1Token(), L1_TOKEN, "l1 token");
        vm.prank(ALICE);
        BRIDGE.withdraw(1, L1_TOKEN, 0, part, ALICE);
        assertEq(token.totalSupply(), amount - part, "supply");
        assertEq(PASSER.burned(key(1, 0)), part, "burned");
        vm.prank(ALICE);
        vm.expectRevert();
        BRIDGE.withdraw(1, L1_TOKEN, 0, uint256(amount) - part + 1, ALICE);
    }

    /// P-063: the slots that frozen exits will read.
    function test_PinnedSlots() public {
        deposit(1, 0, 111, ALICE);
        deposit(2, 7, 1, ALICE);
        deposit(3, 9, 222, ALICE);
        address erc20 = BRIDGE.tokenOf(1, L1_TOKEN);
        address erc721 = BRIDGE.tokenOf(2, L1_TOKEN);
        address erc1155 = BRIDGE.tokenOf(3, L1_TOKEN);
        assertEq(uint256(vm.load(erc20, keccak256(abi.encode(ALICE, uint256(0))))), 111, "erc20");
        assertEq(uint256(vm.load(erc721, keccak256(abi.encode(uint256(7), uint256(2))))), uint160(ALICE), "erc721");
        bytes32 inner = keccak256(abi.encode(uint256(9), uint256(0)));
        assertEq(uint256(vm.load(erc1155, keccak256(abi.encode(ALICE, inner)))), 222, "erc1155");
        vm.prank(ALICE);
        REGISTRY.setRecipient(address(2));
        vm.prank(ALICE);
        REGISTRY.setResolver(address(3));
        assertEq(uint256(vm.load(address(REGISTRY), keccak256(abi.encode(ALICE, uint256(0))))), 2, "recipient");
        assertEq(
            uint256(vm.load(address(REGISTRY), keccak256(abi.encode(ALICE, uint256(1))))),
            (uint256(1_800_000_000) << 160) | 3,
            "resolver"
        );
    }

    /// P-061: what cannot be credited is claimed later, and the message itself does not fail.
    function test_Deposit_ThatFailsBecomesAClaim() public {
        deposit(2, 7, 1, ALICE);
        deposit(2, 7, 1, ALICE);
        assertEq(BRIDGE.claimable(key(2, 7), ALICE), 1, "the second credit of one id waits");
        vm.expectRevert();
        BRIDGE.claim(2, L1_TOKEN, 7, ALICE);
        vm.prank(ALICE);
        BRIDGE.withdraw(2, L1_TOKEN, 7, 1, ALICE);
        BRIDGE.claim(2, L1_TOKEN, 7, ALICE);
        assertEq(BridgedERC721(BRIDGE.tokenOf(2, L1_TOKEN)).ownerOf(7), ALICE, "made good");
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.NoClaim.selector, key(2, 7), ALICE));
        BRIDGE.claim(2, L1_TOKEN, 7, ALICE);
        deposit(1, 0, type(uint256).max, ALICE);
        deposit(1, 0, 1, ALICE);
        assertEq(BRIDGE.claimable(key(1, 0), ALICE), 1, "an overflow waits");
    }

    /// P-061: the gas that every bridge message carries suffices for the dearest deposit, and for its claim.
    function test_Deposit_GasOfTheMessageSuffices() public {
        for (uint8 kind = 1; kind <= 3; ++kind) {
            uint256 id = kind == 1 ? 0 : type(uint256).max;
            bytes memory data = abi.encodeCall(
                L2Bridge.receiveDeposit,
                (
                    TokenDeposit(
                        kind,
                        L1_TOKEN,
                        id,
                        kind == 2 ? 1 : type(uint208).max,
                        ALICE,
                        ALICE,
                        bytes32(type(uint256).max),
                        bytes32(type(uint256).max),
                        255
                    )
                )
            );
            uint256 intrinsic = 21_000 + 40 * data.length;
            vm.prank(Constants.VAULT_SENDER);
            uint256 before = gasleft();
            (bool ok,) = address(BRIDGE).call{gas: Constants.BRIDGE_MESSAGE_GAS - intrinsic}(data);
            uint256 used = before - gasleft();
            assertTrue(ok, "no failure");
            assertEq(BRIDGE.claimable(key(kind, id), ALICE), 0, "credited, not claimed");
            assertLe(used + intrinsic + Constants.BRIDGE_CLAIM_RESERVE_GAS, Constants.BRIDGE_MESSAGE_GAS, "with room");
            vm.prank(Constants.VAULT_SENDER);
            (ok,) = address(BRIDGE).call{gas: Constants.BRIDGE_CLAIM_RESERVE_GAS + 5_000}(data);
            assertTrue(ok, "even with gas for the claim alone");
            assertTrue(BRIDGE.claimable(key(kind, id), ALICE) != 0, "which is recorded");
        }
    }

    /// P-061: a receiver with code is not asked.
    function test_Deposit_CallsNoReceiver() public {
        address receiver = address(0x4ece);
        vm.etch(receiver, hex"60006000fd");
        deposit(2, 7, 1, receiver);
        deposit(3, 9, 5, receiver);
        assertEq(BridgedERC721(BRIDGE.tokenOf(2, L1_TOKEN)).ownerOf(7), receiver, "nft");
        assertEq(BridgedERC1155(BRIDGE.tokenOf(3, L1_TOKEN)).balanceOf(receiver, 9), 5, "multi");
    }

    /// P-063: a burned sum of zero can be proven by inclusion from the first deposit on; deposits never lower it.
    function test_Burned_IsProvableFromTheFirstDeposit() public {
        bytes32 slot = keccak256(abi.encode(key(1, 0), uint256(1)));
        assertEq(uint256(vm.load(address(PASSER), slot)), 0, "not open");
        deposit(1, 0, 100, ALICE);
        assertEq(uint256(vm.load(address(PASSER), slot)), 1, "open, nothing burned");
        vm.prank(ALICE);
        BRIDGE.withdraw(1, L1_TOKEN, 0, 40, ALICE);
        deposit(1, 0, 100, ALICE);
        assertEq(uint256(vm.load(address(PASSER), slot)), 41, "forty burned");
        vm.expectRevert(abi.encodeWithSelector(IMessagePasser.NotBridge.selector, address(this)));
        PASSER.openAsset(key(1, 0));
    }

    /// P-066
    function test_Authorities() public {
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.NotVault.selector, address(this)));
        BRIDGE.receiveDeposit(TokenDeposit(1, L1_TOKEN, 0, 1, ALICE, ALICE, "", "", 0));
        vm.expectRevert(abi.encodeWithSelector(IL2Bridge.NotSelf.selector, address(this)));
        BRIDGE.credit(TokenDeposit(1, L1_TOKEN, 0, 1, ALICE, ALICE, "", "", 0));
        for (uint8 kind = 1; kind <= 3; ++kind) {
            deposit(kind, kind == 1 ? 0 : 5, 1, ALICE);
            BridgedToken token = BridgedToken(BRIDGE.tokenOf(kind, L1_TOKEN));
            vm.expectRevert(abi.encodeWithSelector(BridgedToken.NotBridge.selector, address(this)));
            token.bridgeMint(ALICE, 5, 1);
            vm.expectRevert(abi.encodeWithSelector(BridgedToken.NotBridge.selector, address(this)));
            token.bridgeBurn(ALICE, 5, 1);
            vm.expectRevert(abi.encodeWithSelector(BridgedToken.NotBridge.selector, address(this)));
            token.initialize(address(1), "", "", 0);
            vm.prank(Constants.L2_BRIDGE);
            vm.expectRevert(abi.encodeWithSelector(BridgedToken.AlreadyInitialized.selector, L1_TOKEN));
            token.initialize(address(1), "", "", 0);
        }
    }

    /// P-064: only for oneself; a resolver's time starts anew; zero takes it back.
    function test_ExitRegistry_Declarations() public {
        vm.startPrank(ALICE);
        REGISTRY.setResolver(address(3));
        uint64 first = uint64(timestamp());
        vm.warp(1_800_000_100);
        // A pool may let anyone declare its one resolver: that must not let anyone start its time anew.
        REGISTRY.setResolver(address(3));
        (address resolver, uint64 setAt) = REGISTRY.resolverOf(ALICE);
        assertEq(resolver, address(3), "resolver");
        assertEq(setAt, first, "the same again changes nothing");
        REGISTRY.setResolver(address(4));
        REGISTRY.setResolver(address(3));
        (, setAt) = REGISTRY.resolverOf(ALICE);
        assertEq(setAt, 1_800_000_100, "another and back is anew");
        REGISTRY.setResolver(address(0));
        (resolver, setAt) = REGISTRY.resolverOf(ALICE);
        assertEq(resolver, address(0), "gone");
        assertEq(setAt, 0, "without a time");
        REGISTRY.setRecipient(address(2));
        vm.stopPrank();
        assertEq(REGISTRY.recipientOf(ALICE), address(2), "recipient");
        assertEq(REGISTRY.recipientOf(address(this)), address(0), "nobody else's");
    }

    /// P-065
    function test_FeeVault_SendsEverythingToItsOwnNameOnL1() public {
        IFeeVault fees = IFeeVault(payable(Constants.FEE_VAULT));
        vm.expectRevert(abi.encodeWithSelector(IFeeVault.NothingToSend.selector));
        fees.send();
        vm.deal(address(fees), 5 ether);
        bytes32 hash = fees.send();
        assertEq(
            hash,
            keccak256(abi.encode(Withdrawal(0, 0, address(0), 0, 5 ether, address(fees), address(fees)))),
            "withdrawal"
        );
        assertEq(PASSER.sent(hash), 1, "sent");
    }
}
