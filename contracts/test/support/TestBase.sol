// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

// Assertions that say what was expected and what came, and bounded fuzz input. Failing is reverting: Hardhat counts it.

abstract contract TestBase {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error Expected(string what, uint256 expected, uint256 actual);
    error ExpectedWord(string what, bytes32 expected, bytes32 actual);
    error ExpectedTrue(string what);

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual != expected) revert Expected(what, expected, actual);
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        if (actual != expected) revert ExpectedWord(what, bytes32(uint256(uint160(expected))), bytes32(uint256(uint160(actual))));
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        if (actual != expected) revert ExpectedWord(what, expected, actual);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert ExpectedTrue(what);
    }

    function assertLe(uint256 actual, uint256 limit, string memory what) internal pure {
        if (actual > limit) revert Expected(what, limit, actual);
    }

    /// @dev What is promised holds for the code as it is deployed, on which `test:full` runs; `npm test` compiles with less of the optimizer
    /// (hardhat.quick.config.ts), and its code may cost a tenth more.
    function gasLimit(uint256 promised) internal view returns (uint256) {
        return vm.envOr("KEYFALL_LONG", false) ? promised : promised + promised / 10;
    }

    /// @dev The compiler takes `block.timestamp` to be one value per transaction; a test that warps must not.
    function timestamp() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function skip(uint256 durationSeconds) internal {
        vm.warp(vm.getBlockTimestamp() + durationSeconds);
        vm.roll(vm.getBlockNumber() + 1);
    }

    /// @dev `value` folded into [low, high], both reachable.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        if (high - low == type(uint256).max) return value;
        return low + (value % (high - low + 1));
    }
}
