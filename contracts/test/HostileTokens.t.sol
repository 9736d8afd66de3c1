// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns tokens that the Vault must refuse or survive: NFTs that pass for ERC-20, NFTs from before the standard, assets that have lost
// something, recipients that cannot call. Each test was an attack that worked once.

import {Asset, IVault, Withdrawal} from "../src/interfaces/IVault.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Withdrawing} from "./support/Withdrawing.sol";
import {ListToken, PlainNft, PlainToken, RebasingToken} from "./support/Tokens.sol";

/// @dev An ERC-721 that kept the draft's `transfer(to, id)` beside `transferFrom`.
contract LegacyNft {
    mapping(uint256 id => address) public ownerOf;
    mapping(address => uint256) public balanceOf;

    function supportsInterface(bytes4 id) public pure virtual returns (bool) {
        return id == 0x01ffc9a7 || id == 0x80ac58cd;
    }

    function mint(address to, uint256 id) external {
        ownerOf[id] = to;
        ++balanceOf[to];
    }

    function transfer(address to, uint256 id) external {
        _move(msg.sender, to, id);
    }

    function transferFrom(address from, address to, uint256 id) public virtual {
        _move(from, to, id);
    }

    function approve(address, uint256) public virtual {}

    function _move(address from, address to, uint256 id) private {
        require(ownerOf[id] == from, "owner");
        ownerOf[id] = to;
        --balanceOf[from];
        ++balanceOf[to];
    }
}

/// @dev CryptoKitties to the letter: `transferFrom` asks for an approval even of the owner, who uses `transfer`; ERC-165 knows no ERC-721.
contract Kitty is LegacyNft {
    mapping(uint256 id => address) public approved;

    function supportsInterface(bytes4 id) public pure override returns (bool) {
        return id == 0x01ffc9a7 || id == 0x9a20483d;
    }

    function approve(address spender, uint256 id) public override {
        require(ownerOf[id] == msg.sender, "owner");
        approved[id] = spender;
    }

    function transferFrom(address from, address to, uint256 id) public override {
        require(approved[id] == msg.sender, "approval");
        approved[id] = address(0);
        super.transferFrom(from, to, id);
    }
}

/// @dev Says how much gas it wants, and returns the rest when there is less.
contract FussyBox {
    receive() external payable {
        require(gasleft() > 200_000, "more gas");
    }
}

/// @dev Cannot call anything: whatever is to reach it must be pushed.
contract SilentBox {}

/// @dev Moves what it is asked to, and says that it did not, as long as it is told to lie.
contract DenyingToken is PlainToken {
    bool public isLying = true;

    function setLying(bool value) external {
        isLying = value;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        return !isLying;
    }
}

/// @dev Deposits, and reads what the Vault says of it while its change comes back.
contract ReadingDepositor {
    IVault private immutable VAULT;
    Asset private _asset;
    uint64 private _index;
    uint256 public seen;

    constructor(IVault vault) {
        VAULT = vault;
    }

    receive() external payable {
        seen = VAULT.depositedBefore(_asset, _index + 1);
    }

    function deposit(PlainToken token, uint64 index) external payable {
        (_asset, _index) = (Asset(Constants.ASSET_ERC20, address(token), 0), index);
        token.approve(address(VAULT), 10);
        VAULT.depositERC20{value: msg.value}(address(token), address(this), 10);
    }
}

