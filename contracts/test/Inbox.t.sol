// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the Inbox: bytes, caps, price, aliasing, escrow; every bound at it and one past it. Callers that misbehave are here,
// too. What messages do on L2 is not tested here.

import {IInbox} from "../src/interfaces/IInbox.sol";
import {IMaturity} from "../src/interfaces/IMaturity.sol";
import {AddressAlias} from "../src/libraries/AddressAlias.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Inbox} from "../src/rollup/Inbox.sol";
import {System} from "./support/System.sol";
import {Vm} from "./support/Vm.sol";

contract Relay {
    function send(Inbox inbox, bytes calldata data) external payable {
        inbox.sendCall{value: msg.value}(address(1), 0, 0, 100_000, 0, data);
    }

    receive() external payable {}
}

contract SendsInConstructor {
    constructor(Inbox inbox) payable {
        inbox.sendCall{value: msg.value}(address(1), 0, 0, 100_000, 0, "");
    }
}

contract RefusesChange {
    function send(Inbox inbox) external payable {
        inbox.sendCall{value: msg.value}(address(1), 0, 0, 100_000, 0, "");
    }
}

contract Reenters {
    Inbox private immutable INBOX;
    uint256 private calls;

    constructor(Inbox inbox) {
        INBOX = inbox;
    }

    function send() external payable {
        INBOX.sendCall{value: msg.value}(address(1), 0, 0, 100_000, 0, "");
    }

    receive() external payable {
        if (calls++ == 0) INBOX.sendCall{value: msg.value}(address(2), 0, 0, 100_000, 0, "");
    }
}

contract SettledIndexOnly {
    uint64 public settledIndex;

    function set(uint64 index) external {
        settledIndex = index;
    }
}

contract StageOnly {
    IMaturity.Stage public stage;

    function set(IMaturity.Stage next) external {
        stage = next;
    }
}

