// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILifecycle} from "../interfaces/ILifecycle.sol";

// How the contracts that outlive every other read the Lifecycle. Its address is fixed before it exists; an address without code
// has never frozen anything, so the phase is Operating. Code once there never goes away (EIP-6780), so the answer cannot fall
// back from Frozen.

/// @title Reading the Lifecycle.
library LifecycleView {
    function phaseOf(address lifecycle) internal view returns (ILifecycle.Phase) {
        if (lifecycle.code.length == 0) return ILifecycle.Phase.Operating;
        return ILifecycle(lifecycle).phase();
    }

    function isFrozen(address lifecycle) internal view returns (bool) {
        return phaseOf(lifecycle) == ILifecycle.Phase.Frozen;
    }
}
