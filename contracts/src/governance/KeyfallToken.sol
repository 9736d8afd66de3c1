// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ClockView} from "../libraries/ClockView.sol";

// Votes. Owns balances, delegation and their history in T. Nobody mints, burns, pauses or owns it: the supply is what the deployment
// gave out, and every first holder votes for itself without a further act.
// Its clock is T: a vote's snapshot, start and end stand still when the protocol's time does.
// Invariant: the sum of all balances is the supply, for ever.

/// @title KeyfallToken
contract KeyfallToken is ERC20, ERC20Permit, ERC20Votes {
    /// @notice Holders and amounts of the deployment do not match.
    error AllocationMismatch(uint256 holders, uint256 amounts);

    /// @notice The clock whose T dates votes.
    address public immutable CLOCK;

    constructor(address clock_, address[] memory holders, uint256[] memory amounts)
        ERC20("Keyfall", "KEY")
        ERC20Permit("Keyfall")
    {
        if (holders.length == 0 || holders.length != amounts.length) {
            revert AllocationMismatch(holders.length, amounts.length);
        }
        CLOCK = clock_;
        for (uint256 i = 0; i < holders.length; ++i) {
            _delegate(holders[i], holders[i]);
            _mint(holders[i], amounts[i]);
        }
    }

    /// @notice T, seconds.
    function clock() public view override returns (uint48) {
        return uint48(ClockView.current(CLOCK));
    }

    /// @notice Not wall time: the Clock's T.
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=keyfall-T";
    }

    /// @notice Next nonce of a permit or delegation by signature.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 amount) internal override(ERC20, ERC20Votes) {
        super._update(from, to, amount);
    }
}
