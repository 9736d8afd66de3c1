// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the council's acts: whose signatures count for what. Each bound at it and one past it; signatures of another act, chain,
// epoch, nonce, form or person; wallets that answer by EIP-1271. Who is in it is CouncilMembers.t.sol's.

import {SecurityCouncil} from "../src/governance/SecurityCouncil.sol";
import {IClock} from "../src/interfaces/IClock.sol";
import {Approval, ISecurityCouncil, Member} from "../src/interfaces/ISecurityCouncil.sol";
import {IUpgradeTimelock, Upgrade} from "../src/interfaces/IUpgradeTimelock.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Governance} from "./support/Governance.sol";

/// @dev A wallet of one key: valid is what its key signed.
contract Wallet1271 {
    address private immutable KEY;
    bytes4 public answer = 0x1626ba7e;

    constructor(address key) {
        KEY = key;
    }

    function setAnswer(bytes4 next) external {
        answer = next;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (bytes32 r, bytes32 s, uint8 v) = abi.decode(signature, (bytes32, bytes32, uint8));
        return ecrecover(digest, v, r, s) == KEY ? answer : bytes4(0xffffffff);
    }
}

/// @dev A wallet whose answer is what its first byte of storage says: nothing, a fault, too little, or the right word with dirt behind it.
contract OddWallet {
    uint8 private immutable HOW;

    constructor(uint8 how) {
        HOW = how;
    }

    fallback() external {
        uint8 how = HOW;
        assembly {
            mstore(0, 0x1626ba7e00000000000000000000000000000000000000000000000000000001)
            if iszero(how) { return(0, 0) }
            if eq(how, 1) { revert(0, 32) }
            if eq(how, 2) { return(0, 4) }
            return(0, 32)
        }
    }
}