/// @dev P-012 P-042 P-045 P-061, attacked with tokens.
contract HostileTokensTest is Withdrawing {
    address private constant MALLORY = address(0xbad);

    function setUp() public {
        deploySystem(1, false, true);
        vm.deal(ALICE, 1_000 ether);
        vm.deal(MALLORY, 1_000 ether);
    }

    /// An NFT deposited as if it were ERC-20 counts 1 unit; paying units out by `transfer(to, units)` must never move an NFT of that id.
    function test_Deposit_AnNftAsErc20NeverBuysAnother() public {
        LegacyNft nft = new LegacyNft();
        nft.mint(ALICE, 1);
        nft.mint(MALLORY, 777);
        vm.prank(ALICE);
        vault.depositERC721{value: 1 ether}(address(nft), ALICE, 1);
        vm.prank(MALLORY);
        (bool isTaken,) = address(vault).call{value: 1 ether}(
            abi.encodeCall(IVault.depositERC20, (address(nft), MALLORY, 777))
        );
        if (isTaken) settle(withdrawalOf(Asset(Constants.ASSET_ERC20, address(nft), 0), 1, MALLORY));
        assertEq(nft.ownerOf(1), address(vault), "Alice's NFT stays in escrow");
    }

    function test_Deposit_RevertWhen_AnNftPassesForErc20() public {
        PlainNft nft = new PlainNft();
        nft.mint(MALLORY, 5);
        vm.startPrank(MALLORY);
        nft.approve(address(vault), 5);
        (bool isTaken,) = address(vault).call{value: 1 ether}(
            abi.encodeCall(IVault.depositERC20, (address(nft), MALLORY, 5))
        );
        vm.stopPrank();
        assertTrue(!isTaken, "an NFT is not taken as ERC-20");
    }

    function test_Credit_AnyonePaysItToARecipientThatCannotCall() public {
        ListToken token = new ListToken();
        SilentBox box = new SilentBox();
        token.mint(ALICE, 100);
        vm.startPrank(ALICE);
        token.approve(address(vault), 100);
        vault.depositERC20{value: 1 ether}(address(token), ALICE, 100);
        vm.stopPrank();
        token.setLying(true); // the token is paused for an hour
        Asset memory asset = Asset(Constants.ASSET_ERC20, address(token), 0);
        Withdrawal memory withdrawal = withdrawalOf(asset, 100, address(box));
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        vm.prank(MALLORY);
        vault.withdraw(index, withdrawal, accountProof, storageProof);
        token.setLying(false);
        (bool isRetried,) = address(vault).call(
            abi.encodeWithSignature("claimFor(address,(uint8,address,uint256))", address(box), asset)
        );
        assertTrue(isRetried, "anyone may push a credit to its owner again");
        assertEq(token.balanceOf(address(box)), 100, "paid");
    }

    function test_Deposit_RevertWhen_TheAssetIsShort() public {
        RebasingToken token = new RebasingToken();
        token.mint(ALICE, 100 ether);
        vm.startPrank(ALICE);
        token.approve(address(vault), 100 ether);
        vault.depositERC20{value: 1 ether}(address(token), ALICE, 100 ether);
        vm.stopPrank();
        token.rebase(0.5e18);
        token.mint(MALLORY, 200 ether); // 100 after the rebase: here the innocent second depositor
        vm.startPrank(MALLORY);
        token.approve(address(vault), 100 ether);
        (bool isTaken,) = address(vault).call{value: 1 ether}(
            abi.encodeCall(IVault.depositERC20, (address(token), MALLORY, 100 ether))
        );
        vm.stopPrank();
        if (!isTaken) return;
        settle(withdrawalOf(Asset(Constants.ASSET_ERC20, address(token), 0), 100 ether, address(0xcafe)));
        assertEq(token.balanceOf(address(0xcafe)), 100 ether, "what was just deposited comes back");
    }

    function test_Credit_AnyonePaysWhatARelayerStarved() public {
        depositEth(10 ether);
        FussyBox box = new FussyBox();
        Withdrawal memory withdrawal = withdrawalOf(Asset(Constants.ASSET_ETH, address(0), 0), 1 ether, address(box));
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        vault.proveStorageRoot(index, accountProof);
        for (uint256 gas = 200_000; gas < 600_000; gas += 10_000) {
            vm.prank(MALLORY);
            (bool isDone,) = address(vault).call{gas: gas}(
                abi.encodeCall(IVault.withdraw, (index, withdrawal, accountProof, storageProof))
            );
            if (isDone) break;
        }
        if (address(box).balance == 0) {
            (bool isRetried,) = address(vault).call(
                abi.encodeWithSignature("claimFor(address,(uint8,address,uint256))", address(box), Asset(Constants.ASSET_ETH, address(0), 0))
            );
            assertTrue(isRetried, "anyone may push a credit to its owner again");
        }
        assertEq(address(box).balance, 1 ether, "paid");
    }

    function test_Deposit_RevertWhen_TheNftLeftTheVaultByItself() public {
        address bob = address(0xb0b);
        vm.deal(bob, 10 ether);
        LegacyNft name = new LegacyNft();
        name.mint(ALICE, 1);
        vm.prank(ALICE);
        vault.depositERC721{value: 1 ether}(address(name), ALICE, 1);
        name.transferFrom(address(vault), bob, 1); // the name expired and was registered by another, as in ENS
        vm.prank(bob);
        (bool isTaken,) = address(vault).call{value: 1 ether}(
            abi.encodeCall(IVault.depositERC721, (address(name), bob, 1))
        );
        if (isTaken) {
            settle(withdrawalOf(Asset(Constants.ASSET_ERC721, address(name), 1), 1, ALICE));
            settle(withdrawalOf(Asset(Constants.ASSET_ERC721, address(name), 1), 1, bob));
        }
        assertEq(name.ownerOf(1), bob, "its owner has it still, or again");
    }

    function test_Deposit_RevertWhen_TheNftIsOlderThanTheStandard() public {
        Kitty nft = new Kitty();
        nft.mint(ALICE, 1);
        vm.startPrank(ALICE);
        nft.approve(address(vault), 1);
        (bool isTaken,) = address(vault).call{value: 1 ether}(
            abi.encodeCall(IVault.depositERC721, (address(nft), ALICE, 1))
        );
        vm.stopPrank();
        if (isTaken) settle(withdrawalOf(Asset(Constants.ASSET_ERC721, address(nft), 1), 1, ALICE));
        assertEq(nft.ownerOf(1), ALICE, "refused, or paid back");
    }

    /// P-042 P-046: a transfer that moved and says false did not happen: else the credit for it would be paid from the others' deposits.
    function test_Withdraw_ATransferThatSaysFalseIsUndone() public {
        DenyingToken token = new DenyingToken();
        token.mint(ALICE, 200);
        vm.startPrank(ALICE);
        token.approve(address(vault), 200);
        vault.depositERC20{value: 1 ether}(address(token), ALICE, 200);
        vm.stopPrank();
        Asset memory asset = Asset(Constants.ASSET_ERC20, address(token), 0);
        settle(withdrawalOf(asset, 100, MALLORY));
        assertEq(token.balanceOf(MALLORY) + vault.creditOf(MALLORY, asset), 100, "paid or credited, not both");
        token.setLying(false);
        if (vault.creditOf(MALLORY, asset) != 0) vault.claimFor(MALLORY, asset);
        assertEq(token.balanceOf(MALLORY), 100, "paid once");
        assertEq(token.balanceOf(address(vault)), vault.recordedEscrow(asset), "the rest is there");
    }

    /// P-048: nobody sees a deposit half done: the change is the last thing that happens.
    function test_Deposit_IsWholeBeforeItsChangeIsReturned() public {
        ReadingDepositor depositor = new ReadingDepositor(vault);
        PlainToken token = new PlainToken();
        token.mint(address(depositor), 10);
        vm.deal(address(this), 1 ether);
        depositor.deposit{value: 1 ether}(token, inbox.count());
        assertEq(depositor.seen(), 10, "seen from within");
    }
}
