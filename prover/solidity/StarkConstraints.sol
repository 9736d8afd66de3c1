// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ConstraintMachine} from "./ConstraintMachine.sol";
import {QuarticExtension as E} from "./QuarticExtension.sol";
import {StarkKey} from "./StarkKey.sol";
import {Challenges} from "./StarkTranscript.sol";

/// @title The checks at zeta: constraints against the quotient, balance of the buses (PROTOCOL.md section 7); the folding of
/// the opened values by gamma.
/// @notice Owns: the given slots of the constraint program, selectors, public terms. Does not own: whether the opened values
/// are true (StarkQueries.sol).
/// @dev Invariant: uses exactly the openings, public values and the lookup sum of this proof.
library StarkConstraints {
    /// @notice The folded constraints are not Z times the quotient.
    error Constraints(uint256 claimed, uint256 folded);
    error ZeroFingerprint();
    /// @notice Lookup sum and public terms do not cancel.
    error LookupSum();

    /// @notice Checks everything at zeta and sets `valueHere` and `valueNext`.
    function check(StarkKey memory key, Challenges memory c, uint256 publics) internal view {
        (uint256[] memory slots, uint256 given) = givenSlots(key, c, publics);
        c.valueHere = horner(slots, 0, key.hereCount, E.fromBlock(c.chain));
        c.valueNext = horner(slots, key.hereCount, key.nextCount, E.fromBlock(c.chain));
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
        uint256 low = recombine(slots, key.hereCount - 8);
        uint256 high = recombine(slots, key.hereCount - 4);
        uint256 claimed = E.mul(vanishing, E.add(low, E.mul(zetaToHeight, high)));
        uint256 folded = ConstraintMachine.fold(key.program, slots, given, weights);
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

    function publicValue(uint256 publics, uint256 index) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(224, calldataload(add(publics, shl(2, index))))
        }
    }

    /// @dev Horner in gamma over `count` slots.
    function horner(uint256[] memory slots, uint256 start, uint256 count, uint256 gamma) private pure returns (uint256 value) {
        uint256[4] memory table;
        uint256 tableStart;
        assembly ("memory-safe") {
            tableStart := table
        }
        E.tabulate(gamma, tableStart);
        assembly ("memory-safe") {
            let m := 0xffffffffffffffff
            let p := 0x7f000001
            let g0 := mload(tableStart)
            let g1 := mload(add(tableStart, 32))
            let g2 := mload(add(tableStart, 64))
            let g3 := mload(add(tableStart, 96))
            let cursor := add(add(slots, 32), shl(5, start))
            for { let end := add(cursor, shl(5, count)) } lt(cursor, end) { cursor := add(cursor, 32) } {
                // Four products of elements below p and one element more stay below 2^64.
                let t := add(add(mul(and(value, m), g0), mul(and(shr(64, value), m), g1)), add(mul(and(shr(128, value), m), g2), mul(shr(192, value), g3)))
                t := add(t, mload(cursor))
                value := or(or(mod(and(t, m), p), shl(64, mod(and(shr(64, t), m), p))), or(shl(128, mod(and(shr(128, t), m), p)), shl(192, mod(shr(192, t), p))))
            }
        }
    }

    /// @dev An extension column's value from those of its four base columns.
    function recombine(uint256[] memory slots, uint256 index) private pure returns (uint256 value) {
        for (uint256 k = 4; k > 0; --k) value = E.add(E.timesX(value), slots[index + k - 1]);
        return E.reduce(value);
    }

    /// @dev Slots as key-data.ts numbers them: openings, extension columns, public values, alpha, sum share, powers of beta,
    /// constants. The rest is room for the program.
    function givenSlots(StarkKey memory key, Challenges memory c, uint256 publics) private pure returns (uint256[] memory slots, uint256 given) {
        slots = new uint256[](key.slotCount);
        unpackAll(slots, c.here, key.hereCount + key.nextCount);
        given = key.hereCount + key.nextCount;
        given = recombineAll(slots, key.extensionsHere, 0, given);
        given = recombineAll(slots, key.extensionsNext, key.hereCount, given);
        for (uint256 i = 0; i < key.publicCount; ++i) slots[given++] = publicValue(publics, i);
        slots[given++] = c.alpha;
        slots[given++] = key.hasLookup == 1 ? E.scale(element(c.sums), key.heightInverse) : 0;
        uint256[] memory powers = betaPowers(key, c);
        for (uint256 i = 0; i < powers.length; ++i) slots[given++] = powers[i];
        bytes memory constants = key.constants;
        for (uint256 i = 0; i < constants.length; i += 4) {
            uint256 value;
            assembly ("memory-safe") {
                value := shr(224, mload(add(add(constants, 32), i)))
            }
            slots[given++] = value;
        }
    }

    function unpackAll(uint256[] memory slots, uint256 position, uint256 count) private pure {
        assembly ("memory-safe") {
            let m := 0xffffffff
            let target := add(slots, 32)
            for { let end := add(position, shl(4, count)) } lt(position, end) { position := add(position, 16) } {
                let word := calldataload(position)
                mstore(target, or(or(shr(224, word), shl(64, and(shr(192, word), m))), or(shl(128, and(shr(160, word), m)), shl(192, and(shr(128, word), m)))))
                target := add(target, 32)
            }
        }
    }

    function recombineAll(uint256[] memory slots, bytes memory list, uint256 start, uint256 given) private pure returns (uint256) {
        for (uint256 i = 0; i < list.length; i += 2) {
            uint256 index;
            assembly ("memory-safe") {
                index := shr(240, mload(add(add(list, 32), i)))
            }
            slots[given++] = recombine(slots, start + index);
        }
        return given;
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