/// @dev P-150 approvals; P-152 the pause.
contract SecurityCouncilTest is Governance {
    function setUp() public {
        deployGovernance();
    }

    function scheduled() private returns (Upgrade memory upgrade) {
        upgrade = feesUpgrade();
        schedule(upgrade);
    }

    /// P-150
    function test_Acts_NeedExactlyTheirQuorum() public {
        Upgrade memory upgrade = scheduled();
        Approval[] memory approvals = approvalsOf(council.vetoDigest(upgrade, 1, far()), 4);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooFewApprovals.selector, 4, 5));
        council.veto(upgrade, 1, far(), approvals);
        council.veto(upgrade, 1, far(), approvalsOf(council.vetoDigest(upgrade, 1, far()), 5));
        assertState(timelock.idOf(upgrade), IUpgradeTimelock.UpgradeState.Vetoed, "vetoed by 5");

        approvals = approvalsOf(council.pauseDigest(2, far()), 3);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooFewApprovals.selector, 3, 4));
        council.pause(2, far(), approvals);
        council.pause(2, far(), approvalsOf(council.pauseDigest(2, far()), 4));
        assertTrue(clock.isBlocked(), "paused by 4");

        lanes.setDispute(9);
        approvals = approvalsOf(council.resolveDigest(9, address(0x1a), 3, far()), 5);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooFewApprovals.selector, 5, 6));
        council.resolve(9, address(0x1a), 3, far(), approvals);
        council.resolve(9, address(0x1a), 3, far(), approvalsOf(council.resolveDigest(9, address(0x1a), 3, far()), 6));
        assertEq(lanes.resolvedLane(), address(0x1a), "resolved by 6");

        upgrade.salt = bytes32(uint256(5));
        skip(1);
        schedule(upgrade);
        approvals = approvalsOf(council.expediteDigest(upgrade, 4, far()), 5);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooFewApprovals.selector, 5, 6));
        council.expedite(upgrade, 4, far(), approvals);
        council.expedite(upgrade, 4, far(), approvalsOf(council.expediteDigest(upgrade, 4, far()), 6));
        assertState(timelock.idOf(upgrade), IUpgradeTimelock.UpgradeState.Executed, "expedited by 6");
    }

    /// P-150: a signature serves its act, arguments, nonce, deadline, chain and epoch alone.
    function test_Signatures_ServeOneActAlone() public {
        Upgrade memory upgrade = scheduled();
        Approval[] memory approvals = approvalsOf(council.vetoDigest(upgrade, 1, far()), 8);
        bytes memory invalid = abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, vm.addr(keys[0]));
        vm.expectRevert(invalid);
        council.expedite(upgrade, 1, far(), approvals);
        vm.expectRevert(invalid);
        council.veto(upgrade, 2, far(), approvals);
        vm.expectRevert(invalid);
        council.veto(upgrade, 1, far() - 1, approvals);
        Upgrade memory other = feesUpgrade();
        other.salt = bytes32(uint256(1));
        schedule(other);
        vm.expectRevert(invalid);
        council.veto(other, 1, far(), approvals);
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        vm.expectRevert(invalid);
        council.veto(upgrade, 1, far(), approvals);
        vm.chainId(here);
        setMembers(firstMembers(), 6);
        vm.expectRevert(invalid);
        council.veto(upgrade, 1, far(), approvals);
        approvals = approvalsOf(council.vetoDigest(upgrade, 1, far()), 8);
        council.veto(upgrade, 1, far(), approvals);
    }

    /// P-150
    function test_Signatures_ExpireAndCountOnce() public {
        uint256 deadline = timestamp();
        Approval[] memory approvals = approvalsOf(council.pauseDigest(300, deadline), 4);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.DeadlinePassed.selector, deadline, deadline + 1));
        council.pause(300, deadline, approvals);
        vm.warp(deadline);
        council.pause(300, deadline, approvals);
        assertTrue(council.isNonceUsed(300) && !council.isNonceUsed(301), "one nonce used");
        skip(90 days);
        approvals = approvalsOf(council.pauseDigest(300, far()), 4);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NonceUsed.selector, 300));
        council.pause(300, far(), approvals);
    }

    /// P-150: one member is one voice, and strangers have none.
    function test_Signers_AreDifferentPresentMembers() public {
        bytes32 digest = council.pauseDigest(1, far());
        Approval[] memory approvals = approvalsOf(digest, 4);
        approvals[3] = approvals[2];
        address twice = approvals[2].signer;
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignersNotAscending.selector, twice, twice));
        council.pause(1, far(), approvals);
        approvals = approvalsOf(digest, 4);
        (approvals[0], approvals[1]) = (approvals[1], approvals[0]);
        vm.expectRevert();
        council.pause(1, far(), approvals);
        approvals = approvalsOf(digest, 4);
        uint256 stranger = 77;
        while (vm.addr(stranger) <= approvals[2].signer) ++stranger;
        approvals[3] = approvalOf(stranger, digest);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NotMember.selector, vm.addr(stranger)));
        council.pause(1, far(), approvals);
        // A member's name over another's signature.
        approvals = approvalsOf(digest, 4);
        approvals[1].signature = approvals[0].signature;
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, approvals[1].signer));
        council.pause(1, far(), approvals);
        approvals = approvalsOf(digest, 4);
        approvals[0].signature = hex"";
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, approvals[0].signer));
        council.pause(1, far(), approvals);
        // More than enough, one of them bad: refused as a whole, so that what was counted is what was signed.
        approvals = approvalsOf(digest, 8);
        approvals[7].signature = hex"00";
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, approvals[7].signer));
        council.pause(1, far(), approvals);
    }

    /// P-150, CVE-2022-35961: neither the other signature of a key (high s) nor its short form of 64 bytes is a second reading of it.
    function test_Signatures_HaveOneForm() public {
        bytes32 digest = council.pauseDigest(1, far());
        Approval[] memory approvals = approvalsOf(digest, 4);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], digest);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes[3] memory forms = [
            abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? 28 : 27),
            abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))),
            abi.encodePacked(r, s, v - 27)
        ];
        for (uint256 i = 0; i < forms.length; ++i) {
            approvals[0].signature = forms[i];
            vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, approvals[0].signer));
            council.pause(1, far(), approvals);
        }
    }

    /// P-150, CVE-2022-31172: a wallet that answers with nothing, a fault, four bytes, or dirt behind the right word has not signed.
    function test_Wallets_OddAnswersAreNone() public {
        for (uint8 how = 0; how < 4; ++how) {
            OddWallet wallet = new OddWallet(how);
            Member[] memory next = firstMembers();
            next[0] = Member(address(wallet), true);
            sort(next);
            setMembers(next, 6);
            Approval[] memory approvals = new Approval[](8);
            bytes32 digest = council.pauseDigest(1, far());
            for (uint256 i = 0; i < 8; ++i) {
                address account = next[i].account;
                approvals[i] = account == address(wallet) ? Approval(account, hex"") : approvalOf(keyOf(account), digest);
            }
            vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, address(wallet)));
            council.pause(1, far(), approvals);
        }
    }

    /// P-150: wallets answer by EIP-1271; a key that is delegated to code (EIP-7702) still signs for itself.
    function test_Wallets_SignByEip1271() public {
        uint256 walletKey = 4_242;
        Wallet1271 wallet = new Wallet1271(vm.addr(walletKey));
        Member[] memory next = firstMembers();
        next[0] = Member(address(wallet), true);
        sort(next);
        setMembers(next, 6);
        bytes32 digest = council.pauseDigest(1, far());
        Approval[] memory approvals = new Approval[](4);
        uint256 filled = 0;
        for (uint256 i = 0; i < next.length && filled < 4; ++i) {
            if (next[i].account == address(wallet)) {
                (uint8 v, bytes32 r, bytes32 s) = vm.sign(walletKey, digest);
                approvals[filled++] = Approval(address(wallet), abi.encode(r, s, v));
            } else if (filled < 3 || next[i].account > address(wallet)) {
                approvals[filled++] = approvalOf(keyOf(next[i].account), digest);
            }
        }
        wallet.setAnswer(0x00000001);
        bool hasWallet = false;
        for (uint256 i = 0; i < 4; ++i) hasWallet = hasWallet || approvals[i].signer == address(wallet);
        assertTrue(hasWallet, "the wallet is among the four");
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, address(wallet)));
        council.pause(1, far(), approvals);
        wallet.setAnswer(0x1626ba7e);
        for (uint256 i = 0; i < 4; ++i) {
            if (approvals[i].signer != address(wallet)) vm.etch(approvals[i].signer, abi.encodePacked(hex"ef0100", address(this)));
        }
        council.pause(1, far(), approvals);
    }

    function keyOf(address account) private view returns (uint256) {
        for (uint256 i = 0; i < keys.length; ++i) {
            if (vm.addr(keys[i]) == account) return keys[i];
        }
        revert ExpectedTrue("a member's key");
    }

    /// P-150: offsets that lead elsewhere in the call, or out of it, find no signature of a member.
    function test_Approvals_OddOffsetsFindNothing() public {
        bytes32 digest = council.pauseDigest(1, far());
        bytes memory data = abi.encodeCall(council.pause, (1, far(), approvalsOf(digest, 4)));
        // Behind the selector: nonce, deadline, offset, number, then four offsets; the first approval begins with its signer and its offset.
        uint256 first = 4 + 4 * 32;
        uint256 approval = first + 4 * 32;
        uint256[5] memory offsets = [0, 32, 1 << 20, type(uint256).max - 31, type(uint256).max];
        for (uint256 i = 0; i < offsets.length; ++i) {
            for (uint256 position = first; position <= approval + 64; position += 32) {
                if (position == approval) continue;
                bytes memory odd = bytes.concat(data);
                uint256 next = offsets[i];
                assembly {
                    mstore(add(odd, add(32, position)), next)
                }
                (bool isTaken,) = address(council).call(odd);
                assertTrue(!isTaken, "odd");
            }
        }
        (bool isDone,) = address(council).call(data);
        assertTrue(isDone && clock.isBlocked(), "as it was signed");
    }

    /// P-152
    function test_Pause_OncePer90Days_AndEndsByItself() public {
        uint256 start = timestamp();
        council.pause(1, far(), approvalsOf(council.pauseDigest(1, far()), 4));
        assertEq(clock.stoppedUntil(IClock.Stop.Pause), start + 3 days, "three days");
        skip(3 days);
        assertTrue(!clock.isBlocked(), "over by itself");
        vm.warp(start + 90 days - 1);
        Approval[] memory approvals = approvalsOf(council.pauseDigest(2, far()), 8);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.PauseBudgetSpent.selector, start + 90 days));
        council.pause(2, far(), approvals);
        skip(1);
        council.pause(2, far(), approvals);
        // New members do not get a new pause.
        skip(4 days);
        setMembers(firstMembers(), 6);
        approvals = approvalsOf(council.pauseDigest(3, far()), 8);
        vm.expectRevert();
        council.pause(3, far(), approvals);
    }

    /// P-150: the council can do its four acts and call nothing else.
    function test_Resolve_IsTheOnlyCallIntoTheLanes() public {
        vm.expectRevert();
        lanes.resolve(1, address(1));
        new SecurityCouncil(address(clock), address(lanes), address(timelock), firstMembers(), 6);
    }
}
