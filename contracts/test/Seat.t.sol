// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the operator's seat and of the prover reserve: who sits, who is paid, and what neither can be made to lose.

import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {IMaturity} from "../src/interfaces/IMaturity.sol";
import {IOperatorSeat} from "../src/interfaces/IOperatorSeat.sol";
import {IProverReserve} from "../src/interfaces/IProverReserve.sol";
import {Outputs} from "../src/interfaces/IRollup.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {ProverReserve} from "../src/rollup/ProverReserve.sol";
import {System} from "./support/System.sol";

contract EpisodesPlayed {
    ILifecycle.Phase public phase;
    uint32 private _number;

    function set(ILifecycle.Phase next, uint32 number) external {
        (phase, _number) = (next, number);
    }

    function episode() external view returns (ILifecycle.Episode memory current) {
        current.number = _number;
    }
}

contract OssifiedPlayed {
    function stage() external pure returns (IMaturity.Stage) {
        return IMaturity.Stage.Ossified;
    }
}

/// @dev P-120 keys and replacement; P-121 auction; P-122 forfeits; P-123 pay; P-124 top-ups.
contract SeatTest is System {
    address private constant NEW_HOT = address(0x407);
    address private constant NEW_COLD = address(0xc07d);
    address private constant PROVER = address(0xbe4e);
    uint256 private constant B0 = 0.05 gwei;

    function setUp() public {
        deploySystem(1, false, true);
        vm.deal(address(this), 10_000 ether);
    }

    receive() external payable {}

    /// P-120
    function test_Keys_OnlyTheColdKeyAndTheAuthority() public {
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.NotColdKey.selector, OPERATOR, COLD));
        vm.prank(OPERATOR);
        seat.rotateOperator(NEW_HOT);
        vm.startPrank(COLD);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.ZeroAddress.selector));
        seat.rotateOperator(address(0));
        seat.rotateOperator(NEW_HOT);
        seat.setColdKey(NEW_COLD);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.NotColdKey.selector, COLD, NEW_COLD));
        seat.setColdKey(COLD);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.NotUpgradeAuthority.selector, COLD, AUTHORITY));
        seat.replace(COLD, COLD);
        vm.stopPrank();
        vm.startPrank(AUTHORITY);
        seat.replace(OPERATOR, COLD);
        assertEq(seat.operator(), OPERATOR, "replaced");
        OssifiedPlayed ossified = new OssifiedPlayed();
        vm.etch(MATURITY, address(ossified).code);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.ReplacementOver.selector));
        seat.replace(NEW_HOT, NEW_COLD);
    }

    /// P-121: opens after 30 d in Enforced; at least 10 ETH and 110 % of the last; 7 d; the outbid gets its bid back.
    function test_Auction_FromFirstBidToSeat() public {
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        skip(30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.AuctionClosed.selector));
        seat.bid{value: 10 ether}(NEW_HOT, NEW_COLD);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.BidTooLow.selector, 10 ether - 1, 10 ether));
        seat.bid{value: 10 ether - 1}(NEW_HOT, NEW_COLD);
        seat.bid{value: 10 ether}(address(1), address(this));
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.BidTooLow.selector, 11 ether - 1, 11 ether));
        seat.bid{value: 11 ether - 1}(NEW_HOT, NEW_COLD);
        seat.bid{value: 11 ether}(NEW_HOT, NEW_COLD);
        assertEq(seat.owedWei(address(this)), 10 ether, "outbid");
        skip(7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.AuctionRunning.selector, clock.current() + 1));
        seat.settleAuction();
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.AuctionClosed.selector));
        seat.bid{value: 100 ether}(address(1), address(1));
        seat.settleAuction();
        assertEq(rollup.operator(), NEW_HOT, "seated");
        assertEq(seat.bondWei(), 11 ether, "bond");
        assertTrue(!seat.isAuctionOpen(), "closed");
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.NoAuction.selector));
        seat.settleAuction();
        uint256 before = address(this).balance;
        seat.withdraw(address(this));
        assertEq(address(this).balance - before, 10 ether, "given back");
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.NothingOwed.selector, address(this)));
        seat.withdraw(address(this));
    }

    /// P-122: half of the bond for each entry of its own time, whoever touches the seat; the rest comes back; the balance is always covered.
    function testFuzz_Forfeits_HalveForEachEntryOfItsTime(uint8 entries, uint96 extra) public {
        EpisodesPlayed played = new EpisodesPlayed();
        vm.etch(address(lifecycle), address(played).code);
        EpisodesPlayed episodes = EpisodesPlayed(address(lifecycle));
        episodes.set(ILifecycle.Phase.Operating, 3);
        OssifiedPlayed ossified = new OssifiedPlayed();
        vm.etch(MATURITY, address(ossified).code);
        uint256 bond = 10 ether + uint256(extra) % 1_000 ether;
        seat.bid{value: bond}(NEW_HOT, NEW_COLD);
        skip(7 days);
        seat.settleAuction();
        assertEq(seat.bondWei(), bond, "entries before its time cost nothing");
        uint256 count = bound(entries, 1, 20);
        episodes.set(ILifecycle.Phase.Enforced, uint32(3 + count));
        uint256 left = bond;
        for (uint256 i = 0; i < count; ++i) left -= left / 2;
        assertEq(seat.bondWei(), left, "halved");
        assertTrue(seat.isAuctionOpen(), "an entry reopens it");
        seat.forfeit();
        assertEq(RESERVE.balance, bond - left, "to the reserve");
        assertEq(address(seat).balance, left, "what is left is there");
        seat.bid{value: 12 ether}(address(1), address(2));
        skip(7 days);
        seat.settleAuction();
        assertEq(seat.owedWei(NEW_COLD), left, "what is left comes back");
        assertEq(address(seat).balance, left + 12 ether, "covered");
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.BondLocked.selector));
        seat.releaseBond();
        episodes.set(ILifecycle.Phase.Frozen, uint32(3 + count));
        seat.releaseBond();
        assertEq(seat.owedWei(address(2)), 12 ether, "free once frozen");
    }

    function newReserve(uint256 funds) private returns (ProverReserve reserve) {
        reserve = new ProverReserve(address(clock), address(inbox), address(rollup), address(lifecycle));
        vm.deal(address(reserve), funds);
    }

    function proveEnforced(bytes32 parentHash, uint64 from, Outputs memory outputs) private {
        commitEnforced(parentHash, from, from, from + 1, from, outputs);
    }

    /// P-123: a + b0 * zkGas of the batch's messages, once, to the proof that decided.
    function test_Reserve_PaysTheDecidingProofOnce() public {
        ProverReserve reserve = newReserve(0);
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 79_000, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IProverReserve.NotFinal.selector, 1, 0));
        reserve.pay(1);
        finalizeRoot("root", 2);
        reserve.pay(1);
        uint256 fee = 2 * 350_000 * 2 gwei + B0 * 100_000;
        assertEq(reserve.creditOf(PROVER), fee, "fee");
        vm.expectRevert(abi.encodeWithSelector(IProverReserve.AlreadyPaid.selector, 1));
        reserve.pay(1);
        vm.deal(address(reserve), fee);
        reserve.withdraw(PROVER);
        assertEq(PROVER.balance, fee, "paid");
        vm.expectRevert(abi.encodeWithSelector(IProverReserve.NothingOwed.selector, PROVER));
        reserve.withdraw(PROVER);
    }

    /// P-124: to 1.2 times the cost, a quarter more for each 6 h unproven; nothing for a head younger than 12 h.
    function test_Reserve_TopsUpEnforcedProofs() public {
        vm.fee(20 gwei);
        ProverReserve reserve = newReserve(1_000 ether);
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(1 hours);
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        skip(12 hours);
        Outputs memory first = outputsOf("first");
        proveEnforced(GENESIS_HASH, 0, first);
        skip(12 hours - 1);
        proveEnforced(first.lastHash, 1, outputsOf("second"));
        skip(3 days);
        rollup.finalize(2);
        uint256 fee = 350_000 * 20 gwei + B0 * 21_000;
        uint256 cost = (7_000_000 * 20 gwei + B0 * 21_000) * 120 / 100;
        cost = cost * 125 / 100;
        cost = cost * 125 / 100;
        reserve.pay(1);
        assertEq(reserve.creditOf(PROVER), cost, "topped up");
        reserve.pay(2);
        assertEq(reserve.creditOf(PROVER), cost + fee, "a second too young");
    }

    /// P-124: a day's top-ups take a fiftieth of what is free, and no message's fee.
    function test_Reserve_ADayCostsAFiftieth() public {
        vm.fee(200 gwei);
        ProverReserve reserve = newReserve(1 ether);
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(1 hours);
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        skip(2 days);
        Outputs memory first = outputsOf("first");
        proveEnforced(GENESIS_HASH, 0, first);
        skip(2 days);
        proveEnforced(first.lastHash, 1, outputsOf("second"));
        skip(3 days);
        rollup.finalize(2);
        uint256 fee = 350_000 * 200 gwei + B0 * 21_000;
        uint256 free = reserve.freeWei();
        assertTrue(free <= 1 ether + 2 gwei, "the messages' fees are not free");
        // A stranger would settle the prover's batch for less than another day gives.
        vm.expectPartialRevert(IProverReserve.TopUpCut.selector);
        reserve.pay(1);
        vm.startPrank(PROVER);
        reserve.pay(1);
        assertEq(reserve.creditOf(PROVER), fee + free / 50, "a fiftieth");
        reserve.pay(2);
        assertEq(reserve.creditOf(PROVER), 2 * fee + free / 50, "and no more that day");
    }

    /// P-124: who observes at a peak raises nothing.
    function test_Reserve_AverageIgnoresPeaksOfOneObserver() public {
        vm.fee(10 gwei);
        ProverReserve reserve = newReserve(0);
        skip(3 days);
        vm.fee(5_000 gwei);
        reserve.observe();
        skip(1);
        vm.fee(10 gwei);
        reserve.observe();
        skip(4 days);
        assertEq(reserve.averageBaseFeeWei(), 10 gwei, "as if it had not been");
        skip(10 days);
        vm.fee(30 gwei);
        reserve.observe();
        skip(7 days);
        assertEq(reserve.averageBaseFeeWei(), 30 gwei, "what both ends saw");
    }

    /// P-124: a later stay in Enforced does not make the proofs of an earlier one late: their top-up waits for whoever calls `pay`.
    function test_Reserve_TopsUpProofsOfEarlierEpisodes() public {
        vm.fee(20 gwei);
        ProverReserve reserve = newReserve(1_000 ether);
        bytes32 parent = GENESIS_HASH;
        for (uint64 i = 0; i < 6; ++i) {
            inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
            skip(7 days + 1);
            lifecycle.enterEnforced(0);
            skip(12 hours);
            Outputs memory outputs = outputsOf(bytes32(uint256(i)));
            proveEnforced(parent, i, outputs);
            parent = outputs.lastHash;
            skip(3 days);
            rollup.finalize(i + 1);
            vm.prank(OPERATOR);
            lifecycle.requestReturn();
            skip(1 days);
            lifecycle.returnToOperating();
        }
        uint256 cost = (7_000_000 * 20 gwei + B0 * 21_000) * 120 / 100;
        cost = cost * 125 / 100 * 125 / 100;
        // Five entries are remembered; what was proven before is paid as what nobody waited for.
        uint256 fee = 350_000 * 20 gwei + B0 * 21_000;
        assertEq(lifecycle.enteredT(1) + lifecycle.enteredT(0) + lifecycle.enteredT(7), 0, "forgotten, or never was");
        for (uint64 i = 1; i <= 6; ++i) {
            reserve.pay(i);
            assertEq(reserve.creditOf(PROVER), (i - 1) * cost + fee, "topped up but the first");
        }
    }

    /// P-121: whom the authority seats is not unseated by an auction that was open under the one before; the bid comes back.
    function test_Replace_EndsARunningAuction() public {
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, 21_000, 0, "");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        skip(30 days);
        seat.bid{value: 10 ether}(address(1), address(2));
        skip(7 days - 1);
        vm.prank(AUTHORITY);
        seat.replace(NEW_HOT, NEW_COLD);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorSeat.NoAuction.selector));
        seat.settleAuction();
        assertEq(seat.owedWei(address(2)), 10 ether, "given back");
        assertEq(address(seat).balance, 10 ether, "covered");
        assertEq(seat.operator(), NEW_HOT, "sits");
        seat.bid{value: 10 ether}(address(1), address(2));
        assertEq(seat.auction().endT, clock.current() + 7 days, "another auction begins anew");
    }
}
