// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

// Tokens as they are found in the wild, and worse. Each says in one line what is odd about it.

contract PlainToken is ERC20 {
    constructor() ERC20("A token whose name is longer than 32 bytes", "PLAIN") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Takes a percentage of every transfer.
contract FeeToken is PlainToken {
    uint256 public percent = 1;

    function setPercent(uint256 next) external {
        percent = next;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, amount);
        uint256 fee = amount * percent / 100;
        super._update(from, address(0xfee), fee);
        super._update(from, to, amount - fee);
    }
}

/// @dev Balances shrink and grow by a factor: stands for every rebasing or slashed token.
contract RebasingToken {
    mapping(address => uint256) private shares;
    mapping(address => mapping(address => uint256)) public allowance;
    uint256 public numerator = 1e18;

    function mint(address to, uint256 amount) external {
        shares[to] += amount;
    }

    function rebase(uint256 next) external {
        numerator = next;
    }

    function balanceOf(address who) public view returns (uint256) {
        return shares[who] * numerator / 1e18;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        uint256 moved = (amount * 1e18 + numerator - 1) / numerator;
        shares[msg.sender] -= moved;
        shares[to] += moved;
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        shares[from] -= amount * 1e18 / numerator;
        shares[to] += amount * 1e18 / numerator;
        return true;
    }
}

/// @dev Returns nothing, and has bytes32 metadata, like the oldest tokens.
contract SilentToken {
    mapping(address => uint256) public balanceOf;
    bytes32 public constant name = "Silent";
    bytes32 public constant symbol = "SIL";

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Says false instead of reverting, and moves nothing; can refuse one receiver like a block list.
contract ListToken is PlainToken {
    mapping(address => bool) public isBlocked;
    bool public isLying;

    function setBlocked(address who, bool value) external {
        isBlocked[who] = value;
    }

    function setLying(bool value) external {
        isLying = value;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (isBlocked[to]) return false;
        return isLying ? false : super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return isLying ? false : super.transferFrom(from, to, amount);
    }
}

/// @dev Calls back into the Vault, with what the test armed it with, from every transfer.
contract ReentrantToken is PlainToken {
    address public target;
    bytes public payload;
    bool public isCallOk;
    bytes public answer;

    function arm(address callee, bytes calldata data) external {
        target = callee;
        payload = data;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target != address(0)) (isCallOk, answer) = target.call(payload);
    }
}

/// @dev Answers with a flood, from every function, to make reading it dear.
contract FloodToken {
    fallback() external {
        assembly {
            return(0, 1000000)
        }
    }
}

contract PlainNft is ERC721 {
    constructor() ERC721("Nft", "NFT") {}

    function mint(address to, uint256 id) external {
        _mint(to, id);
    }
}

contract PlainMulti is ERC1155 {
    constructor() ERC1155("") {}

    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }
}

/// @dev Has no way to take ETH or ERC-1155.
contract Refuser {
    fallback() external payable {
        revert("no");
    }
}

/// @dev Takes ETH, and burns all gas it is given for it.
contract Burner {
    receive() external payable {
        while (true) {}
    }
}
