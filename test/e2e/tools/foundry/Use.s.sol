// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Probe} from "../src/Probe.sol";

// What `forge script` does against the node. Owns one script and the two cheat codes it needs; what must come of it stands in tools.test.ts.

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice A forge script as users write them: simulated on a fork of the node, then broadcast to it transaction by transaction.
/// Without forge-std, so that the project needs nothing but this file and the probe contract.
contract Use {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bool public constant IS_SCRIPT = true;

    function run() external {
        VM.startBroadcast();
        Probe probe = new Probe(5);
        probe.store(7, "script");
        probe.store(8, "script");
        VM.stopBroadcast();
        require(probe.value() == 8, "the second store counts");
    }
}
