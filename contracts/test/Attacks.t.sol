// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns attacks of the protocol's reviews on what L1 itself does: its history out of reach, and its reorganizations.

import {IRollup, Outputs} from "../src/interfaces/IRollup.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {System} from "./support/System.sol";

contract AttacksTest is System {
    bytes private constant NO_HISTORY = hex"5f5ffd";
    /// @dev Answers every asked number with itself: PUSH0 CALLDATALOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN.
    bytes private constant OTHER_HISTORY = hex"5f355f5260205ff3";

    function setUp() public {
        deploySystem(1, false, true);
        vm.deal(address(this), 10_000 ether);
    }

    receive() external payable {}

    /// P-102 P-020: an origin out of reach stops a commit of the operator, never a slow prover.
    function test_History_EnforcedNeedsNone() public {
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        vm.etch(Constants.HISTORY_STORAGE, NO_HISTORY);
        uint64 origin = uint64(vm.getBlockNumber() - 1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.OriginUnavailable.selector, origin, 0));
        vm.prank(OPERATOR);
        rollup.commit(1, GENESIS_HASH, 0, origin, hex"01c0");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        skip(20 days);
        commitEnforced(GENESIS_HASH, 0, 0, 1, 0, outputsOf("late"));
        assertEq(rollup.batch(1).originNumber, 0, "no origin");
        skip(3 days);
        rollup.finalize(1);
        assertEq(rollup.settledIndex(), 1, "settled");
    }

    /// P-029: L1 reorganizes: a proof over the origin that is gone proves nothing of the batch that took its place; one over the new does.
    function test_Reorganization_AProofOfWhatIsGoneIsRefused() public {
        commitOn(GENESIS_HASH, 0);
        Outputs memory outputs = outputsOf("proven");
        bytes32 gone = statementOf(1, outputs, openBinding());
        zkLane.submit(gone, 0, "");
        uint64 origin = rollup.batch(1).originNumber;
        // The same commit once more, on an L1 whose block of that number is another.
        skip(2 days + 1);
        rollup.drop(1);
        vm.etch(Constants.HISTORY_STORAGE, OTHER_HISTORY);
        vm.prank(OPERATOR);
        rollup.commit(1, GENESIS_HASH, 0, origin, hex"01c0");
        bytes32 now_ = statementOf(1, outputs, openBinding());
        assertTrue(now_ != gone, "the origin is an input");
        vm.expectRevert(abi.encodeWithSelector(IRollup.StatementNotAccepted.selector, now_, address(zkLane)));
        rollup.answer(1, address(zkLane), outputs, openBinding());
        acceptAndAnswer(1, zkLane, outputs);
    }

    /// P-029: the same where the queue is another: a proof is of exactly the messages between two accumulators.
    function test_Reorganization_AnotherQueueIsAnotherInput() public {
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        Outputs memory outputs = outputsOf("proven");
        bytes32 inputs = enforcedInputs(GENESIS_HASH, 0, 0, 1);
        // The accumulator after message 0 is in the mapping of slot 2: what it would be had the message been another.
        bytes32 place = keccak256(abi.encode(uint256(0), uint256(2)));
        assertEq(vm.load(address(inbox), place), inbox.accumulatorAt(1), "where it is");
        commitEnforced(GENESIS_HASH, 0, 0, 1, 0, outputs);
        assertEq(rollup.batch(1).inputs, inputs, "as proven");
        vm.store(address(inbox), place, keccak256("another message"));
        assertTrue(enforcedInputs(GENESIS_HASH, 0, 0, 1) != inputs, "another message is another input");
    }
}
