// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The pot for whoever proves that a zk lane contradicts itself.
/// @notice Anyone fills it. It pays pot x min(1, age of the lane / 90 d), as a credit that is claimed, so that no receiver can hold a
/// nullification up. Nobody else takes from it, for ever.
interface IBounty {
    error NotLanes(address caller, address lanes);
    error NothingOwed(address beneficiary);
    error TransferFailed(address to, uint256 amountWei);

    event Funded(address indexed from, uint256 amountWei);
    event Awarded(address indexed beneficiary, uint256 amountWei, uint256 laneAgeSeconds);
    event Claimed(address indexed beneficiary, address indexed to, uint256 amountWei);

    /// @notice Awards the share of the pot to `beneficiary`. The Lanes only, once per nullified component.
    /// Warning: the caller decides who is paid; it is fixed and pays only the second record's beneficiary.
    function pay(address beneficiary, uint256 laneAgeSeconds) external returns (uint256 paidWei);
    /// @notice Pays what is owed to the caller to `to`.
    function claim(address to) external returns (uint256 amountWei);
    /// @notice What is not awarded yet, wei.
    function pot() external view returns (uint256);
    function owed(address beneficiary) external view returns (uint256);
    function CLOCK() external view returns (address);
    function LANES() external view returns (address);
}
