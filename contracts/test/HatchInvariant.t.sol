// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the stateful run of a chain from its first deposit to the last exit: random deposits, skips, withdrawals paid or in flight, a freeze at
// a random moment (sometimes of a chain that paid too much), then exits, messages and refunds in any order and more than once.

import {IEscapeHatch} from "../src/interfaces/IEscapeHatch.sol";
import {Asset, IVault, Withdrawal} from "../src/interfaces/IVault.sol";
import {Assets} from "../src/libraries/Assets.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Exiting} from "./support/Exiting.sol";
import {PlainMulti, PlainToken} from "./support/Tokens.sol";
import {Vm} from "./support/Vm.sol";

/// @dev L2 is a book kept here: it executes deposits in order, moves and burns. The contracts see it by its root at the freeze alone.
contract HatchHandler is Exiting {
    uint256 private constant ASSETS = 3;
    uint256 private constant PEOPLE = 3;

    struct Enqueued {
        bytes message;
        uint256 which;
        uint256 who;
        uint256 amount;
        bool isSkipped;
        bool isRefunded;
    }

    struct Sent {
        Withdrawal withdrawal;
        uint256 which;
        bool isPaid;
    }

    Asset[ASSETS] private assets;
    address[PEOPLE] private people = [address(0xa1), address(0xa2), address(0xa3)];
    Enqueued[] private queue;
    Sent[] private sent;
    uint256[PEOPLE][ASSETS] private held;
    bool[PEOPLE][ASSETS] private isExited;
    uint256[ASSETS] private executed;
    uint256[ASSETS] private burned;
    uint256[ASSETS] private stolen;
    uint256[ASSETS] public paid;
    uint256[ASSETS] public refunded;
    uint64 private settled;
    bool public isFrozen;

    constructor() {
        deploySystem(1, false, true);
        deployHatch();
        assets[0] = Asset(Constants.ASSET_ETH, address(0), 0);
        assets[1] = Asset(Constants.ASSET_ERC20, address(new PlainToken()), 0);
        assets[2] = Asset(Constants.ASSET_ERC1155, address(new PlainMulti()), 5);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            vm.deal(people[i], 1_000_000 ether);
        }
        vm.recordLogs();
    }

    receive() external payable {}

    function deposit(uint256 which, uint256 who, uint256 amount) public {
        which %= ASSETS;
        who %= PEOPLE;
        amount = bound(amount, 1, 1_000);
        Asset memory asset = assets[which];
        address person = people[who];
        if (isFrozen && which != 0) return;
        uint256 cost = inbox.price(30_000);
        vm.startPrank(person, person);
        if (which == 0) {
            inbox.sendCall{value: amount + cost}(person, amount, 0, 30_000, 0, "");
        } else if (which == 1) {
            PlainToken(asset.token).mint(person, amount);
            PlainToken(asset.token).approve(address(vault), amount);
            vault.depositERC20{value: 1 ether}(asset.token, person, amount);
        } else {
            PlainMulti(asset.token).mint(person, asset.id, amount);
            PlainMulti(asset.token).setApprovalForAll(address(vault), true);
            vault.depositERC1155{value: 1 ether}(asset.token, person, asset.id, amount);
        }
        vm.stopPrank();
        queue.push(Enqueued(lastMessage(), which, who, amount, false, false));
    }

    /// @dev L2 executes up to `count` messages of the queue, and that is final.
    function execute(uint256 count) public {
        if (isFrozen) return;
        count = bound(count, 1, 4);
        for (; count > 0 && settled < queue.length; --count) {
            Enqueued storage next = queue[settled++];
            held[next.which][next.who] += next.amount;
            executed[next.which] += next.amount;
        }
    }

    function skipHead(uint256 count) public {
        if (isFrozen || settled == queue.length) return;
        uint64 to = uint64(settled + bound(count, 1, 3));
        if (to > queue.length) to = uint64(queue.length);
        phases.skip(settled, to);
        while (settled < to) queue[settled++].isSkipped = true;
    }

    /// @dev A withdrawal on L2, and on L1 at once if asked for. A thief's is paid and L2 knows nothing of it.
    function withdraw(uint256 which, uint256 who, uint256 amount, bool isPaid, uint256 thief) public {
        which %= ASSETS;
        who %= PEOPLE;
        if (isFrozen) return;
        bool isThief = thief % 8 == 0;
        uint256 most = isThief ? executed[which] - burned[which] - stolen[which] : held[which][who];
        if (most == 0 || (!isThief && held[which][who] > executed[which] - burned[which] - stolen[which])) return;
        amount = bound(amount, 1, most);
        Withdrawal memory w = withdrawalOf(assets[which], amount, people[who]);
        if (isThief) {
            stolen[which] += amount;
        } else {
            held[which][who] -= amount;
            burned[which] += amount;
            sent.push(Sent(w, which, isPaid));
        }
        if (!isThief && !isPaid) return;
        settle(w);
        paid[which] += amount;
    }

    function freeze(uint256 seed) public {
        if (isFrozen || seed % 3 != 0) return;
        for (uint256 i = 0; i < ASSETS; ++i) {
            if (i != 0) setBurned(assets[i], burned[i]);
            for (uint256 j = 0; j < PEOPLE; ++j) {
                if (i == 0) setAccount(people[j], held[0][j], NO_CODE);
                else if (held[i][j] != 0) setHolding(assets[i], people[j], held[i][j]);
            }
        }
        setAccount(Constants.MESSAGE_PASSER, burned[0], CODE);
        for (uint256 i = 0; i < sent.length; ++i) {
            setSlot(Constants.MESSAGE_PASSER, sentSlot(i), 1);
        }
        freezeAt(settled);
        isFrozen = true;
    }

    function fixRatio(uint256 which) public {
        which %= ASSETS;
        if (!isFrozen || hatch.ratioOf(assets[which]).isFixed) return;
        hatch.countSkipped(assets[which], type(uint256).max);
        fix(assets[which]);
        IEscapeHatch.Ratio memory ratio = hatch.ratioOf(assets[which]);
        assertEq(ratio.minted, executed[which], "minted is what was executed");
        IVault.Ledger memory sums = vault.ledger(assets[which]);
        uint256 earmarked = sums.deposited - executed[which] - sums.refunded;
        assertEq(ratio.available, vault.recordedEscrow(assets[which]) - earmarked, "available is escrow less earmarked");
    }

    function exit(uint256 which, uint256 who) public {
        which %= ASSETS;
        who %= PEOPLE;
        if (!isFrozen || held[which][who] == 0) return;
        uint256 before = vault.ledger(assets[which]).paid;
        IEscapeHatch.Claimant memory owner = claimant(people[who], IEscapeHatch.Entitlement.KeyAccount);
        try hatch.exit(owner, one(holding(assets[which], people[who]))) {
            assertTrue(!isExited[which][who], "once");
            isExited[which][who] = true;
            expectPaid(which, held[which][who], before);
        } catch {
            expectRefused(which, held[which][who], isExited[which][who]);
        }
    }

    function claimMessage(uint256 number) public {
        if (!isFrozen || sent.length == 0) return;
        number %= sent.length;
        Sent storage message = sent[number];
        uint256 before = vault.ledger(assets[message.which]).paid;
        bytes[] memory proof = slotProof(Constants.MESSAGE_PASSER, sentSlot(number));
        try vault.withdraw(0, message.withdrawal, accountProof(Constants.MESSAGE_PASSER), proof) {
            assertTrue(!message.isPaid, "once");
            // What rounds to nothing becomes a credit, which is worth nothing either.
            message.isPaid = true;
            if (payout(message.which, message.withdrawal.amount) != 0) expectPaid(message.which, message.withdrawal.amount, before);
        } catch {
            assertTrue(message.isPaid || !hatch.ratioOf(assets[message.which]).isFixed, "refused for a reason");
        }
    }

    function refund(uint256 index) public {
        if (queue.length == 0) return;
        index %= queue.length;
        Enqueued storage message = queue[index];
        bool isDue = message.isSkipped || (isFrozen && index >= settled);
        assertTrue(hatch.isRefundable(uint64(index)) == isDue, "refundable iff L2 never executes it");
        try hatch.refund(uint64(index), message.message, address(0), 0, "") {
            assertTrue(isDue && !message.isRefunded, "once, and never an executed one");
            message.isRefunded = true;
            refunded[message.which] += message.amount;
        } catch {
            assertTrue(!isDue || message.isRefunded, "a due refund is always covered");
        }
    }

    /// @dev Everyone leaves: afterwards only rounding and stolen value is missing.
    function finish(uint256 seed) public {
        if (!isFrozen || seed % 2 != 0) return;
        for (uint256 i = 0; i < ASSETS; ++i) {
            fixRatio(i);
            for (uint256 j = 0; j < PEOPLE; ++j) {
                if (!isExited[i][j]) exit(i, j);
            }
        }
        for (uint256 i = 0; i < sent.length; ++i) {
            claimMessage(i);
        }
        for (uint256 i = 0; i < queue.length; ++i) {
            refund(i);
        }
        for (uint256 i = 0; i < ASSETS; ++i) {
            uint256 left = vault.recordedEscrow(assets[i]);
            if (stolen[i] == 0) assertEq(left, 0, "nothing is lost, nothing is left");
            else assertLe(left, PEOPLE + sent.length, "less than a unit of each claim");
        }
    }

    /// P-040 P-201 P-202 P-203
    function check() external view {
        for (uint256 i = 0; i < ASSETS; ++i) {
            IVault.Ledger memory sums = vault.ledger(assets[i]);
            assertEq(sums.paid, paid[i], "paid");
            assertEq(sums.refunded, refunded[i], "refunded");
            assertLe(sums.paid, executed[i], "never more than was executed");
            assertLe(sums.paid + sums.refunded, sums.deposited, "never more than was deposited");
        }
    }

    function expectPaid(uint256 which, uint256 claim, uint256 before) private {
        uint256 amount = vault.ledger(assets[which]).paid - before;
        assertEq(amount, payout(which, claim), "by the ratio");
        if (stolen[which] == 0) assertEq(amount, claim, "in full");
        paid[which] += amount;
    }

    function expectRefused(uint256 which, uint256 claim, bool isDone) private view {
        bool isFixed = hatch.ratioOf(assets[which]).isFixed;
        assertTrue(isDone || !isFixed || payout(which, claim) == 0, "refused for a reason");
    }

    /// @dev The law, written out again.
    function payout(uint256 which, uint256 claim) private view returns (uint256) {
        IEscapeHatch.Ratio memory ratio = hatch.ratioOf(assets[which]);
        return ratio.available >= ratio.claims ? claim : claim * ratio.available / ratio.claims;
    }

    function sentSlot(uint256 number) private view returns (bytes32) {
        return keccak256(abi.encode(Assets.hash(sent[number].withdrawal), uint256(0)));
    }

    function lastMessage() private returns (bytes memory message) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(inbox)) (, message) = abi.decode(logs[i].data, (bytes32, bytes));
        }
    }
}

contract HatchInvariantTest {
    HatchHandler private handler;

    function setUp() public {
        handler = new HatchHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// P-201 P-203
    function invariant_HatchBooksAgree() public view {
        handler.check();
    }
}
