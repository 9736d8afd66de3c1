// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";

// The part of the Rollup that the upgrade authority sets in small steps: the scalars of L2 fees. Owns their bounds and the check of who may.
// Invariants: one change moves a scalar by at most a quarter, 30 d of T apart, never to zero and never above four times its first value.

/// @title The scalars of L2 fees.
abstract contract FeeScalars is IRollup {
    /// @dev The scalars and T of their last change, in one word.
    struct FeeConfig {
        uint104 dataFeeScalar;
        uint104 surchargeScalar;
        uint40 changedT;
    }

    /// @inheritdoc IRollup
    address public immutable CLOCK;
    /// @inheritdoc IRollup
    address public immutable UPGRADE_AUTHORITY;
    uint256 private immutable FEE_CONFIG_INTERVAL;

    FeeConfig private _feeConfig;

    constructor(address clock, address upgradeAuthority) {
        CLOCK = clock;
        UPGRADE_AUTHORITY = upgradeAuthority;
        FEE_CONFIG_INTERVAL = IClock(clock).scaled(Constants.FEE_CONFIG_INTERVAL_SECONDS);
    }

    /// @inheritdoc IRollup
    function setFeeConfig(uint256 dataFeeScalar, uint256 surchargeScalar) external {
        _onlyUpgradeAuthority();
        FeeConfig memory last = _feeConfig;
        uint256 nowT = IClock(CLOCK).current();
        uint256 nextT = last.changedT + FEE_CONFIG_INTERVAL;
        bool isAllowed = (last.changedT == 0 || nowT >= nextT)
            && _isStep(last.dataFeeScalar, dataFeeScalar, Constants.GENESIS_DATA_FEE_SCALAR)
            && _isStep(last.surchargeScalar, surchargeScalar, Constants.GENESIS_SURCHARGE_SCALAR);
        if (!isAllowed) revert FeeConfigRefused(dataFeeScalar, surchargeScalar, nextT);
        _storeFeeConfig(dataFeeScalar, surchargeScalar, uint40(nowT));
    }

    /// @inheritdoc IRollup
    function feeConfig() public view returns (uint256 dataFeeScalar, uint256 surchargeScalar, bytes32 feeConfigHash) {
        FeeConfig memory config = _feeConfig;
        return (
            config.dataFeeScalar,
            config.surchargeScalar,
            keccak256(abi.encode(uint256(config.dataFeeScalar), uint256(config.surchargeScalar)))
        );
    }

    function _storeFeeConfig(uint256 dataFeeScalar, uint256 surchargeScalar, uint40 changedT) internal {
        _feeConfig = FeeConfig(uint104(dataFeeScalar), uint104(surchargeScalar), changedT);
        (,, bytes32 feeConfigHash) = feeConfig();
        emit FeeConfigSet(dataFeeScalar, surchargeScalar, feeConfigHash);
    }

    function _onlyUpgradeAuthority() internal view {
        if (msg.sender != UPGRADE_AUTHORITY) revert NotUpgradeAuthority(msg.sender, UPGRADE_AUTHORITY);
    }

    function _isStep(uint256 last, uint256 next, uint256 first) private pure returns (bool) {
        uint256 step = last * Constants.FEE_CONFIG_STEP_PERCENT;
        return next != 0 && next * 100 + step >= last * 100 && next * 100 <= last * 100 + step
            && next <= first * Constants.FEE_CONFIG_CEILING_FACTOR;
    }
}
