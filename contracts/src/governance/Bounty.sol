// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBounty} from "../interfaces/IBounty.sol";
import {IClock} from "../interfaces/IClock.sol";
import {Constants} from "../libraries/Constants.sol";

// The pot for a zk lane's contradiction. Owns the share that is paid and who is owed what; what a contradiction is, and that each
// component earns once, belongs to the Lanes, the one caller.
// Awards are credits: no receiver can make an award fail, and with it a nullification.
// Invariant: balance >= pot + everything owed, and only the Lanes move wei from the first to the second.

/// @title Bounty
contract Bounty is IBounty, ReentrancyGuardTransient {
    /// @inheritdoc IBounty
    address public immutable CLOCK;
    /// @inheritdoc IBounty
    address public immutable LANES;

    /// @inheritdoc IBounty
    mapping(address beneficiary => uint256 amountWei) public owed;
    uint256 private _owedTotal;

    constructor(address clock, address lanes) {
        CLOCK = clock;
        LANES = lanes;
    }

    /// @notice Fills the pot. There is no way back.
    receive() external payable {
        emit Funded(msg.sender, msg.value);
    }

    /// @inheritdoc IBounty
    function pay(address beneficiary, uint256 laneAgeSeconds) external returns (uint256 paidWei) {
        if (msg.sender != LANES) revert NotLanes(msg.sender, LANES);
        uint256 full = IClock(CLOCK).scaled(Constants.BOUNTY_FULL_AGE_SECONDS);
        uint256 age = laneAgeSeconds < full ? laneAgeSeconds : full;
        paidWei = pot() * age / full;
        owed[beneficiary] += paidWei;
        _owedTotal += paidWei;
        emit Awarded(beneficiary, paidWei, laneAgeSeconds);
    }

    /// @inheritdoc IBounty
    function claim(address to) external nonReentrant returns (uint256 amountWei) {
        amountWei = owed[msg.sender];
        if (amountWei == 0) revert NothingOwed(msg.sender);
        owed[msg.sender] = 0;
        _owedTotal -= amountWei;
        emit Claimed(msg.sender, to, amountWei);
        (bool isPaid,) = to.call{value: amountWei}("");
        if (!isPaid) revert TransferFailed(to, amountWei);
    }

    /// @inheritdoc IBounty
    function pot() public view returns (uint256) {
        return address(this).balance - _owedTotal;
    }
}
