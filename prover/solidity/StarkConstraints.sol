// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ConstraintMachine} from "./ConstraintMachine.sol";
import {QuarticExtension as E} from "./QuarticExtension.sol";
import {StarkKey} from "./StarkKey.sol";
import {Challenges} from "./StarkTranscript.sol";

/// @title The checks at zeta: constraints against the quotient, balance of the buses (PROTOCOL.md section 7).
/// @notice Owns: leaf values of the constraint program, selectors, public terms. Does not own: whether the opened values
/// are true (StarkQueries.sol).
/// @dev Invariant: uses exactly the openings, public values and the lookup sum of this proof.
library StarkConstraints {
    /// @notice The folded constraints are not Z times the quotient.
    error Constraints(uint256 claimed, uint256 folded);
    error ZeroFingerprint();
    /// @notice Lookup sum and public terms do not cancel.
    error LookupSum();

    function check(StarkKey memory key, Challenges memory c, uint256 publics) internal view {
        uint256 zetaToHeight = c.zeta;
        for (uint256 i = 0; i < key.logHeight; ++i) zetaToHeight = E.mul(zetaToHeight, zetaToHeight);
        uint256 vanishing = E.reduce(E.sub(zetaToHeight, 1));
        uint256 transition = E.reduce(E.sub(c.zeta, key.traceRootInverse));
        // zeta is outside the base field, so neither difference is zero.
        uint256[4] memory weights = [
            c.constraint,
            E.mul(vanishing, E.inverse(E.reduce(E.sub(c.zeta, 1)))),
            E.mul(vanishing, E.inverse(transition)),
            transition
        ];
        uint256[] memory leaves = leafValues(key, c, publics);
        uint256 folded = ConstraintMachine.fold(key.program, leaves, key.slotCount, weights);
        uint256 low = recombine(c.here + 16 * (key.hereCount - 8));
        uint256 high = recombine(c.here + 16 * (key.hereCount - 4));
        uint256 claimed = E.mul(vanishing, E.add(low, E.mul(zetaToHeight, high)));
        if (folded != claimed) revert Constraints(claimed, folded);
        if (key.hasLookup == 1) checkBalance(key, c, publics);
    }

    function element(uint256 position) private pure returns (uint256) {
        uint256 word;
        assembly ("memory-safe") {
            word := calldataload(position)
        }
        return E.unpack(word);
    }

    /// @dev An extension column's value from those of its four base columns.
    function recombine(uint256 position) private pure returns (uint256 value) {
        for (uint256 k = 4; k > 0; --k) value = E.add(E.timesX(value), element(position + 16 * (k - 1)));
        return E.reduce(value);
    }

    function publicValue(uint256 publics, uint256 index) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(224, calldataload(add(publics, shl(2, index))))
        }
    }

    function leafValues(StarkKey memory key, Challenges memory c, uint256 publics) private pure returns (uint256[] memory values) {
        bytes memory map = key.leaves;
        uint256[] memory powers = betaPowers(key, c);
        values = new uint256[](map.length / 3);
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 entry;
            assembly ("memory-safe") {
                entry := shr(232, mload(add(add(map, 32), mul(3, i))))
            }
            uint256 kind = entry >> 16;
            uint256 index = entry & 0xffff;
            if (kind == 0) values[i] = element(c.here + 16 * index);
            else if (kind == 1) values[i] = element(c.next + 16 * index);
            else if (kind == 2) values[i] = recombine(c.here + 16 * index);
            else if (kind == 3) values[i] = recombine(c.next + 16 * index);
            else if (kind == 4) values[i] = publicValue(publics, index);
            else if (kind == 5) values[i] = c.alpha;
            else if (kind == 6) values[i] = powers[index];
            else values[i] = E.scale(element(c.sums), key.heightInverse);
        }
    }

    function betaPowers(StarkKey memory key, Challenges memory c) private pure returns (uint256[] memory powers) {
        powers = new uint256[](key.widestTuple + 1);
        powers[0] = 1;
        for (uint256 i = 1; i < powers.length; ++i) powers[i] = E.mul(powers[i - 1], c.beta);
    }

    /// @dev Sums fractions over one common denominator, which is zero exactly when some fingerprint is.
    function checkBalance(StarkKey memory key, Challenges memory c, uint256 publics) private pure {
        bytes memory terms = key.publicTerms;
        uint256[] memory powers = betaPowers(key, c);
        uint256 numerator = element(c.sums);
        uint256 denominator = 1;
        uint256 cursor;
        uint256 end;
        assembly ("memory-safe") {
            cursor := add(terms, 32)
            end := add(cursor, mload(terms))
        }
        while (cursor < end) {
            uint256 multiplicity;
            uint256 fingerprint;
            (multiplicity, fingerprint, cursor) = readTerm(cursor, powers, c.alpha, publics);
            numerator = E.reduce(E.add(E.mul(numerator, fingerprint), E.scale(denominator, multiplicity)));
            denominator = E.mul(denominator, fingerprint);
        }
        if (denominator == 0) revert ZeroFingerprint();
        if (numerator != 0) revert LookupSum();
    }

    /// @dev A term is bus id + 1 (u16), multiplicity (u32), entry count (u8); an entry is place (u8), kind (u8), value (u32).
    function readTerm(uint256 cursor, uint256[] memory powers, uint256 alpha, uint256 publics)
        private
        pure
        returns (uint256 multiplicity, uint256 fingerprint, uint256 next)
    {
        uint256 head;
        assembly ("memory-safe") {
            head := shr(200, mload(cursor))
        }
        multiplicity = (head >> 8) & 0xffffffff;
        fingerprint = E.add(alpha, E.scale(powers[powers.length - 1], head >> 40));
        next = cursor + 7;
        for (uint256 count = head & 0xff; count > 0; --count) {
            uint256 entry;
            assembly ("memory-safe") {
                entry := shr(208, mload(next))
            }
            uint256 value = entry & 0xffffffff;
            if ((entry >> 32) & 0xff == 1) value = publicValue(publics, value);
            fingerprint = E.reduce(E.sub(fingerprint, E.scale(powers[entry >> 40], value)));
            next += 6;
        }
        fingerprint = E.reduce(fingerprint);
    }
}
