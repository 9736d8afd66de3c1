// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the comparison of KeySignature with OpenZeppelin's ECDSA: what one accepts the other does, for signatures and for everything near them.

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {KeySignature} from "../src/libraries/KeySignature.sol";
import {TestBase} from "./support/TestBase.sol";

contract SignatureReaders {
    function ours(address signer, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return KeySignature.isBy(signer, digest, signature);
    }

    function theirs(address signer, bytes32 digest, bytes calldata signature) external pure returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        return failure == ECDSA.RecoverError.NoError && recovered == signer;
    }
}

/// @dev P-150.
contract KeySignatureTest is TestBase {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    SignatureReaders private readers;

    function setUp() public {
        readers = new SignatureReaders();
    }

    function formOf(bytes32 r, bytes32 s, uint8 v, uint256 draw) private pure returns (bytes memory) {
        uint256 form = draw % 12;
        if (form <= 1) return abi.encodePacked(r, s, v);
        if (form == 2) return abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? 28 : 27);
        if (form == 3) return abi.encodePacked(r, bytes32(ORDER - uint256(s)), v);
        if (form == 4) return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
        if (form == 5) return abi.encodePacked(r, s, v - 27);
        if (form == 6) return abi.encodePacked(r, s, uint8(draw >> 8));
        if (form == 7) return abi.encodePacked(r, s, v, uint8(0));
        if (form == 8) return abi.encodePacked(bytes32(0), s, v);
        if (form == 9) return abi.encodePacked(r, bytes32(0), v);
        if (form == 10) return abi.encodePacked(r, bytes32(ORDER / 2 + draw % 3), v);
        return abi.encodePacked(bytes32(ORDER), s, v);
    }

    /// P-150
    function testFuzz_Answers_AsOpenZeppelin(uint256 key, bytes32 digest, uint256 draw, uint16 flip) public view {
        key = bound(key, 1, ORDER - 1);
        address signer = vm.addr(key);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        assertTrue(readers.ours(signer, digest, abi.encodePacked(r, s, v)), "its own");
        bytes memory signature = formOf(r, s, v, draw);
        if (flip % 2 == 1) signature[(flip >> 4) % signature.length] ^= bytes1(uint8(1) << uint8((flip >> 1) % 8));
        assertTrue(readers.ours(signer, digest, signature) == readers.theirs(signer, digest, signature), "the same answer");
        address other = address(uint160(draw));
        assertTrue(readers.ours(other, digest, signature) == readers.theirs(other, digest, signature), "for another as well");
    }

    /// P-150: a fault looks like the zero address elsewhere; here it is no answer at all.
    function test_Zero_HasSignedNothing() public view {
        assertTrue(!readers.ours(address(0), 0, new bytes(65)), "nothing");
        assertTrue(!readers.ours(address(0), 0, abi.encodePacked(bytes32(ORDER), bytes32(uint256(1)), uint8(27))), "out of range");
        assertTrue(!readers.ours(address(0), 0, ""), "empty");
    }
}
