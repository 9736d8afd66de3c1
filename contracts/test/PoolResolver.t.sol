// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the reference resolver: what it takes for its pool, and how it is shared out, also to holders that are contracts or pools themselves.

import {IEscapeHatch} from "../src/interfaces/IEscapeHatch.sol";
import {IPoolResolver} from "../src/interfaces/IPoolResolver.sol";
import {Asset} from "../src/interfaces/IVault.sol";
import {Assets} from "../src/libraries/Assets.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {PoolResolver} from "../src/resolvers/PoolResolver.sol";
import {Exiting} from "./support/Exiting.sol";
import {PlainMulti, RebasingToken} from "./support/Tokens.sol";

contract PoolResolverTest is Exiting {
    address private constant POOL = address(0x9001);
    address private constant FARM = address(0xfa12);
    address private constant BOB = address(0xb0b);
    address private constant CAROL = address(0xca01);

    PoolResolver private resolver;
    PoolResolver private farmResolver;
    RebasingToken private token;
    Asset private eth = Asset(Constants.ASSET_ETH, address(0), 0);
    Asset private erc20;
    Asset private multi;
    Asset[] private assets;

    function setUp() public {
        deploySystem(1, false, true);
        deployHatch();
        vm.deal(ALICE, 1_000 ether);
        depositEth(30 ether);
        token = new RebasingToken();
        PlainMulti things = new PlainMulti();
        erc20 = Asset(Constants.ASSET_ERC20, address(token), 0);
        multi = Asset(Constants.ASSET_ERC1155, address(things), 4);
        token.mint(ALICE, 1_000);
        things.mint(ALICE, 4, 100);
        vm.startPrank(ALICE);
        token.approve(address(vault), 1_000);
        things.setApprovalForAll(address(vault), true);
        vault.depositERC20{value: 1 ether}(address(token), ALICE, 1_000);
        vault.depositERC1155{value: 1 ether}(address(things), ALICE, 4, 100);
        vm.stopPrank();
        resolver = new PoolResolver(HATCH, POOL, POOL, 0, 2);
        farmResolver = new PoolResolver(HATCH, FARM, FARM, 0, 2);
        // A pool of 30 ETH, 1,000 tokens and 100 things; of 100 shares Bob has 50, Carol's wallet 20, a farm 30, all of it for Carol.
        setAccount(POOL, 30 ether, CODE);
        setHolding(erc20, POOL, 1_000);
        setHolding(multi, POOL, 100);
        setBurned(erc20, 0);
        setBurned(multi, 0);
        setSlot(POOL, bytes32(uint256(2)), 100);
        shares(POOL, BOB, 50);
        shares(POOL, address(0xca02), 20);
        shares(POOL, FARM, 30);
        setAccount(BOB, 0, NO_CODE);
        setAccount(address(0xca02), 0, CODE);
        setSlot(FARM, bytes32(uint256(2)), 7);
        shares(FARM, CAROL, 7);
        setAccount(CAROL, 0, NO_CODE);
        declare(POOL, address(resolver));
        declare(FARM, address(farmResolver));
        setSlot(Constants.EXIT_REGISTRY, keccak256(abi.encode(address(0xca02), uint256(0))), uint160(CAROL));
        freezeAt(inbox.count());
        fix(eth);
        fix(erc20);
        fix(multi);
        assets.push(eth);
        assets.push(erc20);
        assets.push(multi);
    }

    receive() external payable {}

    function shares(address pool, address holder, uint256 amount) private {
        setSlot(pool, keccak256(abi.encode(holder, uint256(0))), amount);
    }

    function declare(address pool, address to) private {
        setSlot(Constants.EXIT_REGISTRY, keccak256(abi.encode(pool, uint256(1))), (uint256(1) << 160) | uint160(to));
    }

    function collect() private {
        IEscapeHatch.Holding[] memory held = new IEscapeHatch.Holding[](3);
        for (uint256 i = 0; i < 3; ++i) {
            held[i] = holding(assets[i], POOL);
        }
        resolver.collect(claimant(POOL, IEscapeHatch.Entitlement.Resolver), held);
        resolver.proveSupply(accountProof(POOL), slotProof(POOL, bytes32(uint256(2))));
    }

    function redeem(address holder, IEscapeHatch.Entitlement entitlement, Asset[] memory which) private {
        bytes[] memory proof = slotProof(POOL, keccak256(abi.encode(holder, uint256(0))));
        resolver.redeem(claimant(holder, entitlement), which, accountProof(POOL), proof);
    }

    /// P-210: each holder its share, once, by the hatch's rules of who is paid.
    function test_Redeem_ProRataOnce() public {
        collect();
        redeem(BOB, IEscapeHatch.Entitlement.KeyAccount, assets);
        assertEq(BOB.balance, 15 ether, "half of the ETH");
        assertEq(token.balanceOf(BOB), 500, "of the tokens");
        redeem(address(0xca02), IEscapeHatch.Entitlement.Recipient, assets);
        assertEq(CAROL.balance, 6 ether, "a contract's recipient");
        bytes[] memory proof = slotProof(POOL, keccak256(abi.encode(BOB, uint256(0))));
        IEscapeHatch.Claimant memory bobs = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        vm.expectRevert(abi.encodeWithSelector(IPoolResolver.NothingToRedeem.selector, BOB, Assets.key(eth)));
        resolver.redeem(bobs, assets, accountProof(POOL), proof);
        bobs.to = ALICE;
        vm.expectPartialRevert(IEscapeHatch.NotPayeesWill.selector);
        resolver.redeem(bobs, assets, accountProof(POOL), proof);
        bobs = claimant(address(0xca02), IEscapeHatch.Entitlement.KeyAccount);
        vm.expectPartialRevert(IEscapeHatch.OwnerHasCode.selector);
        resolver.redeem(bobs, assets, accountProof(POOL), proof);
    }

    /// P-206 P-210: a farm that holds the pool's shares redeems them by its own resolver alone.
    function test_Redeem_PoolOfPools() public {
        collect();
        bytes[] memory proof = slotProof(POOL, keccak256(abi.encode(FARM, uint256(0))));
        IEscapeHatch.Claimant memory farm = claimant(FARM, IEscapeHatch.Entitlement.Resolver);
        vm.expectPartialRevert(IEscapeHatch.NotResolver.selector);
        resolver.redeem(farm, assets, accountProof(POOL), proof);
        farmResolver.collectFrom(address(resolver), farm, assets, accountProof(POOL), proof);
        assertEq(address(farmResolver).balance, 9 ether, "the farm's part");
        farmResolver.proveSupply(accountProof(FARM), slotProof(FARM, bytes32(uint256(2))));
        bytes[] memory carols = slotProof(FARM, keccak256(abi.encode(CAROL, uint256(0))));
        farmResolver.redeem(claimant(CAROL, IEscapeHatch.Entitlement.KeyAccount), assets, accountProof(FARM), carols);
        assertEq(CAROL.balance, 9 ether, "all of it Carol's");
        assertEq(token.balanceOf(CAROL), 300, "tokens");
    }

    /// P-210: only its own pool, only what can be divided, only after the supply is proven, and that once.
    function test_Collect_RefusesTheRest() public {
        IEscapeHatch.Claimant memory who = claimant(FARM, IEscapeHatch.Entitlement.Resolver);
        vm.expectRevert(abi.encodeWithSelector(IPoolResolver.NotThisPool.selector, FARM, address(0)));
        resolver.collect(who, one(holding(eth, POOL)));
        who = claimant(POOL, IEscapeHatch.Entitlement.Resolver);
        // To the hatch the resolver is the payee: a caller that named the receiver would take everything.
        who.to = CAROL;
        vm.expectRevert(abi.encodeWithSelector(IPoolResolver.NotThisPool.selector, POOL, CAROL));
        resolver.collect(who, one(holding(eth, POOL)));
        vm.expectRevert(abi.encodeWithSelector(IPoolResolver.NotThisPool.selector, POOL, CAROL));
        resolver.collectFrom(address(resolver), who, assets, new bytes[](0), new bytes[](0));
        who.to = address(0);
        IEscapeHatch.Holding memory nft;
        nft.asset = Asset(Constants.ASSET_ERC721, address(token), 1);
        vm.expectRevert(abi.encodeWithSelector(IPoolResolver.NotDivisible.selector, 2));
        resolver.collect(who, one(nft));
        IEscapeHatch.Claimant memory bobs = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        bytes[] memory proof = slotProof(POOL, keccak256(abi.encode(BOB, uint256(0))));
        vm.expectRevert(abi.encodeWithSelector(IPoolResolver.SupplyNotProven.selector));
        resolver.redeem(bobs, assets, accountProof(POOL), proof);
        collect();
        bytes[] memory supply = slotProof(POOL, bytes32(uint256(2)));
        vm.expectRevert(abi.encodeWithSelector(IPoolResolver.SupplyAlreadyProven.selector));
        resolver.proveSupply(accountProof(POOL), supply);
    }

    /// P-210: a token that shrank after it was collected is short for everyone alike.
    function test_Redeem_SharesALoss() public {
        collect();
        token.rebase(5e17);
        Asset[] memory which = new Asset[](1);
        which[0] = erc20;
        redeem(address(0xca02), IEscapeHatch.Entitlement.Recipient, which);
        redeem(BOB, IEscapeHatch.Entitlement.KeyAccount, which);
        assertEq(token.balanceOf(CAROL), 100, "half of 200");
        assertEq(token.balanceOf(BOB), 250, "half of 500");
    }
}
