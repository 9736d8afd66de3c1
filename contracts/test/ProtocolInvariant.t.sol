// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the stateful run over Rollup, Lifecycle, Lanes, OperatorSeat and ProverReserve together: acts in any order, each with the outcome that the
// rules give, and after every step what must hold however they came.

import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {IOperatorSeat} from "../src/interfaces/IOperatorSeat.sol";
import {IProverReserve} from "../src/interfaces/IProverReserve.sol";
import {IRollup} from "../src/interfaces/IRollup.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {ProverReserve} from "../src/rollup/ProverReserve.sol";
import {ProtocolHandler} from "./support/ProtocolHandler.sol";

/// @dev The acts with money, the books of it, and the checks.
contract MoneyHandler is ProtocolHandler {
    uint256 private constant FUNDS = 30 ether;
    address private constant PROVER = address(0xbe4e);

    ProverReserve private reserve;
    address[3] private keys = [COLD, address(0xc1), address(0xc2)];
    uint256 private bidsIn;
    uint256 private takenOut;
    uint256 private ghostBond;
    uint256 private ghostEntries;
    uint256 private auctionedEntries;
    bool private wasAuctioned;
    uint256 private baseFeesPromised;
    uint256 private baseFeesReleased;
    uint256 private creditsOut;
    uint256 private lastDay;
    uint256 private dayTopUps;
    uint256 private dayFree;

    uint256 private lastT;
    uint64 private lastFinal;
    uint64 private lastSettled;
    bytes32 private lastFinalHash;
    bytes32 private pinnedRoot;
    uint64 private pinnedSettled;

    constructor() {
        reserve = new ProverReserve(address(clock), address(inbox), address(rollup), address(lifecycle));
        vm.deal(address(reserve), FUNDS);
    }

    function bid(uint256 who, uint256 over, bool isShort) external {
        IOperatorSeat.Auction memory running = seat.auction();
        uint256 needed = running.bidWei * 110 / 100;
        if (needed < 10 ether) needed = 10 ether;
        uint256 amount = isShort ? needed - 1 : needed + over % 1 ether;
        bool isOpen = running.endT == 0 ? isAuctionDue() : nowT() < running.endT;
        try seat.bid{value: amount}(address(uint160(0xb000 + who % 3)), keys[who % 3]) {
            assertTrue(isOpen && !isShort, "at least the step, while it is open");
            bidsIn += amount;
        } catch {
            assertTrue(!isOpen || isShort, "refused for a reason");
        }
    }

    function settleAuction() external {
        IOperatorSeat.Auction memory running = seat.auction();
        bool isAllowed = running.endT != 0 && nowT() >= running.endT;
        (bool ok,) = address(seat).call(abi.encodeCall(seat.settleAuction, ()));
        assertTrue(ok == isAllowed, "after its seven days");
        if (!ok) return;
        takeForfeits();
        (ghostBond, auctionedEntries, wasAuctioned) = (running.bidWei, entries, true);
        assertEq(rollup.operator(), running.operator, "who bid most sits");
    }

    function forfeit() external {
        seat.forfeit();
        takeForfeits();
    }

    function releaseBond() external {
        (bool ok,) = address(seat).call(abi.encodeCall(seat.releaseBond, ()));
        assertTrue(ok == isFrozen, "only when frozen");
        if (!ok) return;
        takeForfeits();
        ghostBond = 0;
    }

    function replace(uint256 who, bool isAuthority) external {
        if (who % 8 != 0) return;
        vm.prank(isAuthority ? AUTHORITY : COUNCIL);
        (bool ok,) = address(seat).call(abi.encodeCall(seat.replace, (OPERATOR, COLD)));
        assertTrue(ok == isAuthority, "the authority alone");
        if (!ok) return;
        takeForfeits();
        (ghostBond, wasAuctioned) = (0, false);
    }

    function withdrawOwed(uint256 who) external {
        address key = keys[who % 3];
        uint256 owed = seat.owedWei(key);
        uint256 before = key.balance;
        (bool ok,) = address(seat).call(abi.encodeCall(seat.withdraw, (key)));
        assertTrue(ok == (owed != 0), "what is owed");
        assertEq(key.balance - before, owed, "all of it");
        takenOut += owed;
    }

    function fee(uint256 gwei_, bool isObserved) external {
        vm.fee(bound(gwei_, 1, 60) * 1 gwei);
        if (isObserved) reserve.observe();
    }

    /// @dev By the prover, or by a stranger, who may not have it paid in part.
    function pay(uint256 back, bool isStranger) external {
        uint64 finalized = rollup.finalizedCount();
        uint64 index = uint64(bound(back, 0, finalized + 1));
        bool isAllowed = index != 0 && index <= finalized && !reserve.isPaid(index);
        uint256 before = reserve.creditOf(PROVER);
        uint256 free = reserve.freeWei();
        vm.prank(isStranger ? address(this) : PROVER);
        (bool ok, bytes memory reason) = address(reserve).call(abi.encodeCall(reserve.pay, (index)));
        bool isCut = !ok && bytes4(reason) == IProverReserve.TopUpCut.selector;
        assertTrue(ok ? isAllowed : !isAllowed || (isCut && isStranger), "a final batch, once, and by others in full");
        if (!ok) return;
        IRollup.BatchRecord memory record = rollup.batch(index);
        (uint256 promised, uint256 released) = feesOf(rollup.batch(index - 1).inboxTo, record.inboxTo);
        baseFeesReleased += released;
        uint256 paid = reserve.creditOf(PROVER) - before;
        assertTrue(paid >= promised && (record.isEnforced || paid == promised), "the base price of what it proved");
        creditsOut += paid;
        if (paid == promised) return;
        if (nowT() / 1 days != lastDay) (lastDay, dayTopUps, dayFree) = (nowT() / 1 days, 0, free + released - promised);
        dayTopUps += paid - promised;
        assertLe(dayTopUps, dayFree / 50 + 1, "a fiftieth a day");
    }

    function withdrawPay() external {
        uint256 owed = reserve.creditOf(PROVER);
        // What the Inbox holds for it would have to be swept to the address that the Inbox knows.
        if (owed > address(reserve).balance) return;
        (bool ok,) = address(reserve).call(abi.encodeCall(reserve.withdraw, (PROVER)));
        assertTrue(ok == (owed != 0), "what is owed");
        creditsOut -= owed;
    }

    // P-001 P-024 P-101 P-104 P-105
    function checkChain() external {
        uint64 finalized = rollup.finalizedCount();
        (, bytes32 finalHash,,) = rollup.finalHead();
        assertLe(lastT, nowT(), "T");
        assertTrue(finalized >= lastFinal && rollup.settledIndex() >= lastSettled, "finality and settlement only grow");
        assertTrue(finalized > lastFinal || lastFinalHash == 0 || finalHash == lastFinalHash, "no final hash is rewritten");
        assertEq(lifecycle.episode().number, entries, "entries");
        assertTrue((phase() == ILifecycle.Phase.Frozen) == isFrozen, "Frozen is for ever");
        if (pinnedRoot != 0) {
            assertEq(lifecycle.pinnedRoot(), pinnedRoot, "what is pinned stands");
            assertEq(lifecycle.pinnedSettledIndex(), pinnedSettled, "and how far");
            assertEq(finalized, lastFinal, "nothing becomes final any more");
        } else if (isFrozen) {
            (pinnedRoot, pinnedSettled) = (lifecycle.pinnedRoot(), lifecycle.pinnedSettledIndex());
            assertEq(pinnedRoot, rollup.stateRootOf(finalized), "the last final root");
        }
        for (uint64 i = 0; i < messageT.length; ++i) {
            assertTrue(lifecycle.isSkipped(i) == isSkipped[i], "what was skipped, and nothing else");
        }
        (lastT, lastFinal, lastSettled, lastFinalHash) = (nowT(), finalized, rollup.settledIndex(), finalHash);
    }

    // P-110 P-111 P-112 P-113
    function checkLanes() external view {
        uint256 alive = 0;
        for (uint256 i = 0; i < LANES; ++i) {
            assertTrue(lanes.laneRecord(address(laneOf[i])).isDead == isDead[i], "dead for ever, and only by what kills");
            assertTrue(lanes.laneRecord(address(laneOf[i])).isEnabled == !isDead[i], "enabled while alive");
            if (!isDead[i]) ++alive;
        }
        (, bool alone) = lanes.enabledLanes();
        assertTrue(!alone, "attesters alone finalize nothing here");
        assertEq(lanes.noLaneSince(), noLaneT, "since when none is left");
        uint256 latest = lanes.latestOpenDispute();
        if (latest == 0) return;
        assertTrue(alive >= 2 && lanes.dispute(latest).batch > rollup.finalizedCount(), "a dispute is of two living lanes, on a pending batch");
    }

    // P-121 P-122
    function checkSeat() external view {
        uint256 owed = seat.owedWei(RESERVE);
        for (uint256 i = 0; i < keys.length; ++i) owed += seat.owedWei(keys[i]);
        uint256 bond = bondAfter();
        assertEq(seat.bondWei(), bond, "half for each entry of its time");
        assertEq(address(seat).balance, ghostBond + seat.auction().bidWei + owed, "bond, bid and debts, and no more");
        assertEq(address(seat).balance + takenOut + RESERVE.balance, bidsIn, "no bid is lost");
        assertTrue(seat.isAuctionOpen() == isAuctionDue(), "open for its reasons alone");
    }

    // P-123 P-124
    function checkReserve() external view {
        (, uint256 promised) = feesOf(0, uint64(messageT.length));
        assertEq(reserve.creditOf(PROVER), creditsOut, "credits");
        assertLe(
            creditsOut + promised - baseFeesReleased, address(reserve).balance + address(inbox).balance, "every credit and promise is covered"
        );
    }

    function isAuctionDue() private view returns (bool) {
        if (isFrozen || entries <= auctionedEntries) return false;
        return wasAuctioned || (phase() == ILifecycle.Phase.Enforced && nowT() - enteredT >= 30 days);
    }

    function bondAfter() private view returns (uint256 left) {
        left = ghostBond;
        for (uint256 i = ghostEntries; i < entries; ++i) left -= left / 2;
    }

    function takeForfeits() private {
        ghostBond = bondAfter();
        ghostEntries = entries;
    }

    /// @dev Base price of the messages in the range without those skipped at its start, and of all.
    function feesOf(uint64 from, uint64 to) private view returns (uint256 earned, uint256 all) {
        bool isStart = true;
        for (uint64 i = from; i < to; ++i) {
            uint256 gwei_ = inbox.prefix(i + 1).baseFeeGwei - inbox.prefix(i).baseFeeGwei;
            uint256 price = 350_000 * gwei_ * 1 gwei + 0.05 gwei * messageZkGas[i];
            all += price;
            if (isStart && isSkipped[i]) continue;
            isStart = false;
            earned += price;
        }
    }
}

/// @dev The stateful run. The checks are apart so that a failure names what broke.
contract ProtocolInvariantTest {
    MoneyHandler private handler;

    function setUp() public {
        handler = new MoneyHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// P-101 P-104 P-105 P-110 P-112 P-113 P-121 P-122 P-123 P-124
    function invariant_TheProtocolHolds() public {
        handler.checkChain();
        handler.checkLanes();
        handler.checkSeat();
        handler.checkReserve();
    }
}
