// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Member} from "../interfaces/ISecurityCouncil.sol";

// A list of members kept as the code of an account: looking six signers up then costs one cold account instead of six cold words.
// Owns writing and reading such code. The first byte is STOP, so that whoever calls the account runs nothing; nobody can change it.
//
//      00 ‖ (account: 20 bytes ‖ isExternal: 1 byte) x members
//
// Invariant: what is read is what was written, and positions are those of the list.

/// @title A list of members as code.
library MemberList {
    /// @notice The account that was to carry the list could not be made.
    error ListNotStored();

    uint256 private constant STRIDE = 21;
    /// @dev Returns everything after itself: PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN.
    bytes7 private constant RETURN_REST = 0x80600a5f395ff3;

    /// @return carrier the account whose code is the list
    function store(Member[] memory members) internal returns (address carrier) {
        bytes memory packed = hex"00";
        for (uint256 i = 0; i < members.length; ++i) {
            packed = bytes.concat(packed, bytes20(members[i].account), members[i].isExternal ? bytes1(0x01) : bytes1(0x00));
        }
        bytes memory code = bytes.concat(bytes1(0x61), bytes2(uint16(packed.length)), RETURN_REST, packed);
        assembly ("memory-safe") {
            carrier := create(0, add(code, 32), mload(code))
        }
        if (carrier == address(0)) revert ListNotStored();
    }

    /// @return packed the list as it is stored, for `accountAt`
    function load(address carrier) internal view returns (bytes memory packed) {
        return carrier.code;
    }

    function count(bytes memory packed) internal pure returns (uint256) {
        return packed.length / STRIDE;
    }

    /// @return position of the first account in memory
    /// @return end position behind the last
    function bounds(bytes memory packed) internal pure returns (uint256 position, uint256 end) {
        assembly ("memory-safe") {
            position := add(packed, 33)
            end := add(add(packed, 32), mload(packed))
        }
    }

    /// @param position of an account, from `bounds` or `next`, before the end
    function next(uint256 position) internal pure returns (address account, uint256 following) {
        assembly ("memory-safe") {
            account := shr(96, mload(position))
            following := add(position, STRIDE)
        }
    }

    /// @param position below `count`
    function accountAt(bytes memory packed, uint256 position) internal pure returns (address account) {
        assembly ("memory-safe") {
            account := shr(96, mload(add(packed, add(33, mul(position, STRIDE)))))
        }
    }

    function all(bytes memory packed) internal pure returns (Member[] memory members) {
        members = new Member[](count(packed));
        for (uint256 i = 0; i < members.length; ++i) {
            members[i] = Member(accountAt(packed, i), packed[(i + 1) * STRIDE] != 0);
        }
    }
}
