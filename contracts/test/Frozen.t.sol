// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of what the immutable contracts do in a frozen chain. The Lifecycle and the hatch are played by the test, since they do
// not stand yet: this says what the Vault does with their answers, not that the answers are right.

import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {IRollup} from "../src/interfaces/IRollup.sol";
import {Asset, IVault, Withdrawal} from "../src/interfaces/IVault.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {System} from "./support/System.sol";
import {TinyTrie} from "./support/TinyTrie.sol";
import {ListToken} from "./support/Tokens.sol";

/// @dev Says that the chain is frozen at a root, as the Lifecycle will.
contract FrozenLifecycle {
    bytes32 public pinnedRoot;

    function pin(bytes32 root) external {
        pinnedRoot = root;
    }

    function phase() external pure returns (ILifecycle.Phase) {
        return ILifecycle.Phase.Frozen;
    }
}

/// @dev Pays half of every claim once told to.
contract HalfHatch {
    bool public isFixed;

    function fix() external {
        isFixed = true;
    }

    function payoutOf(Asset calldata, uint256 amount) external view returns (uint256) {
        require(isFixed, "ratio not fixed");
        return amount / 2;
    }
}

/// @dev P-049 what the immutable Vault does in a frozen chain, with the Lifecycle and the hatch played by the test.
contract FrozenTest is System {
    address private constant BOB = address(0xb0b);

    ListToken private token;
    Asset private asset;
    uint64 private index;
    Withdrawal private withdrawal;
    bytes[] private accountProof;
    bytes[] private storageProof;

    function setUp() public {
        deploySystem(1, false, true);
        token = new ListToken();
        asset = Asset(Constants.ASSET_ERC20, address(token), 0);
        token.mint(address(this), 1_000);
        token.approve(address(vault), 1_000);
        vm.deal(address(this), 10 ether);
        vault.depositERC20{value: 1 ether}(address(token), BOB, 900);
        withdrawal = Withdrawal(0, 1, address(token), 0, 100, BOB, BOB);
        bytes32 root;
        (root, accountProof, storageProof) = TinyTrie.withdrawalState(keccak256(abi.encode(withdrawal)));
        index = finalizeRoot(root, 1);
    }

    receive() external payable {}

    function freeze(bytes32 root) private {
        FrozenLifecycle code = new FrozenLifecycle();
        vm.etch(address(lifecycle), address(code).code);
        FrozenLifecycle(address(lifecycle)).pin(root);
        HalfHatch hatch = new HalfHatch();
        vm.etch(HATCH, address(hatch).code);
    }

    /// P-049: nothing that can be replaced is asked; the ratio holds for messages; before it is fixed nothing is paid.
    function test_Frozen_WithdrawalsPayTheRatioUnderThePinnedRoot() public {
        bytes32 root = rollup.stateRootOf(index);
        freeze(root);
        vm.etch(address(rollup), hex"60006000fd");
        vm.expectRevert();
        vault.withdraw(77, withdrawal, accountProof, storageProof);
        HalfHatch(HATCH).fix();
        vault.withdraw(77, withdrawal, accountProof, storageProof);
        assertEq(token.balanceOf(BOB), 50, "half");
        assertEq(vault.recordedEscrow(asset), 850, "and half is recorded as paid");
        vm.expectRevert(abi.encodeWithSelector(IVault.AlreadyWithdrawn.selector, keccak256(abi.encode(withdrawal))));
        vault.withdraw(77, withdrawal, accountProof, storageProof);
    }

    /// P-049: another final root than the pinned one pays nothing.
    function test_Frozen_OtherRootsAreRefused() public {
        freeze(keccak256("pinned"));
        HalfHatch(HATCH).fix();
        vm.expectRevert();
        vault.withdraw(index, withdrawal, accountProof, storageProof);
    }

    /// P-049: a credit from before is worth the ratio, too, and once.
    function test_Frozen_CreditsPayTheRatio() public {
        token.setBlocked(BOB, true);
        vault.withdraw(index, withdrawal, accountProof, storageProof);
        assertEq(vault.creditOf(BOB, asset), 100, "credit");
        freeze(rollup.stateRootOf(index));
        HalfHatch(HATCH).fix();
        vm.prank(BOB);
        vault.claim(asset, address(this));
        assertEq(token.balanceOf(address(this)), 150, "100 kept, 50 paid");
        assertEq(vault.creditOf(BOB, asset), 0, "spent");
    }

    /// P-049: token deposits end, messages do not (P-014), and nothing becomes final.
    function test_Frozen_DepositsAndFinalityEnd() public {
        bytes32 parent = keccak256(abi.encode("block", keccak256(abi.encode(rollup.stateRootOf(index), index))));
        commitOn(parent, 1);
        acceptAndAnswer(index + 1, zkLane, outputsOf("next"));
        acceptAndAnswer(index + 1, attesterLane, outputsOf("next"));
        freeze(rollup.stateRootOf(index));
        vm.expectRevert(abi.encodeWithSelector(IVault.ChainFrozen.selector));
        vault.depositERC20{value: 1 ether}(address(token), BOB, 1);
        inbox.sendCall{value: 1 ether}(BOB, 0, 0, 30_000, 0, "");
        assertTrue(!rollup.canFinalize(), "cannot");
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnexpectedPhase.selector, 3, 0));
        rollup.finalize(index + 1);
    }
}
