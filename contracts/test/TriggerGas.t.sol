// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns what the triggers cost where they read most: a clock that was stopped a thousand times, the widest skip with its border in the middle,
// a drop that forgets disputes. 150,000 gas each, the transaction's own included, is what a stranger is promised.

import {IClock} from "../src/interfaces/IClock.sol";
import {IInbox} from "../src/interfaces/IInbox.sol";
import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Outputs} from "../src/interfaces/IRollup.sol";
import {ScriptedLane} from "./support/ScriptedLane.sol";
import {System} from "./support/System.sol";

/// @dev A queue of a hundred thousand messages and more, of which only the times are asked: those below `border` are old. A storage word is read
/// for each, as the Inbox reads one.
contract LongQueue {
    uint64 public border = type(uint64).max;
    uint256 private _old;
    mapping(uint256 index => uint256) private _records;

    constructor(uint256 old) {
        _old = old;
    }

    function setBorder(uint64 next) external {
        border = next;
    }

    function count() external pure returns (uint64) {
        return 1_000_000;
    }

    function prefix(uint64 index) external view returns (IInbox.Prefix memory) {
        uint256 record = _records[index];
        return IInbox.Prefix(uint40(index <= border ? _old + record : block.timestamp), false, 0, 0, 0);
    }
}

/// @dev P-106.
contract TriggerGasTest is System {
    uint256 private constant INTRINSIC = 22_000;
    uint256 private constant LIMIT = 150_000;

    function setUp() public {
        deploySystem(1, false, true);
        vm.deal(address(this), 10_000 ether);
        for (uint256 i = 0; i < 200; ++i) {
            vm.startPrank(address(lanes));
            clock.start(IClock.Stop.Dispute);
            skip(1);
            clock.end(IClock.Stop.Dispute);
            vm.stopPrank();
            skip(1);
        }
    }

    receive() external payable {}

    function takeTheSkip() private {
        lifecycle.announceSkip();
        skip(12 hours);
        lifecycle.takeSkip();
    }

    /// P-106: eighteen skips fit into an episode; the widest takes 131,072 messages, and searches for the one that is too young.
    function test_TakeSkip_TheWidestWithItsBorderInTheMiddle() public {
        LongQueue queue = new LongQueue(timestamp());
        vm.etch(address(inbox), address(queue).code);
        vm.store(address(inbox), bytes32(0), bytes32(uint256(type(uint64).max)));
        vm.store(address(inbox), bytes32(uint256(1)), bytes32(timestamp()));
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        skip(5 days);
        for (uint256 i = 0; i < 17; ++i) {
            takeTheSkip();
            skip(1 days);
        }
        assertEq(lifecycle.nextUnskipped(0), 131_071, "seventeen skips");
        uint256 before = gasleft();
        lifecycle.announceSkip();
        assertLe(before - gasleft() + INTRINSIC, gasLimit(LIMIT), "announceSkip");
        skip(12 hours);
        LongQueue(address(inbox)).setBorder(131_071 + 87_654);
        before = gasleft();
        lifecycle.takeSkip();
        uint256 cost = before - gasleft();
        uint256 taken = lifecycle.nextUnskipped(0) - 131_071;
        assertTrue(taken <= 87_654 && taken >= 87_654 - 131_072 / 64, "up to the border, less a sixty-fourth of the width at most");
        assertLe(cost + INTRINSIC, gasLimit(LIMIT), "takeSkip");
    }

    /// P-106: the entry and, apart from it, the drop of batches on which two lanes of attesters differed, which forgets four of the disputes.
    function test_Enter_AndADropThatForgetsDisputes() public {
        ScriptedLane other = addLane(Constants.ANSWER_ATTESTERS, new address[](0));
        bytes32 parent = GENESIS_HASH;
        for (uint64 i = 1; i <= 6; ++i) {
            commitOn(parent, 0);
            Outputs memory said = outputsOf(keccak256(abi.encode(i)));
            acceptAndAnswer(i, attesterLane, said);
            acceptAndAnswer(i, other, outputsOf(keccak256(abi.encode("other", i))));
            parent = said.lastHash;
        }
        skip(30 days);
        uint256 before = gasleft();
        lifecycle.enterEnforced(0);
        assertLe(before - gasleft() + INTRINSIC, gasLimit(LIMIT), "enterEnforced");
        before = gasleft();
        rollup.drop(1);
        assertLe(before - gasleft() + INTRINSIC, gasLimit(LIMIT), "drop");
        assertEq(rollup.committedCount(), 0, "dropped");
    }

    /// P-106: nor does the freeze depend on how often the clock was stopped.
    function test_Freeze_AfterManyStops() public {
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        skip(30 days);
        uint256 before = gasleft();
        lifecycle.freeze(ILifecycle.FreezeCause.NoFinality, 0);
        assertLe(before - gasleft() + INTRINSIC, 170_000, "freeze");
    }
}
