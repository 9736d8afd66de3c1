// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice What every tool is asked to deploy, call, break and watch on the node: storage, events, and one of each kind of failure.
/// Owns nothing of the protocol: an ordinary contract of an ordinary project.
contract Probe {
    event Stored(address indexed by, uint256 indexed value, string note);

    error TooLarge(uint256 value, uint256 limit);

    uint256 public value;
    mapping(address => uint256) public writes;

    constructor(uint256 initial) {
        value = initial;
        emit Stored(msg.sender, initial, "constructed");
    }

    function store(uint256 next, string calldata note) external payable returns (uint256 previous) {
        if (next > 1_000_000) revert TooLarge(next, 1_000_000);
        require(next != 13, "thirteen is refused");
        previous = value;
        value = next;
        writes[msg.sender] += 1;
        emit Stored(msg.sender, next, note);
    }

    function divide(uint256 by) external view returns (uint256) {
        return value / by;
    }
}
