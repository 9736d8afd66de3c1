// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the immutable contracts ask of the Maturity contract.
interface IMaturity {
    enum Stage { Training, Mature, Ossified }

    function stage() external view returns (Stage);
}
