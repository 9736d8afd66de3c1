// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the attester lane: which lists of signatures it takes, and which it must not.

import {IAttesterLane} from "../src/interfaces/IAttesterLane.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {AttesterLane} from "../src/rollup/AttesterLane.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev P-030 accepted implies a quorum of members signed exactly these inputs and outputs.
contract AttesterLaneTest is TestBase {
    bytes32 private constant INPUTS = keccak256("inputs");
    bytes32 private constant OUTPUTS = keccak256("outputs");
    bytes32 private constant BINDING = keccak256("binding");
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint256[] private keys;
    AttesterLane private lane;
    bytes32 private statement;

    function setUp() public {
        lane = createLane(7);
        statement = Statement.hash(INPUTS, OUTPUTS, BINDING);
    }

    function createLane(uint256 count) private returns (AttesterLane) {
        delete keys;
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = uint256(keccak256(abi.encode("attester", i)));
            keys.push(key);
            for (uint256 j = keys.length - 1; j > 0 && vm.addr(keys[j]) < vm.addr(keys[j - 1]); --j) {
                (keys[j], keys[j - 1]) = (keys[j - 1], keys[j]);
            }
        }
        return new AttesterLane(addresses(), Constants.SPEC_ID, Constants.PROFILE_TEST);
    }

    function addresses() private view returns (address[] memory members) {
        members = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            members[i] = vm.addr(keys[i]);
        }
    }

    function signature(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function signatures(uint256 count) private view returns (bytes[] memory list) {
        list = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = signature(keys[i], lane.digest(INPUTS, OUTPUTS));
        }
    }

    function data(bytes[] memory list) private pure returns (bytes memory) {
        return abi.encode(INPUTS, OUTPUTS, BINDING, list);
    }

    /// P-030
    function test_Quorum_IsTwoThirdsRoundedUp() public {
        uint256[5] memory sizes = [uint256(5), 6, 7, 9, 10];
        uint256[5] memory quorums = [uint256(4), 4, 5, 6, 7];
        for (uint256 i = 0; i < sizes.length; ++i) {
            assertEq(createLane(sizes[i]).quorum(), quorums[i], "quorum");
        }
    }

    /// P-030
    function test_Submit_AtQuorumAndOneBelow() public {
        bytes memory short = data(signatures(4));
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.QuorumMissed.selector, 4, 5));
        lane.submit(statement, 0, short);
        assertTrue(!lane.accepted(statement), "not at quorum - 1");
        lane.submit(statement, 0, data(signatures(5)));
        assertTrue(lane.accepted(statement), "at quorum");
        lane.submit(statement, 0, data(signatures(7)));
        bytes32 other = Statement.hash(INPUTS, OUTPUTS, keccak256("other binding"));
        assertTrue(!lane.accepted(other), "another binding is another statement");
        lane.submit(other, 0, abi.encode(INPUTS, OUTPUTS, keccak256("other binding"), signatures(5)));
        assertTrue(lane.accepted(other), "which anyone may carry");
    }

    /// P-030
    function test_Submit_RevertWhen_SignersRepeatOrDescend() public {
        bytes[] memory list = signatures(5);
        list[4] = list[3];
        address fourth = vm.addr(keys[3]);
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.SignersNotAscending.selector, fourth, fourth));
        lane.submit(statement, 0, data(list));
        list = signatures(5);
        (list[0], list[1]) = (list[1], list[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IAttesterLane.SignersNotAscending.selector, vm.addr(keys[1]), vm.addr(keys[0]))
        );
        lane.submit(statement, 0, data(list));
    }

    /// P-030
    function test_Submit_RevertWhen_AStrangerSigns() public {
        uint256 stranger = uint256(keccak256("stranger"));
        bytes[] memory list = signatures(5);
        list[0] = signature(stranger, lane.digest(INPUTS, OUTPUTS));
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.NotAttester.selector, vm.addr(stranger)));
        lane.submit(statement, 0, data(list));
    }

    /// P-030: a signature counts in its one canonical form, for this lane, chain, inputs and outputs.
    function test_Submit_RevertWhen_SignatureIsForSomethingElse() public {
        bytes[] memory list = signatures(5);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], lane.digest(INPUTS, OUTPUTS));
        list[0] = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert();
        lane.submit(statement, 0, data(list));
        list[0] = signature(keys[0], lane.digest(OUTPUTS, INPUTS));
        vm.expectRevert();
        lane.submit(statement, 0, data(list));
        AttesterLane twin = new AttesterLane(addresses(), Constants.SPEC_ID, Constants.PROFILE_TEST);
        list[0] = signature(keys[0], twin.digest(INPUTS, OUTPUTS));
        vm.expectRevert();
        lane.submit(statement, 0, data(list));
        list = signatures(5);
        vm.chainId(5);
        vm.expectRevert();
        lane.submit(statement, 0, data(list));
    }

    function test_Submit_RevertWhen_StatementOrPartIsAnother() public {
        bytes32 other = keccak256("other");
        bytes memory proof = data(signatures(5));
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.StatementMismatch.selector, other, statement));
        lane.submit(other, 0, proof);
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.NoSuchPart.selector, 1));
        lane.submit(statement, 1, proof);
    }

    function test_Constructor_RevertWhen_SetIsInvalid() public {
        address[] memory members = new address[](4);
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.TooFewAttesters.selector, 4, 5));
        new AttesterLane(members, 1, Constants.PROFILE_TEST);
        members = new address[](5);
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.AttestersNotAscending.selector, address(0), address(0)));
        new AttesterLane(members, 1, Constants.PROFILE_TEST);
        for (uint160 i = 0; i < 5; ++i) {
            members[i] = address(i == 4 ? 4 : i + 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IAttesterLane.AttestersNotAscending.selector, address(4), address(4)));
        new AttesterLane(members, 1, Constants.PROFILE_TEST);
    }
}
