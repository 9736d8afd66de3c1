// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of votes: what may be proposed, who decides, when it ends; and the known faults of OpenZeppelin's Governor and timelock
// in this wiring.

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {KeyfallGovernor} from "../src/governance/KeyfallGovernor.sol";
import {KeyfallToken} from "../src/governance/KeyfallToken.sol";
import {IClock} from "../src/interfaces/IClock.sol";
import {IUpgradeTimelock, Upgrade, UpgradeKind} from "../src/interfaces/IUpgradeTimelock.sol";
import {Governance} from "./support/Governance.sol";

/// @dev P-140 one typed upgrade; P-155 nothing settable, passed proposals expire; P-156 the token.
contract GovernorTest is Governance {
    string private constant WHY = "why";

    function setUp() public {
        deployGovernance();
    }

    function call(Upgrade memory upgrade)
        private
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas)
    {
        targets = new address[](1);
        values = new uint256[](1);
        calldatas = new bytes[](1);
        targets[0] = address(timelock);
        calldatas[0] = abi.encodeCall(IUpgradeTimelock.schedule, (upgrade));
    }

    function propose(Upgrade memory upgrade, string memory description) private returns (uint256) {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(upgrade);
        vm.prank(whale);
        return governor.propose(t, v, c, description);
    }

    function carryOut(Upgrade memory upgrade, string memory description) private {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(upgrade);
        governor.execute(t, v, c, keccak256(bytes(description)));
    }

    function pass(Upgrade memory upgrade) private returns (uint256 id) {
        id = propose(upgrade, WHY);
        skip(2 days + 1);
        vm.prank(whale);
        governor.castVote(id, 1);
        skip(7 days + 1);
    }

    /// P-140: proposal to schedule, in two, seven and no fewer days.
    function test_Proposal_BecomesOneScheduledUpgrade() public {
        Upgrade memory upgrade = feesUpgrade();
        uint256 id = propose(upgrade, WHY);
        vm.expectRevert();
        vm.prank(whale);
        governor.castVote(id, 1);
        skip(2 days + 1);
        vm.prank(whale);
        governor.castVote(id, 1);
        skip(7 days - 1);
        vm.expectRevert();
        carryOut(upgrade, WHY);
        skip(1);
        carryOut(upgrade, WHY);
        assertState(timelock.idOf(upgrade), IUpgradeTimelock.UpgradeState.Scheduled, "scheduled");
        vm.expectRevert();
        carryOut(upgrade, WHY);
    }

    /// P-140
    function test_Propose_RevertWhen_NotOneTypedUpgrade() public {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(feesUpgrade());
        address[6] memory targets = [address(governor), address(token), address(council), address(core), address(clock), whale];
        for (uint256 i = 0; i < targets.length; ++i) {
            t[0] = targets[i];
            refuse(t, v, c);
        }
        t[0] = address(timelock);
        v[0] = 1;
        refuse(t, v, c);
        v[0] = 0;
        c[0] = abi.encodeCall(IUpgradeTimelock.veto, (0, REPORT, 0));
        refuse(t, v, c);
        c[0] = hex"010203";
        refuse(t, v, c);
        refuse(new address[](0), new uint256[](0), new bytes[](0));
        // Two at once: the delay of one would cover the other.
        address[] memory t2 = new address[](2);
        bytes[] memory c2 = new bytes[](2);
        (t2[0], t2[1]) = (address(timelock), address(timelock));
        c2[0] = abi.encodeCall(IUpgradeTimelock.schedule, (feesUpgrade()));
        c2[1] = c2[0];
        refuse(t2, new uint256[](2), c2);
    }

    /// P-140: calldata that is no upgrade, or not in its one encoding, is not put to a vote. It would only be for those who read it.
    function test_Propose_RevertWhen_CalldataIsNotTheOneEncoding() public {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(feesUpgrade());
        bytes memory good = c[0];
        c[0] = bytes.concat(good, hex"00");
        refuse(t, v, c);
        c[0] = bytes.concat(good, bytes32(0));
        refuse(t, v, c);
        bytes4 selector = IUpgradeTimelock.schedule.selector;
        bytes[4] memory undecodable = [
            abi.encodePacked(selector),
            abi.encodePacked(selector, hex"01"),
            // A kind that does not exist.
            abi.encodePacked(selector, abi.encode(uint256(32), uint256(8), uint256(128), REPORT, bytes32(0), uint256(0))),
            // A payload that is said to be elsewhere.
            abi.encodePacked(selector, abi.encode(uint256(32), uint256(6), type(uint256).max, REPORT, bytes32(0), uint256(0)))
        ];
        for (uint256 i = 0; i < undecodable.length; ++i) {
            c[0] = undecodable[i];
            vm.expectRevert();
            vm.prank(whale);
            governor.propose(t, v, c, WHY);
        }
        // The same upgrade with its payload one word further on: another reader might look in the old place.
        c[0] = abi.encodePacked(
            selector, abi.encode(uint256(32), uint256(6), uint256(160), REPORT, bytes32(0), uint256(0), uint256(0))
        );
        refuse(t, v, c);
        c[0] = good;
        vm.prank(whale);
        governor.propose(t, v, c, WHY);
    }

    /// P-155: what came in could never leave.
    function test_Value_IsRefused() public {
        vm.deal(whale, 2 ether);
        vm.prank(whale);
        (bool isTaken,) = address(governor).call{value: 1}("");
        assertTrue(!isTaken, "plain transfer");
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(feesUpgrade());
        vm.expectRevert(abi.encodeWithSelector(KeyfallGovernor.ValueRefused.selector, 1));
        vm.prank(whale);
        governor.execute{value: 1}(t, v, c, keccak256(bytes(WHY)));
    }

    function refuse(address[] memory t, uint256[] memory v, bytes[] memory c) private {
        vm.expectRevert(KeyfallGovernor.NotOneTypedUpgrade.selector);
        vm.prank(whale);
        governor.propose(t, v, c, WHY);
    }

    /// P-155: every inherited function behind `onlyGovernance` is dead, for everyone, the governor itself included.
    function test_Settings_AreFixed() public {
        address[5] memory callers = [whale, address(governor), address(timelock), address(council), address(this)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(KeyfallGovernor.SettingsAreFixed.selector);
            vm.prank(callers[i]);
            governor.relay(address(timelock), 0, "");
            vm.expectRevert(KeyfallGovernor.SettingsAreFixed.selector);
            vm.prank(callers[i]);
            governor.setLateQuorumVoteExtension(1);
        }
        assertEq(governor.votingDelay(), 2 days, "delay");
        assertEq(governor.votingPeriod(), 7 days, "period");
        assertEq(governor.lateQuorumVoteExtension(), 2 days, "late quorum");
        assertEq(governor.proposalThreshold(), 5_000 ether, "0.5 %");
        assertEq(governor.quorum(clock.current() - 1), 40_000 ether, "4 %");
    }

    /// P-155: a proposal that passed is scheduled within 14 days or never.
    function test_PassedProposal_Expires() public {
        Upgrade memory upgrade = feesUpgrade();
        uint256 id = pass(upgrade);
        vm.warp(timestamp() + governor.proposalDeadline(id) + 14 days - clock.current());
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Succeeded), "the last second");
        skip(1);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Expired), "expired");
        vm.expectRevert();
        carryOut(upgrade, WHY);
    }

    /// P-155: with fewer than 4 % for and abstaining nothing passes, and nobody proposes with less than 0.5 %.
    function test_QuorumAndThreshold() public {
        vm.prank(minnow);
        token.transfer(whale, 5_001 ether);
        skip(1);
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(feesUpgrade());
        vm.expectRevert();
        vm.prank(minnow);
        governor.propose(t, v, c, WHY);
        vm.prank(whale);
        token.transfer(minnow, 1 ether);
        skip(1);
        vm.prank(minnow);
        uint256 id = governor.propose(t, v, c, WHY);
        skip(2 days + 1);
        vm.prank(minnow);
        governor.castVote(id, 1);
        skip(7 days + 1);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "no quorum");
    }

    /// P-155: who reaches the quorum at the last moment leaves two days to the others.
    function test_LateQuorum_LeavesTwoDays() public {
        uint256 id = propose(feesUpgrade(), WHY);
        skip(9 days);
        vm.prank(whale);
        governor.castVote(id, 1);
        skip(2 days);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Active), "still open");
        skip(1);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Succeeded), "closed");
    }

    /// P-155: a vote's clock is T.
    function test_Vote_WaitsWhile_TStands() public {
        uint256 id = propose(feesUpgrade(), WHY);
        skip(1 days);
        vm.prank(address(council));
        clock.start(IClock.Stop.Pause);
        skip(2 days);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Pending), "time stands");
        // Votes bought while it stands still count at the snapshot; borrowed ones that are gone by then do not.
        vm.prank(whale);
        token.transfer(minnow, 980_000 ether);
        vm.prank(minnow);
        token.transfer(whale, 980_000 ether);
        skip(2 days + 1);
        assertEq(governor.getVotes(whale, governor.proposalSnapshot(id)), 990_000 ether, "what it had");
    }

    /// P-140, CVE-2023-34234: a copied proposal cannot be used to cancel the original when its description names its proposer.
    function test_FrontRun_CannotCancelAnothersProposal() public {
        string memory description = string.concat("why#proposer=", hexOf(whale));
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(feesUpgrade());
        vm.expectRevert();
        vm.prank(minnow);
        governor.propose(t, v, c, description);
        uint256 id = propose(feesUpgrade(), description);
        vm.expectRevert();
        vm.prank(minnow);
        governor.cancel(t, v, c, keccak256(bytes(description)));
        skip(2 days + 1);
        // Once the vote runs, nobody cancels, the proposer included.
        vm.expectRevert();
        vm.prank(whale);
        governor.cancel(t, v, c, keccak256(bytes(description)));
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Active), "goes on");
    }

    /// P-140: an identity is used once; the same upgrade from two proposals is two schedules, told apart by its salt.
    function test_Ids_DoNotCollide() public {
        Upgrade memory upgrade = feesUpgrade();
        pass(upgrade);
        carryOut(upgrade, WHY);
        uint256 id = propose(upgrade, "again");
        skip(2 days + 1);
        vm.prank(whale);
        governor.castVote(id, 1);
        skip(7 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.AlreadyScheduled.selector, timelock.idOf(upgrade)));
        carryOut(upgrade, "again");
    }

    /// P-140: there is no role to renounce, no executor to bypass, no admin to take over.
    function test_NoRoles_NoExecutor() public {
        bytes4[7] memory selectors = [
            bytes4(keccak256("renounceRole(bytes32,address)")),
            bytes4(keccak256("grantRole(bytes32,address)")),
            bytes4(keccak256("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)")),
            bytes4(keccak256("updateDelay(uint256)")),
            bytes4(keccak256("transferOwnership(address)")),
            bytes4(keccak256("initialize()")),
            bytes4(keccak256("cancel(bytes32)"))
        ];
        address[3] memory targets = [address(timelock), address(council), address(maturity)];
        for (uint256 i = 0; i < targets.length; ++i) {
            for (uint256 j = 0; j < selectors.length; ++j) {
                (bool isDone,) = targets[i].call(abi.encodePacked(selectors[j], new bytes(320)));
                assertTrue(!isDone, "no such function");
            }
        }
    }

    /// P-155: votes that are borrowed for a block propose nothing and count for nothing, and the snapshot of a vote never moves.
    function test_BorrowedVotes_CountForNothing() public {
        address borrower = address(0xb0440);
        vm.prank(borrower);
        token.delegate(borrower);
        vm.prank(whale);
        token.transfer(borrower, 500_000 ether);
        assertEq(token.getVotes(borrower), 500_000 ether, "in the same second it has the votes");
        (address[] memory t, uint256[] memory v, bytes[] memory c) = call(feesUpgrade());
        vm.expectRevert();
        vm.prank(borrower);
        governor.propose(t, v, c, WHY);
        vm.prank(borrower);
        token.transfer(whale, 500_000 ether);
        skip(1);
        uint256 id = propose(feesUpgrade(), WHY);
        uint256 quorumBefore = governor.quorum(governor.clock() - 1);
        skip(2 days + 1);
        vm.prank(whale);
        token.transfer(borrower, 500_000 ether);
        vm.prank(borrower);
        assertEq(governor.castVote(id, 1), 0, "bought after the snapshot");
        // CVE-2022-31198: no setter moves the quorum of a vote that runs.
        skip(10 days);
        assertEq(governor.quorum(governor.proposalSnapshot(id)), quorumBefore, "the quorum of then");
    }

    /// P-155: a vote by signature counts once, for its proposal and voter.
    function test_VoteBySignature() public {
        uint256 key = 555;
        address voter = vm.addr(key);
        vm.prank(whale);
        token.transfer(voter, 100_000 ether);
        vm.prank(voter);
        token.delegate(voter);
        skip(1);
        uint256 id = propose(feesUpgrade(), WHY);
        skip(2 days + 1);
        bytes32 typehash = keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Keyfall Governor"),
                keccak256("1"),
                block.chainid,
                address(governor)
            )
        );
        bytes32 digest =
            keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(typehash, id, uint8(1), voter, uint256(0)))));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        vm.expectRevert();
        governor.castVoteBySig(id, 0, voter, abi.encodePacked(r, s, v));
        governor.castVoteBySig(id, 1, voter, abi.encodePacked(r, s, v));
        vm.expectRevert();
        governor.castVoteBySig(id, 1, voter, abi.encodePacked(r, s, v));
        (, uint256 inFavour,) = governor.proposalVotes(id);
        assertEq(inFavour, 100_000 ether, "counted once");
    }

    /// P-156
    function test_Token_IsFixed(uint96 amount, bool isBack) public {
        uint256 moved = bound(amount, 0, 10_000 ether);
        (address from, address to) = isBack ? (whale, minnow) : (minnow, whale);
        vm.prank(from);
        token.transfer(to, moved);
        assertEq(token.balanceOf(whale) + token.balanceOf(minnow), 1_000_000 ether, "sum");
        assertEq(token.totalSupply(), 1_000_000 ether, "supply");
        assertEq(token.getVotes(whale) + token.getVotes(minnow), 1_000_000 ether, "votes follow");
    }

    /// P-156
    function test_Token_RevertWhen_AllocationIsUneven() public {
        address[] memory holders = new address[](1);
        vm.expectRevert(abi.encodeWithSelector(KeyfallToken.AllocationMismatch.selector, 1, 2));
        new KeyfallToken(address(clock), holders, new uint256[](2));
        vm.expectRevert(abi.encodeWithSelector(KeyfallToken.AllocationMismatch.selector, 0, 0));
        new KeyfallToken(address(clock), new address[](0), new uint256[](0));
    }

    function hexOf(address account) private pure returns (string memory) {
        bytes memory digits = "0123456789abcdef";
        bytes memory text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < 20; ++i) {
            uint8 octet = uint8(bytes20(account)[i]);
            text[2 + 2 * i] = digits[octet >> 4];
            text[3 + 2 * i] = digits[octet & 15];
        }
        return string(text);
    }
}
