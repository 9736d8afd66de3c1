// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

// Tokens of the bridge scenarios, kind and unkind. Owns their misbehaviour; what the bridge must make of it stands in tokens.ts.

/// @notice OpenZeppelin's ERC-20 as it is.
contract PlainToken is ERC20("Plain", "PLN") {
    constructor() {
        _mint(msg.sender, 1_000_000 ether);
    }
}

/// @notice Takes 1 % of every transfer, as some tokens do: a deposit must be credited by what arrived.
contract FeeToken is ERC20("Fee on transfer", "FEE") {
    constructor() {
        _mint(msg.sender, 1_000_000 ether);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0)) return super._update(from, to, amount);
        super._update(from, to, amount - amount / 100);
        super._update(from, address(0xdead), amount / 100);
    }
}

/// @notice Returns nothing from transfer and approve, as USDT does.
contract SilentToken {
    string public constant name = "Silent";
    string public constant symbol = "SIL";
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor() {
        balanceOf[msg.sender] = 1_000_000e6;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Says false instead of moving anything: a deposit must fail, not be credited.
contract LyingToken {
    mapping(address => uint256) public balanceOf;

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}

/// @notice Calls back into the Vault from its own transfer: the second deposit must be refused, or else counted twice.
contract ReentrantToken is ERC20("Reentrant", "REE") {
    address public target;
    bytes public attack;

    constructor() {
        _mint(msg.sender, 1_000_000 ether);
    }

    function arm(address target_, bytes calldata attack_) external {
        (target, attack) = (target_, attack_);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (target != address(0)) {
            (bool success, bytes memory result) = target.call(attack);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(result, 32), mload(result))
                }
            }
        }
        return super.transferFrom(from, to, amount);
    }
}

contract PlainNft is ERC721("Plain NFT", "NFT") {
    constructor() {
        for (uint256 id = 1; id <= 5; id++) _mint(msg.sender, id);
    }
}

contract PlainMulti is ERC1155("") {
    constructor() {
        _mint(msg.sender, 7, 1_000, "");
    }
}

interface IResolverRegistry {
    function setResolver(address resolver) external;
}

/// @notice A pool on L2 whose shares are its own tokens: whoever pays in ETH owns a part of all it holds. It names who shares that out on L1
/// should the chain freeze.
contract SharePool is ERC20("Pool share", "SHARE") {
    function join() external payable {
        _mint(msg.sender, msg.value);
    }

    function declare(address registry, address resolver) external {
        IResolverRegistry(registry).setResolver(resolver);
    }
}
