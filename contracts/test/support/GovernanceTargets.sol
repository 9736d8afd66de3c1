// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ILanes} from "../../src/interfaces/ILanes.sol";
import {ILifecycle} from "../../src/interfaces/ILifecycle.sol";

// What governance acts on, scripted: each takes the calls of its one authority and remembers them, and answers what a test tells it to.
// They show what the timelock and the council do, not what lanes, seat and core do with it; those have tests of their own.

error NotAuthority(address caller);

contract ScriptedLanes {
    address private immutable AUTHORITY;
    address private immutable COUNCIL;
    mapping(address lane => ILanes.LaneRecord) private _records;
    mapping(address lane => uint256 builtOn) public builtOnCount;
    uint256 public latestOpenDispute;
    uint256 public zkContradictions;
    uint256 public lastSpec;
    uint256 public lastSpecT;
    uint256 public resolvedDispute;
    address public resolvedLane;
    address private _tripped;
    bool public ignoresSwitch;

    constructor(address authority, address council) {
        AUTHORITY = authority;
        COUNCIL = council;
    }

    function registerLane(address lane, uint8 kind, address[] calldata builtOn, uint40 zkAloneFromT) external {
        if (msg.sender != AUTHORITY) revert NotAuthority(msg.sender);
        _records[lane] = ILanes.LaneRecord(kind, 1, true, false, 1, 1, uint40(block.timestamp), zkAloneFromT);
        builtOnCount[lane] = builtOn.length;
    }

    function switchLane(address lane, bool isEnabled) external {
        if (msg.sender != AUTHORITY) revert NotAuthority(msg.sender);
        if (_records[lane].isDead) revert ILanes.LaneDead(lane);
        if (!ignoresSwitch) _records[lane].isEnabled = isEnabled;
    }

    function addSpec(uint24 specId, uint40 activeT) external {
        if (msg.sender != AUTHORITY) revert NotAuthority(msg.sender);
        (lastSpec, lastSpecT) = (specId, activeT);
    }

    function resolve(uint256 disputeId, address lane) external {
        if (msg.sender != COUNCIL) revert NotAuthority(msg.sender);
        (resolvedDispute, resolvedLane, latestOpenDispute) = (disputeId, lane, 0);
    }

    function specAt(uint256 atT) external view returns (uint256) {
        return atT >= lastSpecT ? lastSpec : 1;
    }

    function laneRecord(address lane) external view returns (ILanes.LaneRecord memory) {
        return _records[lane];
    }

    function tripped() external view returns (address, uint256) {
        return (_tripped, 0);
    }

    function setRecord(address lane, ILanes.LaneRecord calldata record) external {
        _records[lane] = record;
    }

    function setDispute(uint256 id) external {
        latestOpenDispute = id;
    }

    function setTripped(address lane) external {
        _tripped = lane;
    }

    function contradict() external {
        ++zkContradictions;
    }

    function setIgnoresSwitch(bool ignores) external {
        ignoresSwitch = ignores;
    }

    function payFrom(address bounty, address beneficiary, uint256 age) external returns (uint256) {
        (bool isPaid, bytes memory word) =
            bounty.call(abi.encodeWithSignature("pay(address,uint256)", beneficiary, age));
        if (!isPaid) revert NotAuthority(bounty);
        return abi.decode(word, (uint256));
    }
}

contract ScriptedSeat {
    address private immutable AUTHORITY;
    address public operator = address(0x09e4);
    address public coldKey = address(0xc01d);
    address public reenterInto;
    bytes public reentry;

    constructor(address authority) {
        AUTHORITY = authority;
    }

    function replace(address hot, address cold) external {
        if (msg.sender != AUTHORITY) revert NotAuthority(msg.sender);
        if (reenterInto != address(0)) {
            (bool isDone, bytes memory reason) = reenterInto.call(reentry);
            if (!isDone) {
                assembly {
                    revert(add(reason, 32), mload(reason))
                }
            }
        }
        (operator, coldKey) = (hot, cold);
    }

    function setReentry(address target, bytes calldata data) external {
        (reenterInto, reentry) = (target, data);
    }
}

contract ScriptedInbox {
    struct Prefix {
        uint40 time;
        bool isAliased;
        uint64 zkGas;
        uint96 mintWei;
        uint48 baseFeeGwei;
    }

    uint40[] private _times;

    function enqueue() external {
        _times.push(uint40(block.timestamp));
    }

    function count() external view returns (uint64) {
        return uint64(_times.length);
    }

    function prefix(uint64 index) external view returns (Prefix memory found) {
        if (index != 0) found.time = _times[index - 1];
    }
}

