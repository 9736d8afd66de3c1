// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchInputs, Binding, Outputs} from "../../src/interfaces/IRollup.sol";
import {Asset, Withdrawal} from "../../src/interfaces/IVault.sol";
import {AddressAlias} from "../../src/libraries/AddressAlias.sol";
import {Assets} from "../../src/libraries/Assets.sol";
import {ExitRatio} from "../../src/libraries/ExitRatio.sol";
import {Statement} from "../../src/libraries/Statement.sol";

// The libraries' hashes and sums, callable, for the shared protocol vectors and the models.

contract Vectors {
    function statement(BatchInputs calldata inputs, Outputs calldata outputs, Binding calldata binding)
        external
        pure
        returns (bytes32, bytes32, bytes32, bytes32)
    {
        bytes32 a = Statement.hashInputs(inputs);
        bytes32 b = Statement.hashOutputs(outputs);
        bytes32 c = Statement.hashBinding(binding);
        return (a, b, c, Statement.hash(a, b, c));
    }

    function skipRoot(uint64 from, uint64 to, bytes32 accumulatorFrom, bytes32 accumulatorTo) external pure returns (bytes32) {
        return Statement.skipRoot(from, to, accumulatorFrom, accumulatorTo);
    }

    function aliasOf(address l1) external pure returns (address l2, address back) {
        l2 = AddressAlias.apply_(l1);
        return (l2, AddressAlias.undo(l2));
    }

    function withdrawal(Withdrawal calldata w) external pure returns (bytes32, bytes32) {
        return (Assets.hash(w), Assets.key(Asset(w.assetKind, w.token, w.id)));
    }

    function ratio(uint256 minted, uint256 burned, uint256 paid, uint256 claim)
        external
        pure
        returns (uint256 available, uint256 claims, uint256 payout)
    {
        (available, claims) = ExitRatio.of_(minted, burned, paid);
        payout = ExitRatio.payout(claim, available, claims);
    }
}