/// @dev P-010 bytes and accumulator; P-011 caps; P-012 price and change; P-013 aliasing; P-014 nobody can close the Inbox;
/// P-015 deposit cap binds mints alone; P-016 escrow and fees never mix.
contract InboxTest is System {
    address private constant SENDER = address(0x5e4d);

    function setUp() public {
        deploySystem(1, false, true);
        vm.deal(SENDER, 1_000_000 ether);
    }

    function price(uint256 zkGas) private view returns (uint256) {
        return inbox.price(uint64(zkGas));
    }

    /// @dev Sends as an EOA: caller and origin are the same.
    function send(address to, uint256 mint, uint256 value, uint64 gas, uint64 surcharge, bytes memory data)
        private
        returns (uint64)
    {
        uint256 cost = price(uint256(gas) + surcharge);
        vm.prank(SENDER, SENDER);
        return inbox.sendCall{value: mint + cost}(to, mint, value, gas, surcharge, data);
    }

    function lastMessage() private returns (bytes memory message) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (, message) = abi.decode(logs[logs.length - 1].data, (bytes32, bytes));
    }

    function senderOf(bytes memory message) private pure returns (address sender) {
        assembly ("memory-safe") {
            sender := shr(96, mload(add(message, 34)))
        }
    }

    /// P-010
    function testFuzz_MessageIsTheBytesOfTheSpecAndTheAccumulatorChainsThem(
        address to,
        uint96 mint,
        uint256 value,
        uint64 gasSeed,
        uint64 surchargeSeed,
        bytes calldata data
    ) public {
        mint = uint96(bound(mint, 0, CAP));
        uint64 gas = uint64(bound(gasSeed, 21_000 + 40 * data.length, 5_000_000));
        uint64 surcharge = uint64(bound(surchargeSeed, 0, 5_000_000));
        send(address(7), 0, 0, 30_000, 0, "first");
        bytes32 before = inbox.accumulatorAt(1);
        vm.recordLogs();
        uint64 index = send(to, mint, value, gas, surcharge, data);
        bytes memory expected = abi.encodePacked(
            uint8(1), uint8(1), SENDER, to, uint256(mint), value, gas, surcharge, uint64(timestamp()), data
        );
        checkEvent(index, before, expected);
        checkPrefix(index, 30_000 + uint256(gas) + surcharge, mint);
    }

    function checkEvent(uint64 index, bytes32 before, bytes memory expected) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (bytes32 accumulator, bytes memory message) = abi.decode(logs[0].data, (bytes32, bytes));
        assertEq(message.length, expected.length, "length");
        assertEq(keccak256(message), keccak256(expected), "message");
        assertEq(accumulator, keccak256(abi.encodePacked(before, keccak256(expected))), "accumulator");
        assertEq(inbox.accumulatorAt(index + 1), accumulator, "stored accumulator");
        assertEq(uint256(logs[0].topics[1]), index, "index");
    }

    function checkPrefix(uint64 index, uint256 zkGas, uint256 mint) private view {
        IInbox.Prefix memory sums = inbox.prefix(index + 1);
        assertEq(sums.time, timestamp(), "time");
        assertEq(sums.zkGas, zkGas, "zkGas");
        assertEq(sums.mintWei, mint, "mint");
        assertEq(sums.baseFeeGwei, 4, "base fee, 2 gwei each");
    }

    /// P-011: at the cap, and one past it.
    function test_Caps_AtAndOnePast() public {
        send(address(1), 0, 0, 9_000_000, 1_000_000, "");
        uint256 cost = 1 ether;
        vm.expectRevert(abi.encodeWithSelector(IInbox.ZkGasAboveCap.selector, 10_000_001, 10_000_000));
        inbox.sendCall{value: cost}(address(1), 0, 0, 9_000_000, 1_000_001, "");
        vm.expectRevert(abi.encodeWithSelector(IInbox.ZkGasAboveCap.selector, uint256(type(uint64).max) * 2, 10_000_000));
        inbox.sendCall{value: cost}(address(1), 0, 0, type(uint64).max, type(uint64).max, "");
        inbox.sendCall{value: cost}(address(1), 0, 0, 4_021_000, 0, new bytes(100_000));
        vm.expectRevert(abi.encodeWithSelector(IInbox.DataTooLong.selector, 100_001, 100_000));
        inbox.sendCall{value: cost}(address(1), 0, 0, 5_000_000, 0, new bytes(100_001));
        vm.expectRevert(abi.encodeWithSelector(IInbox.DataTooLong.selector, 100_001, 100_000));
        inbox.sendSigned{value: cost}(5_000_000, 0, new bytes(100_001));
        uint64 createGas = 21_000 + 32_000 + 40 * 49_152 + 2 * 1_536;
        inbox.sendCreate{value: cost}(0, 0, createGas, 0, new bytes(49_152));
        vm.expectRevert(abi.encodeWithSelector(IInbox.DataTooLong.selector, 49_153, 49_152));
        inbox.sendCreate{value: cost}(0, 0, 5_000_000, 0, new bytes(49_153));
    }

    /// P-011: a message below its bound on intrinsic gas could never run.
    function testFuzz_IntrinsicGas_BoundIsExact(uint256 lengthSeed) public {
        uint256 length = bound(lengthSeed, 0, 3_000);
        bytes memory data = new bytes(length);
        uint64 callGas = uint64(21_000 + 40 * length);
        uint64 createGas = uint64(53_000 + 40 * length + 2 * ((length + 31) / 32));
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, callGas, 0, data);
        inbox.sendSigned{value: 1 ether}(callGas, 0, data);
        inbox.sendCreate{value: 1 ether}(0, 0, createGas, 0, data);
        vm.expectRevert(abi.encodeWithSelector(IInbox.GasBelowIntrinsic.selector, callGas - 1, callGas));
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, callGas - 1, 0, data);
        vm.expectRevert(abi.encodeWithSelector(IInbox.GasBelowIntrinsic.selector, callGas - 1, callGas));
        inbox.sendSigned{value: 1 ether}(callGas - 1, 0, data);
        vm.expectRevert(abi.encodeWithSelector(IInbox.GasBelowIntrinsic.selector, createGas - 1, createGas));
        inbox.sendCreate{value: 1 ether}(0, 0, createGas - 1, 0, data);
    }

    /// P-012
    function testFuzz_Price_FollowsTheFormulaAndChangeComesBack(uint256 baseFee, uint64 gasSeed, uint96 extra) public {
        baseFee = bound(baseFee, 0, 1_000 gwei);
        uint64 gas = uint64(bound(gasSeed, 21_000, 10_000_000));
        vm.fee(baseFee);
        uint256 priced = baseFee > 2 gwei ? baseFee : 2 gwei;
        uint256 expected = 350_000 * priced + 0.05 gwei * uint256(gas);
        assertEq(price(gas), expected, "price");
        extra = uint96(bound(extra, 0, 100_000 ether));
        uint256 before = SENDER.balance;
        vm.prank(SENDER, SENDER);
        inbox.sendCall{value: expected + extra}(address(1), 0, 0, gas, 0, "");
        assertEq(before - SENDER.balance, expected, "paid");
        vm.prank(SENDER, SENDER);
        vm.expectRevert(abi.encodeWithSelector(IInbox.Underpaid.selector, expected - 1, expected));
        inbox.sendCall{value: expected - 1}(address(1), 0, 0, gas, 0, "");
    }

    /// P-012: a mint that would overflow any sum is refused as unpaid.
    function test_Mint_RevertWhen_NotPaid() public {
        uint256 cost = price(100_000);
        vm.expectRevert(abi.encodeWithSelector(IInbox.Underpaid.selector, cost, type(uint256).max));
        inbox.sendCall{value: cost}(address(1), type(uint256).max, 0, 100_000, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IInbox.Underpaid.selector, cost, cost + 1));
        inbox.sendCall{value: cost}(address(1), 1, 0, 100_000, 0, "");
    }

    /// P-012: the price doubles with each step of backlog, to 2^12 and no further, and the bound that saves the read never lies.
    function testFuzz_Backlog_DoublesThePrice(uint256 settledSeed) public {
        SettledIndexOnly reader = new SettledIndexOnly();
        vm.etch(address(rollup), address(reader).code);
        SettledIndexOnly settled = SettledIndexOnly(address(rollup));
        settled.set(0);
        uint256 count = 240;
        for (uint256 i = 0; i < count; ++i) {
            uint256 backlog = 10_000_000 * i;
            uint256 cost = price(100_000);
            assertEq(cost, 350_000 * 2 gwei + (0.05 gwei << (backlog / 1_100_000_000)) * 100_000, "price with backlog");
            inbox.sendCall{value: 1 ether}(address(1), 0, 0, 10_000_000, 0, "");
        }
        settled.set(uint64(bound(settledSeed, 0, count)));
        uint256 left = 10_000_000 * (count - settled.settledIndex());
        assertEq(inbox.backlog(), left, "backlog");
        assertEq(price(100_000), 350_000 * 2 gwei + (0.05 gwei << (left / 1_100_000_000)) * 100_000, "price after settling");
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 100_000, 0, "");
        assertEq(price(100_000), 350_000 * 2 gwei + (0.05 gwei << ((left + 100_000) / 1_100_000_000)) * 100_000, "after one more");
    }

    /// P-012: at most 12 doublings. P-014: a Rollup that answers nonsense makes messages cheap, never impossible.
    function test_Backlog_CapAndBrokenRollup() public {
        SettledIndexOnly reader = new SettledIndexOnly();
        vm.etch(address(rollup), address(reader).code);
        SettledIndexOnly(address(rollup)).set(0);
        // The head word: mint 96, zkGas 56, base fee 40, count 40, bound 24. 20 G zkGas in one message of 1.
        uint256 head = (uint256(20_000_000_000) << 96) | (uint256(1) << 192) | (uint256(20_000) << 232);
        vm.store(address(inbox), bytes32(0), bytes32(head));
        assertEq(price(1), 350_000 * 2 gwei + (0.05 gwei << 12), "2^12");
        uint256 plain = 350_000 * 2 gwei + 0.05 gwei;
        SettledIndexOnly(address(rollup)).set(2);
        assertEq(price(1), plain, "settled beyond the queue");
        vm.etch(address(rollup), hex"5b5f56");
        assertEq(price(1), plain, "burns its gas");
        vm.etch(address(rollup), hex"60006000fd");
        assertEq(price(1), plain, "reverts");
        vm.etch(address(rollup), hex"60016000f3");
        assertEq(price(1), plain, "answers one byte");
        vm.etch(address(rollup), "");
        assertEq(price(1), plain, "has no code");
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 100_000, 0, "");
    }

    /// P-013
    function test_Alias_OnlyCodeIsAliased() public {
        uint256 cost = price(100_000);
        vm.recordLogs();
        vm.prank(SENDER, SENDER);
        inbox.sendCall{value: cost}(address(1), 0, 0, 100_000, 0, "");
        assertEq(senderOf(lastMessage()), SENDER, "an EOA is itself");
        assertTrue(!inbox.prefix(1).isAliased, "and not marked");
        Relay relay = new Relay();
        vm.prank(SENDER, SENDER);
        relay.send{value: cost}(inbox, "");
        assertEq(senderOf(lastMessage()), AddressAlias.apply_(address(relay)), "a contract is aliased");
        assertTrue(inbox.prefix(2).isAliased, "and marked");
        vm.prank(SENDER, SENDER);
        SendsInConstructor built = new SendsInConstructor{value: cost}(inbox);
        assertEq(senderOf(lastMessage()), AddressAlias.apply_(address(built)), "a constructor is aliased");
        address delegated = address(0xde1e);
        vm.deal(delegated, 1 ether);
        vm.etch(delegated, abi.encodePacked(hex"ef0100", address(relay)));
        vm.prank(delegated, SENDER);
        inbox.sendCall{value: cost}(address(1), 0, 0, 100_000, 0, "");
        assertEq(senderOf(lastMessage()), delegated, "a delegated account is itself, whoever relays");
        vm.deal(address(vault), 1 ether);
        vm.prank(address(vault), SENDER);
        inbox.sendCall{value: cost}(address(1), 0, 0, 100_000, 0, "");
        assertEq(senderOf(lastMessage()), Constants.VAULT_SENDER, "the Vault has its fixed sender");
    }

    /// P-013: 23 bytes of other code are no delegation. (EIP-3541 keeps other code from starting with 0xef.)
    function testFuzz_Alias_OtherCodeOfTheSameLengthIsAliased(bytes23 code) public {
        vm.assume(code[0] != 0xef);
        vm.etch(address(0xc0de), abi.encodePacked(code));
        assertTrue(!AddressAlias.isDelegated(address(0xc0de)), "not a delegation");
        vm.etch(address(0xc0de), bytes.concat(hex"ef0100", bytes20(uint160(1))));
        assertTrue(AddressAlias.isDelegated(address(0xc0de)), "a delegation");
    }

    function testFuzz_Alias_RoundTrip(address account) public pure {
        if (AddressAlias.undo(AddressAlias.apply_(account)) != account) revert ExpectedTrue("undo(apply(a)) = a");
    }

    function test_Change_RevertWhen_CallerRefusesIt() public {
        RefusesChange caller = new RefusesChange();
        uint256 cost = price(100_000);
        caller.send{value: cost}(inbox);
        vm.expectRevert(abi.encodeWithSelector(IInbox.ChangeRefused.selector, address(caller), 1));
        caller.send{value: cost + 1}(inbox);
    }

    /// P-010: a message sent from within the change of another is a message after it.
    function test_Change_ReentryKeepsTheChain() public {
        Reenters caller = new Reenters(inbox);
        uint256 cost = price(100_000);
        caller.send{value: 2 * cost}();
        assertEq(inbox.count(), 2, "two messages");
        assertEq(address(inbox).balance, 2 * cost, "both paid");
        assertEq(inbox.heldEscrow(), 0, "no escrow");
    }

    /// P-015
    function test_DepositCap_GrowsWithTheStageAndBindsMintsAlone() public {
        send(address(1), CAP, 0, 30_000, 0, "");
        uint256 cost = price(30_000);
        vm.expectRevert(abi.encodeWithSelector(IInbox.DepositCapReached.selector, CAP, 1, CAP));
        inbox.sendCall{value: cost + 1}(address(1), 1, 0, 30_000, 0, "");
        send(address(1), 0, 0, 30_000, 0, "");
        StageOnly code = new StageOnly();
        vm.etch(MATURITY, address(code).code);
        StageOnly(MATURITY).set(IMaturity.Stage.Mature);
        send(address(1), 9 * CAP, 0, 30_000, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IInbox.DepositCapReached.selector, 10 * CAP, 1, 10 * CAP));
        inbox.sendCall{value: cost + 1}(address(1), 1, 0, 30_000, 0, "");
        StageOnly(MATURITY).set(IMaturity.Stage.Ossified);
        send(address(1), 100 * CAP, 0, 30_000, 0, "");
        assertEq(inbox.totalMinted(), 110 * CAP, "minted");
    }

    /// P-016
    function test_Fees_GoToTheReserveAndLeaveTheEscrow() public {
        send(address(1), 5 ether, 0, 30_000, 0, "");
        uint256 fees = address(inbox).balance - 5 ether;
        vm.expectRevert(abi.encodeWithSelector(IInbox.ReserveRefused.selector, RESERVE, fees));
        inbox.sweepFees();
        Relay receiver = new Relay();
        vm.etch(RESERVE, address(receiver).code);
        inbox.sweepFees();
        assertEq(RESERVE.balance, fees, "fees");
        assertEq(address(inbox).balance, 5 ether, "escrow stays");
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotVault.selector, address(this)));
        inbox.moveEscrow();
        vm.prank(address(vault));
        inbox.moveEscrow();
        assertEq(address(vault).balance, 5 ether, "moved");
        assertEq(inbox.heldEscrow(), 0, "none held");
    }

    function test_Views_RevertWhen_BeyondTheQueue() public {
        send(address(1), 0, 0, 30_000, 0, "");
        assertEq(inbox.accumulatorAt(0), bytes32(0), "accumulator of nothing");
        assertEq(inbox.prefix(0).time, 0, "prefix of nothing");
        vm.expectRevert(abi.encodeWithSelector(IInbox.NoSuchMessage.selector, 2, 1));
        inbox.accumulatorAt(2);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NoSuchMessage.selector, 2, 1));
        inbox.prefix(2);
    }

    receive() external payable {}
}