contract ScriptedVault {
    uint256 public recorded;
    uint256 public held;

    function set(uint256 recordedWei, uint256 heldWei) external {
        (recorded, held) = (recordedWei, heldWei);
    }

    fallback() external {
        // recordedEscrow(Asset) and heldEscrow(Asset), by selector.
        uint256 value = msg.sig == bytes4(keccak256("recordedEscrow((uint8,address,uint256))")) ? recorded : held;
        assembly {
            mstore(0, value)
            return(0, 32)
        }
    }
}

contract ScriptedPhase {
    ILifecycle.Phase public phase = ILifecycle.Phase.Operating;

    function set(ILifecycle.Phase next) external {
        phase = next;
    }
}

/// @dev A core behind a proxy with the state that an upgrade must keep. Each version says a number.
contract ScriptedCore is UUPSUpgradeable {
    address private immutable AUTHORITY;
    address public immutable CLOCK;
    uint256 public immutable version;

    uint64 public finalizedCount;
    uint64 public settledIndex;
    uint64 public committedCount;
    uint64 private _settledBefore;
    uint256 private _settledT;
    uint256 private _dataFeeScalar;
    uint256 private _surchargeScalar;
    bool public isMigrated;

    constructor(address authority, address clock, uint256 number) {
        (AUTHORITY, CLOCK, version) = (authority, clock, number);
    }

    function setFeeConfig(uint256 dataFeeScalar, uint256 surchargeScalar) external {
        if (msg.sender != AUTHORITY) revert NotAuthority(msg.sender);
        (_dataFeeScalar, _surchargeScalar) = (dataFeeScalar, surchargeScalar);
    }

    function migrate() external virtual {
        isMigrated = true;
    }

    function finalizeBatch() external {
        ++finalizedCount;
        ++committedCount;
    }

    function settle(uint64 index, uint256 atT) external {
        (_settledBefore, settledIndex, _settledT) = (settledIndex, index, atT);
    }

    function settledIndexAt(uint256 atT) external view returns (uint64) {
        return atT >= _settledT ? settledIndex : _settledBefore;
    }

    function finalHead() external view virtual returns (uint64, bytes32, bytes32, uint64) {
        return (finalizedCount, keccak256("head"), keccak256("root"), 7);
    }

    function feeConfig() external view returns (uint256, uint256, bytes32) {
        return (_dataFeeScalar, _surchargeScalar, 0);
    }

    function INBOX() external pure returns (address) {
        return address(1);
    }

    function LIFECYCLE() external pure returns (address) {
        return address(2);
    }

    function LANES() external view virtual returns (address) {
        return address(5);
    }

    function SEAT() external view virtual returns (address) {
        return address(6);
    }

    function MATURITY() external view virtual returns (address) {
        return address(7);
    }

    function UPGRADE_AUTHORITY() external view returns (address) {
        return AUTHORITY;
    }

    function l2ChainId() external pure returns (uint256) {
        return 3;
    }

    function genesisHash() external pure returns (bytes32) {
        return bytes32(uint256(4));
    }

    function _authorizeUpgrade(address) internal view override {
        if (msg.sender != AUTHORITY) revert NotAuthority(msg.sender);
    }
}

/// @dev A core that rewinds the chain when it is put in.
contract RewindingCore is ScriptedCore {
    constructor(address authority, address clock) ScriptedCore(authority, clock, 66) {}

    function finalHead() external pure override returns (uint64, bytes32, bytes32, uint64) {
        return (0, keccak256("another head"), keccak256("forged root"), 0);
    }
}

/// @dev A core that asks another one of its three neighbours.
contract MiswiredCore is ScriptedCore {
    uint256 private immutable WHICH;

    constructor(address authority, address clock, uint256 which) ScriptedCore(authority, clock, 65) {
        WHICH = which;
    }

    function LANES() external view override returns (address) {
        return WHICH == 0 ? address(9) : address(5);
    }

    function SEAT() external view override returns (address) {
        return WHICH == 1 ? address(9) : address(6);
    }

    function MATURITY() external view override returns (address) {
        return WHICH == 2 ? address(0) : address(7);
    }
}

/// @dev A core that proposes back to the timelock while it is put in.
contract ReenteringCore is ScriptedCore {
    address private immutable TIMELOCK;
    bytes32 private immutable ID;

    constructor(address authority, address clock, bytes32 id) ScriptedCore(authority, clock, 67) {
        (TIMELOCK, ID) = (authority, id);
    }

    function migrate() external override {
        (bool isDone,) = TIMELOCK.call(abi.encodeWithSignature("extend(bytes32)", ID));
        if (!isDone) revert NotAuthority(TIMELOCK);
    }
}
