// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RollupProxy} from "../../src/deploy/RollupProxy.sol";
import {BatchInputs, Binding, IRollup, Outputs} from "../../src/interfaces/IRollup.sol";
import {Constants} from "../../src/libraries/Constants.sol";
import {Statement} from "../../src/libraries/Statement.sol";
import {Clock} from "../../src/rollup/Clock.sol";
import {Inbox} from "../../src/rollup/Inbox.sol";
import {Lanes} from "../../src/rollup/Lanes.sol";
import {Lifecycle} from "../../src/rollup/Lifecycle.sol";
import {OperatorSeat} from "../../src/rollup/OperatorSeat.sol";
import {Rollup} from "../../src/rollup/Rollup.sol";
import {Vault} from "../../src/rollup/Vault.sol";
import {ScriptedLane} from "./ScriptedLane.sol";
import {TestBase} from "./TestBase.sol";

// The real contracts, wired as a deployment wires them, with scripted lanes of both kinds. Hatch, maturity, bounty and reserve are addresses
// without code until a test puts something there.

abstract contract System is TestBase {
    bytes32 internal constant GENESIS_HASH = keccak256("genesis");
    bytes32 internal constant GENESIS_ROOT = keccak256("genesis root");
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant CAP = 1_000 ether;

    address internal constant HATCH = address(0xe5ca);
    address internal constant COUNCIL = address(0xc0c);
    address internal constant AUTHORITY = address(0xa07);
    address internal constant MATURITY = address(0x3a7);
    address internal constant BOUNTY = address(0xb0b0);
    address internal constant RESERVE = address(0x4e5e);
    address internal constant OPERATOR = address(0x09e4);
    address internal constant COLD = address(0xc01d);

    Clock internal clock;
    Inbox internal inbox;
    Rollup internal rollup;
    Vault internal vault;
    Lanes internal lanes;
    Lifecycle internal lifecycle;
    OperatorSeat internal seat;
    ScriptedLane internal zkLane;
    ScriptedLane internal attesterLane;

    function deploySystem(uint256 timeScale, bool isTrainingDevnet, bool hasZkLane) internal {
        vm.warp(START);
        vm.roll(1_000);
        vm.fee(1 gwei);
        // Block hashes are not kept as state here: PUSH0 CALLDATALOAD BLOCKHASH, returned as a word, stands for EIP-2935's contract.
        vm.etch(Constants.HISTORY_STORAGE, hex"5f35405f5260205ff3");
        uint256 nonce = vm.getNonce(address(this));
        address rollupAddress = vm.computeCreateAddress(address(this), nonce + 6);
        address vaultAddress = vm.computeCreateAddress(address(this), nonce + 4);
        address lanesAddress = vm.computeCreateAddress(address(this), nonce + 7);
        address lifecycleAddress = vm.computeCreateAddress(address(this), nonce + 8);
        address seatAddress = vm.computeCreateAddress(address(this), nonce + 9);
        clock = new Clock(timeScale, COUNCIL, lanesAddress);
        inbox = new Inbox(vaultAddress, rollupAddress, RESERVE, MATURITY, CAP);
        zkLane = new ScriptedLane(Constants.SPEC_ID, Constants.PROFILE_MAINNET);
        attesterLane = new ScriptedLane(Constants.SPEC_ID, Constants.PROFILE_MAINNET);
        vault = new Vault(address(inbox), rollupAddress, lifecycleAddress, HATCH, RESERVE);
        Rollup implementation = new Rollup(
            Rollup.Config({
                clock: address(clock),
                inbox: address(inbox),
                lifecycle: lifecycleAddress,
                lanes: lanesAddress,
                seat: seatAddress,
                maturity: MATURITY,
                upgradeAuthority: AUTHORITY,
                l2ChainId: Constants.DEVNET_L2_CHAIN_ID,
                genesisHash: GENESIS_HASH,
                genesisStateRoot: GENESIS_ROOT
            })
        );
        rollup = Rollup(address(new RollupProxy(address(implementation), abi.encodeCall(Rollup.initialize, ()))));
        lanes = new Lanes(lanesConfig(rollupAddress, isTrainingDevnet), initialLanes(hasZkLane));
        lifecycle = new Lifecycle(address(clock), address(inbox), rollupAddress, lanesAddress, seatAddress);
        seat = new OperatorSeat(OPERATOR, COLD, address(clock), lifecycleAddress, MATURITY, RESERVE, AUTHORITY);
        assertEq(address(seat), seatAddress, "seat address");
        assertEq(address(rollup), rollupAddress, "rollup address");
        assertEq(address(vault), vaultAddress, "vault address");
    }

    function lanesConfig(address rollupAddress, bool isTrainingDevnet) internal view returns (Lanes.Config memory) {
        return Lanes.Config({
            clock: address(clock),
            rollup: rollupAddress,
            maturity: MATURITY,
            bounty: BOUNTY,
            securityCouncil: COUNCIL,
            upgradeAuthority: AUTHORITY,
            isTrainingDevnet: isTrainingDevnet
        });
    }

    function initialLanes(bool hasZkLane) private view returns (Lanes.InitialLane[] memory initial) {
        initial = new Lanes.InitialLane[](hasZkLane ? 2 : 1);
        initial[0] = Lanes.InitialLane(address(attesterLane), Constants.ANSWER_ATTESTERS, new address[](0));
        if (hasZkLane) initial[1] = Lanes.InitialLane(address(zkLane), Constants.ANSWER_ZK, new address[](0));
    }

    /// @dev A scripted lane, registered and enabled.
    function addLane(uint8 kind, address[] memory builtOn) internal returns (ScriptedLane lane) {
        lane = new ScriptedLane(Constants.SPEC_ID, Constants.PROFILE_MAINNET);
        vm.prank(AUTHORITY);
        lanes.registerLane(address(lane), kind, builtOn, 0);
    }

    /// @dev Commits the next batch on `parentHash`, up to message `inboxTo`.
    function commitOn(bytes32 parentHash, uint64 inboxTo) internal returns (uint64 index) {
        index = rollup.committedCount() + 1;
        uint64 origin = uint64(vm.getBlockNumber() - 1);
        vm.prank(OPERATOR);
        rollup.commit(index, parentHash, inboxTo, origin, hex"01c0");
    }

    /// @dev Outputs of a batch that differ by `tag`.
    function outputsOf(bytes32 tag) internal view returns (Outputs memory) {
        return Outputs({
            lastNumber: uint64(uint256(tag) % 1_000),
            lastHash: keccak256(abi.encode("block", tag)),
            stateRoot: keccak256(abi.encode("root", tag)),
            lastTimestamp: uint64(timestamp()),
            zkGasUsed: 1,
            dropRoot: 0
        });
    }

    function openBinding() internal pure returns (Binding memory) {
        return Binding({beneficiary: address(0xbe4e), minL1Time: 0, maxL1Time: type(uint64).max});
    }

    function statementOf(uint64 index, Outputs memory outputs, Binding memory binding) internal view returns (bytes32) {
        return Statement.hash(rollup.batch(index).inputs, Statement.hashOutputs(outputs), Statement.hashBinding(binding));
    }

    function acceptAndAnswer(uint64 index, ScriptedLane lane, Outputs memory outputs) internal {
        lane.submit(statementOf(index, outputs, openBinding()), 0, "");
        rollup.answer(index, address(lane), outputs, openBinding());
    }

    /// @dev Commits and makes final a batch with the given state root, by both lanes.
    function finalizeRoot(bytes32 stateRoot, uint64 inboxTo) internal returns (uint64 index) {
        (, bytes32 lastHash,,) = rollup.finalHead();
        index = commitOn(lastHash, inboxTo);
        Outputs memory outputs = outputsOf(keccak256(abi.encode(stateRoot, index)));
        outputs.stateRoot = stateRoot;
        acceptAndAnswer(index, zkLane, outputs);
        acceptAndAnswer(index, attesterLane, outputs);
        rollup.finalize(index);
    }

    /// @dev What the inputs of an Enforced batch must be, from SPEC 8 and 12, if the batch before ended at `start`.
    function enforcedInputs(bytes32 parentHash, uint64 start, uint64 from, uint64 to) internal view returns (bytes32) {
        BatchInputs memory inputs;
        inputs.version = 1;
        inputs.l1ChainId = block.chainid;
        inputs.l2ChainId = Constants.DEVNET_L2_CHAIN_ID;
        inputs.rollup = address(rollup);
        inputs.specId = 1;
        inputs.mode = 2;
        inputs.parentHash = parentHash;
        inputs.payloadCommitment = bytes32(uint256(3_600));
        (inputs.inboxFrom, inputs.accFrom) = (from, inbox.accumulatorAt(from));
        (inputs.inboxTo, inputs.accTo) = (to, inbox.accumulatorAt(to));
        if (start != from) inputs.skipRoot = keccak256(abi.encode(start, from, inbox.accumulatorAt(start), inputs.accFrom));
        inputs.feeConfigHash = keccak256(abi.encode(1_000_000, 1_000_000));
        return Statement.hashInputs(inputs);
    }

    /// @dev Has the zk lane accept an Enforced batch, and commits it.
    function commitEnforced(bytes32 parentHash, uint64 start, uint64 from, uint64 to, uint64 blockStart, Outputs memory outputs) internal {
        bytes32 inputs = enforcedInputs(parentHash, start, from, to);
        zkLane.submit(Statement.hash(inputs, Statement.hashOutputs(outputs), Statement.hashBinding(openBinding())), 0, "");
        rollup.commitEnforced(rollup.committedCount() + 1, parentHash, to, blockStart, address(zkLane), outputs, openBinding());
    }
}
