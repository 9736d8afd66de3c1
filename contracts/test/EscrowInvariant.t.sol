// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the stateful run over the L1 side: random acts, honest and not, against books kept beside the contracts.

import {IClock} from "../src/interfaces/IClock.sol";
import {Asset, IVault, Withdrawal} from "../src/interfaces/IVault.sol";
import {System} from "./support/System.sol";
import {TinyTrie} from "./support/TinyTrie.sol";
import "./support/Tokens.sol";

/// @dev Acts on the whole L1 side at random, honestly and not, and keeps its own books. L2 is played by the handler: it withdraws no
/// more than was deposited, which is what a proof would guarantee.
contract EscrowHandler is System {
    uint256 private constant ASSETS = 4;
    address[3] private people = [address(0xa1), address(0xa2), address(0xa3)];

    Asset[ASSETS] private assets;
    uint256[ASSETS] public deposited;
    uint256[ASSETS] public paid;
    uint256[ASSETS] public refunded;
    uint256[ASSETS] public burned;
    uint256[ASSETS] public credited;
    uint256 public nonce;
    uint256 public lastT;
    uint64 public lastSettled;

    constructor() {
        deploySystem(1, false, true);
        assets[0] = Asset(0, address(0), 0);
        assets[1] = Asset(1, address(new FeeToken()), 0);
        assets[2] = Asset(1, address(new ListToken()), 0);
        assets[3] = Asset(3, address(new PlainMulti()), 5);
        vm.deal(address(this), 1_000_000 ether);
        for (uint256 i = 0; i < people.length; ++i) {
            vm.deal(people[i], 1_000_000 ether);
        }
    }

    receive() external payable {}

    function depositEth(uint256 who, uint256 amountSeed) external {
        uint256 minted = inbox.totalMinted();
        uint256 room = CAP - vault.recordedEscrow(assets[0]);
        // One past the cap is refused, and changes nothing.
        uint256 amount = bound(amountSeed, 1, 20 ether);
        address person = people[who % 3];
        uint256 cost = inbox.price(30_000);
        vm.prank(person, person);
        try inbox.sendCall{value: amount + cost}(person, amount, amount, 30_000, 0, "") {
            assertLe(amount, room, "below the cap");
            deposited[0] += amount;
        } catch {
            assertTrue(amount > room, "refused only at the cap");
            assertEq(inbox.totalMinted(), minted, "unchanged");
        }
    }

    function depositToken(uint256 which, uint256 who, uint256 amountSeed) external {
        which = 1 + which % (ASSETS - 1);
        uint256 amount = bound(amountSeed, 0, 1_000_000);
        address person = people[who % 3];
        Asset memory asset = assets[which];
        uint256 before = vault.heldEscrow(asset);
        bool ok;
        vm.startPrank(person);
        if (asset.kind == 1) {
            PlainToken(asset.token).mint(person, amount);
            PlainToken(asset.token).approve(address(vault), amount);
            (ok,) = address(vault).call{value: 1 ether}(abi.encodeCall(vault.depositERC20, (asset.token, person, amount)));
        } else {
            PlainMulti(asset.token).mint(person, asset.id, amount);
            PlainMulti(asset.token).setApprovalForAll(address(vault), true);
            (ok,) = address(vault).call{value: 1 ether}(
                abi.encodeCall(vault.depositERC1155, (asset.token, person, asset.id, amount))
            );
        }
        vm.stopPrank();
        assertTrue(ok == (amount != 0), "only nothing is refused");
        deposited[which] += vault.heldEscrow(asset) - before;
    }

    function withdraw(uint256 which, uint256 who, uint256 amountSeed, bool isRepeated) external {
        which = which % ASSETS;
        uint256 free = deposited[which] - refunded[which] - burned[which];
        if (free == 0) return;
        uint256 amount = bound(amountSeed, 1, free);
        Asset memory asset = assets[which];
        Withdrawal memory w =
            Withdrawal(nonce++, asset.kind, asset.token, asset.id, amount, people[0], people[who % 3]);
        burned[which] += amount;
        (bytes32 root, bytes[] memory accountProof, bytes[] memory storageProof) =
            TinyTrie.withdrawalState(keccak256(abi.encode(w)));
        uint64 index = finalizeRoot(root, inbox.count());
        skip(1);
        uint256 creditBefore = vault.creditOf(w.recipient, asset);
        vault.withdraw(index, w, accountProof, storageProof);
        if (vault.creditOf(w.recipient, asset) == creditBefore) paid[which] += amount;
        else credited[which] += amount;
        if (!isRepeated) return;
        (bool ok,) = address(vault).call(abi.encodeCall(vault.withdraw, (index, w, accountProof, storageProof)));
        assertTrue(!ok, "never twice");
    }

    function claim(uint256 which, uint256 who, uint256 to) external {
        Asset memory asset = assets[which % ASSETS];
        address person = people[who % 3];
        uint256 credit = vault.creditOf(person, asset);
        vm.prank(person);
        (bool ok,) = address(vault).call(abi.encodeCall(vault.claim, (asset, people[to % 3])));
        if (!ok) return;
        assertTrue(credit != 0, "only a credit");
        credited[which % ASSETS] -= credit;
        paid[which % ASSETS] += credit;
    }

    function blockPerson(uint256 who, bool isBlocked) external {
        ListToken(assets[2].token).setBlocked(people[who % 3], isBlocked);
    }

    function refund(uint256 which, uint256 who, uint256 amountSeed) external {
        which = which % ASSETS;
        uint256 free = deposited[which] - refunded[which] - burned[which];
        uint256 amount = bound(amountSeed, 0, free + 1);
        vm.prank(HATCH);
        (bool ok, bytes memory result) =
            address(vault).call(abi.encodeCall(vault.release, (assets[which], people[who % 3], amount, true)));
        if (amount <= free) assertTrue(ok, "within the escrow it is answered");
        if (ok && abi.decode(result, (uint256)) != 0) refunded[which] += amount;
    }

    function moveEscrow() external {
        vm.prank(address(vault));
        inbox.moveEscrow();
    }

    function pass(uint256 durationSeconds) external {
        skip(bound(durationSeconds, 1, 5 days));
    }

    function pause() external {
        // A pause that held finality would only stop this walk: it is left before it begins to matter.
        uint256 before = clock.current();
        vm.prank(COUNCIL);
        clock.start(IClock.Stop.Pause);
        skip(3 days);
        assertLe(before, clock.current(), "T never goes back");
    }

    /// P-040 P-042 P-016 P-024 P-001
    function check() external {
        for (uint256 i = 0; i < ASSETS; ++i) {
            IVault.Ledger memory sums = vault.ledger(assets[i]);
            assertEq(sums.deposited, deposited[i], "deposited");
            assertEq(sums.paid, paid[i], "paid");
            assertEq(sums.refunded, refunded[i], "refunded");
            assertEq(vault.recordedEscrow(assets[i]), deposited[i] - paid[i] - refunded[i], "recorded");
            assertLe(vault.recordedEscrow(assets[i]), vault.heldEscrow(assets[i]), "held covers recorded");
            uint256 credits = 0;
            for (uint256 j = 0; j < people.length; ++j) {
                credits += vault.creditOf(people[j], assets[i]);
            }
            assertEq(credits, credited[i], "credits");
            assertEq(paid[i] + credits, burned[i], "every withdrawal is paid or credited");
            assertEq(vault.depositedBefore(assets[i], inbox.count()), deposited[i], "checkpoints");
        }
        assertTrue(address(inbox).balance >= inbox.heldEscrow(), "the Inbox holds its escrow");
        assertLe(lastT, clock.current(), "T");
        assertLe(lastSettled, rollup.settledIndex(), "settled");
        lastT = clock.current();
        lastSettled = rollup.settledIndex();
    }
}

/// @dev The stateful run: after every step the handler's books and the contracts' agree.
contract EscrowInvariantTest {
    EscrowHandler private handler;

    function setUp() public {
        handler = new EscrowHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// P-040
    function invariant_BooksAgree() public {
        handler.check();
    }
}
