// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";

// Gives every contract of a deployment an address that depends on who deploys and on its name, not on its code: the contracts name
// each other in their constructors, which plain CREATE2 cannot resolve (an address would depend on a hash of itself), and name
// contracts that are written later. A name is used once, by its deployer; what stands there is for `Genesis.check` to say.

/// @title Deployer of contracts that know each other's addresses beforehand.
contract Create3Deployer {
    event Deployed(address indexed deployer, bytes32 indexed name, address deployed);

    /// @notice Deploys `initCode` at the address of the caller's `name`. Reverts if that was used, or if the code's constructor
    /// reverts.
    function deploy(bytes32 name, bytes calldata initCode) external returns (address deployed) {
        deployed = Create3.deploy(0, _salt(msg.sender, name), initCode);
        emit Deployed(msg.sender, name, deployed);
    }

    /// @notice Where the deployer's contract of that name is, or will be.
    function addressOf(address deployer, bytes32 name) external view returns (address) {
        return Create3.computeAddress(_salt(deployer, name));
    }

    function _salt(address deployer, bytes32 name) private pure returns (bytes32) {
        return keccak256(abi.encode(deployer, name));
    }
}
