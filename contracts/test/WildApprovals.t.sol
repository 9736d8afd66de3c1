// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of approvals in encodings that no encoder writes, with a wallet (EIP-1271) among the members: lengths and offsets of any value,
// calldata that ends early, answers of any length, a wallet that burns all gas. What a plain encoding may say is SecurityCouncil.t.sol's.
// The law: what is carried out was signed by a quorum, in whatever encoding; what is refused leaves nothing behind.

import {Approval, ISecurityCouncil, Member} from "../src/interfaces/ISecurityCouncil.sol";
import {Governance} from "./support/Governance.sol";

/// @dev A wallet that accepts what its key signed, then answers by a script. The signature is any bytes that begin with r, s, v as words.
contract ScriptedWallet {
    bytes32 private constant MAGIC = bytes32(bytes4(0x1626ba7e));
    address private immutable KEY;
    uint256 private _size = 32;
    bytes32 private _word = MAGIC;
    bool private _isReverting;
    bool private _isBurning;
    uint256 public touched;

    constructor(address key) {
        KEY = key;
    }

    function answer(uint256 size, bytes32 word, bool isReverting) external {
        (_size, _word, _isReverting) = (size, word, isReverting);
    }

    function burn(bool isBurning) external {
        _isBurning = isBurning;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external returns (bytes4) {
        if (_isBurning) while (true) {}
        // A wallet is asked, never let act: under a static call this fails.
        (bool hasActed,) = address(this).call{gas: 30_000}(abi.encodeCall(this.touch, ()));
        bool isSigned = !hasActed && signature.length >= 96;
        if (isSigned) {
            (bytes32 r, bytes32 s, uint8 v) = abi.decode(signature[:96], (bytes32, bytes32, uint8));
            isSigned = ecrecover(digest, v, r, s) == KEY;
        }
        bytes32 word = isSigned ? _word : bytes32(0);
        (uint256 size, bool isReverting) = (_size, _isReverting);
        assembly {
            mstore(0, word)
            calldatacopy(32, calldatasize(), size)
            if isReverting { revert(0, size) }
            return(0, size)
        }
    }

    function touch() external {
        ++touched;
    }
}

/// @dev P-150.
contract WildApprovalsTest is Governance {
    bytes32 private constant MAGIC = bytes32(bytes4(0x1626ba7e));
    uint256 private constant WALLET_KEY = 4_242;
    uint256 private constant QUORUM = 4;
    uint256 private constant GAS = 3_000_000;
    /// @dev Of the encoded call: selector, nonce, deadline, offset of the list; then the list's length and its offsets.
    uint256 private constant LENGTH_AT = 4 + 3 * 32;
    uint256 private constant OFFSETS_AT = LENGTH_AT + 32;

    ScriptedWallet private wallet;
    Member[] private list;

    function setUp() public {
        deployGovernance();
        wallet = new ScriptedWallet(vm.addr(WALLET_KEY));
        Member[] memory next = firstMembers();
        next[0] = Member(address(wallet), true);
        sort(next);
        setMembers(next, 6);
        for (uint256 i = 0; i < next.length; ++i) list.push(next[i]);
    }

    function keyOf(address account) private view returns (uint256) {
        for (uint256 i = 0; i < keys.length; ++i) {
            if (vm.addr(keys[i]) == account) return keys[i];
        }
        return 0;
    }

    function walletSignature(bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(WALLET_KEY, digest);
        return abi.encode(r, s, v);
    }

    /// @dev Approvals of the wallet and of `count - 1` keys, ascending.
    function withWallet(bytes32 digest, uint256 count) private view returns (Approval[] memory approvals) {
        approvals = new Approval[](count);
        uint256 keysLeft = count - 1;
        uint256 filled = 0;
        for (uint256 i = 0; i < list.length && filled < count; ++i) {
            address account = list[i].account;
            if (account == address(wallet)) approvals[filled++] = Approval(account, walletSignature(digest));
            else if (keysLeft > 0) (approvals[filled++], keysLeft) = (approvalOf(keyOf(account), digest), keysLeft - 1);
        }
    }

    function walletAt(Approval[] memory approvals) private view returns (uint256 at) {
        while (approvals[at].signer != address(wallet)) ++at;
    }

    /// @dev The call of a pause with these approvals.
    function encoded(Approval[] memory approvals) private pure returns (bytes memory) {
        return abi.encodeCall(ISecurityCouncil.pause, (1, far(), approvals));
    }

    function put(bytes memory data, uint256 at, uint256 word) private pure {
        assembly {
            mstore(add(add(data, 32), at), word)
        }
    }

    function wordAt(bytes memory data, uint256 at) private pure returns (uint256 word) {
        assembly {
            word := mload(add(add(data, 32), at))
        }
    }

    /// @dev Where approval `i` lies in the call, and where the length of its signature does.
    function placeOf(bytes memory data, uint256 i) private pure returns (uint256 approval, uint256 length) {
        approval = OFFSETS_AT + wordAt(data, OFFSETS_AT + 32 * i);
        length = approval + wordAt(data, approval + 32);
    }

    function isTaken(bytes memory data) private returns (bool taken) {
        (taken,) = address(council).call{gas: GAS}(data);
        assertTrue(taken == clock.isBlocked() && taken == council.isNonceUsed(1), "what is refused leaves nothing");
        assertEq(wallet.touched(), 0, "a wallet is asked and cannot act");
    }

    function expectRefused(bytes memory data, string memory what) private {
        assertTrue(!isTaken(data), what);
    }

    function digestOfPause() private view returns (bytes32) {
        return council.pauseDigest(1, far());
    }

    /// P-150: of the list's length, of every offset and of every signature's length, no other value makes an act out of one signature too few.
    function testFuzz_NoEncodingMakesUpForASignature(uint256 at, uint256 word, uint256 shape) public {
        Approval[] memory approvals = withWallet(digestOfPause(), QUORUM - 1);
        bytes memory data = encoded(approvals);
        data = bytes.concat(data, new bytes(bound(shape, 0, 5) * 32));
        uint256[12] memory words = [
            uint256(0), 1, 31, 32, 65, 96, data.length, data.length - LENGTH_AT, 1 << 20, 1 << 64, type(uint256).max - 31, type(uint256).max
        ];
        uint256 odd = shape % 4 == 0 ? word : words[word % words.length];
        // The list says four, and one further word is anything, wherever it lies.
        put(data, LENGTH_AT, QUORUM);
        put(data, bound(at, LENGTH_AT - 32, data.length - 32), odd);
        expectRefused(data, "three signatures are not four");
    }

    /// P-150: the fourth is no member, a member twice, or a place in the call where nobody's signature is, whichever place.
    function test_AFourthApproval_IsNowhereInTheCall() public {
        Approval[] memory approvals = new Approval[](QUORUM);
        Approval[] memory real = withWallet(digestOfPause(), QUORUM - 1);
        for (uint256 i = 0; i < real.length; ++i) approvals[i] = real[i];
        approvals[QUORUM - 1] = Approval(list[list.length - 1].account, hex"");
        bytes memory data = encoded(approvals);
        for (uint256 i = 4; i < data.length; i += 32) {
            // Offsets count from behind the length, also backwards.
            bytes memory odd = bytes.concat(data);
            unchecked {
                put(odd, OFFSETS_AT + 32 * (QUORUM - 1), i - OFFSETS_AT);
            }
            expectRefused(odd, "an offset into the call");
            odd = bytes.concat(data);
            (uint256 approval,) = placeOf(odd, QUORUM - 1);
            unchecked {
                put(odd, approval + 32, i - approval);
            }
            expectRefused(odd, "a signature elsewhere in the call");
        }
    }

    /// P-150: a signature of no, too few or too many bytes, of a key and of a wallet.
    function test_SignatureLengths_AreTheirOwn() public {
        Approval[] memory approvals = withWallet(digestOfPause(), QUORUM);
        bytes memory data = encoded(approvals);
        uint256 ofWallet = walletAt(approvals);
        (, uint256 walletLength) = placeOf(data, ofWallet);
        (, uint256 keyLength) = placeOf(data, ofWallet == 0 ? 1 : 0);
        uint256[10] memory lengths =
            [uint256(0), 1, 31, 64, 66, 95, 1 << 32, 1 << 64, type(uint256).max - 0x63, type(uint256).max];
        for (uint256 i = 0; i < lengths.length; ++i) {
            bytes memory odd = bytes.concat(data);
            put(odd, keyLength, lengths[i]);
            expectRefused(odd, "a key's signature has 65 bytes");
            odd = bytes.concat(data);
            put(odd, walletLength, lengths[i]);
            expectRefused(odd, "the wallet takes 96 bytes, and gas has an end");
        }
        // What follows the signature is handed to the wallet, which is its own judge.
        put(data, walletLength, 4_096);
        assertTrue(isTaken(data), "more bytes than the wallet needs");
    }

    /// P-150: a call that ends early is read as zeros, and zeros sign nothing.
    function test_CalldataThatEndsEarly_IsRefused() public {
        Approval[] memory approvals = withWallet(digestOfPause(), QUORUM);
        bytes memory data = encoded(approvals);
        // The last approval's bytes are padded: up to there nothing is missing.
        (, uint256 last) = placeOf(data, QUORUM - 1);
        uint256 end = last + 32 + approvals[QUORUM - 1].signature.length;
        for (uint256 length = 4; length < end; length += length + 40 < end ? 31 : 1) {
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) cut[i] = data[i];
            expectRefused(cut, "cut short");
        }
    }

    /// P-150: what is all there is taken, wherever it lies: pieces in another order, with gaps, with dirt above an address.
    function test_WholeApprovals_AreTakenFromAnywhere() public {
        Approval[] memory approvals = withWallet(digestOfPause(), QUORUM);
        bytes memory data = encoded(approvals);
        bytes memory pieces;
        uint256[] memory places = new uint256[](QUORUM);
        for (uint256 i = QUORUM; i > 0; --i) {
            pieces = bytes.concat(pieces, hex"dead");
            places[i - 1] = data.length + pieces.length;
            bytes memory signature = approvals[i - 1].signature;
            uint256 dirty = uint256(uint160(approvals[i - 1].signer)) | (uint256(0xbeef) << 160);
            pieces = bytes.concat(pieces, abi.encode(dirty, 99), hex"c0ffee", new bytes(32), bytes32(signature.length), signature);
        }
        bytes memory wild = bytes.concat(data, pieces);
        for (uint256 i = 0; i < QUORUM; ++i) put(wild, OFFSETS_AT + 32 * i, places[i] - OFFSETS_AT);
        assertTrue(isTaken(wild), "all four are there");
    }

    /// P-150: a wallet has signed only by the magic word in a first word that is all there; what follows that word does not matter.
    function test_WalletAnswers_OfEveryLength() public {
        Approval[] memory approvals = withWallet(digestOfPause(), QUORUM);
        bytes memory data = encoded(approvals);
        uint256[5] memory short = [uint256(0), 1, 4, 20, 31];
        for (uint256 i = 0; i < short.length; ++i) {
            wallet.answer(short[i], MAGIC, false);
            expectRefused(data, "too short");
        }
        bytes32[5] memory words =
            [bytes32(0), bytes32(uint256(1)), bytes32(type(uint256).max), MAGIC >> 224, MAGIC | bytes32(uint256(1))];
        for (uint256 i = 0; i < words.length; ++i) {
            wallet.answer(32, words[i], false);
            expectRefused(data, "another word");
        }
        wallet.answer(32, MAGIC, true);
        expectRefused(data, "a fault that says yes");
        // Half a megabyte behind the answer is the wallet's own cost: nothing of it is copied here.
        wallet.answer(500_000, MAGIC, false);
        assertTrue(isTaken(data), "a long answer");
    }

    /// P-150: a wallet that burns all gas spoils the acts that name it, and no others; the nonce is as free as before.
    function test_AWalletThatBurnsGas_SpoilsOnlyWhatNamesIt() public {
        Approval[] memory approvals = withWallet(digestOfPause(), QUORUM + 1);
        wallet.burn(true);
        expectRefused(encoded(approvals), "no gas is left");
        uint256 at = walletAt(approvals);
        Approval[] memory others = new Approval[](QUORUM);
        for (uint256 i = 0; i < QUORUM; ++i) others[i] = approvals[i < at ? i : i + 1];
        assertTrue(isTaken(encoded(others)), "four others");
    }
}
