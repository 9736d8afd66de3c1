// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {IMaturity} from "../interfaces/IMaturity.sol";
import {IOperatorSeat} from "../interfaces/IOperatorSeat.sol";
import {Constants} from "../libraries/Constants.sol";

// Who sits in the operator's seat. Owns the two keys, the bond, the auction and what is owed to those who left. Immutable; asks the
// Lifecycle how often Enforced was entered and Maturity for the stage, and takes the forfeits whenever it is touched.
//
//      auction: closed ──30 d in Enforced, Ossified, or an entry after one was held──► open ──first bid──► 7 d ──settle──► closed
//                                                                                                          └──replace──► closed
//
// Invariants: balance = bond + highest bid + everything owed + forfeits not yet sent; a bond pays every entry of its own time and no other;
// ETH leaves only to whom it is owed, or to the reserve.

/// @title OperatorSeat
contract OperatorSeat is IOperatorSeat {
    /// @inheritdoc IOperatorSeat
    address public immutable CLOCK;
    /// @inheritdoc IOperatorSeat
    address public immutable LIFECYCLE;
    /// @inheritdoc IOperatorSeat
    address public immutable MATURITY;
    /// @inheritdoc IOperatorSeat
    address public immutable RESERVE;
    /// @inheritdoc IOperatorSeat
    address public immutable UPGRADE_AUTHORITY;
    uint256 private immutable AUCTION_AFTER;
    uint256 private immutable AUCTION_LENGTH;

    /// @inheritdoc IOperatorSeat
    address public operator;
    /// @dev Last episode whose forfeit was taken.
    uint32 private _episode;
    /// @dev Episode up to which an auction was held.
    uint32 private _auctionedEpisode;
    bool private _wasAuctioned;
    bool private _auctionedInOssified;
    /// @inheritdoc IOperatorSeat
    address public coldKey;
    uint256 private _bondWei;
    Auction private _auction;
    /// @inheritdoc IOperatorSeat
    mapping(address account => uint256 amountWei) public owedWei;

    constructor(
        address firstOperator,
        address firstColdKey,
        address clock,
        address lifecycle,
        address maturity,
        address reserve,
        address upgradeAuthority
    ) {
        CLOCK = clock;
        LIFECYCLE = lifecycle;
        MATURITY = maturity;
        RESERVE = reserve;
        UPGRADE_AUTHORITY = upgradeAuthority;
        AUCTION_AFTER = IClock(clock).scaled(Constants.SEAT_AUCTION_AFTER_SECONDS);
        AUCTION_LENGTH = IClock(clock).scaled(Constants.SEAT_AUCTION_LENGTH_SECONDS);
        _setOperator(firstOperator);
        _setColdKey(firstColdKey);
    }

    /// @inheritdoc IOperatorSeat
    function rotateOperator(address nextOperator) external {
        _onlyColdKey();
        _setOperator(nextOperator);
    }

    /// @inheritdoc IOperatorSeat
    function setColdKey(address nextColdKey) external {
        _onlyColdKey();
        _setColdKey(nextColdKey);
    }

    /// @inheritdoc IOperatorSeat
    function bid(address nextOperator, address nextColdKey) external payable {
        if (nextOperator == address(0) || nextColdKey == address(0)) revert ZeroAddress();
        Auction memory last = _auction;
        uint256 nowT = IClock(CLOCK).current();
        if (last.endT == 0 ? !isAuctionOpen() : nowT >= last.endT) revert AuctionClosed();
        uint256 needed = last.bidWei * Constants.SEAT_BID_STEP_PERCENT / 100;
        if (needed < Constants.SEAT_MIN_BID_WEI) needed = Constants.SEAT_MIN_BID_WEI;
        if (msg.value < needed) revert BidTooLow(msg.value, needed);
        uint40 endT = last.endT == 0 ? uint40(nowT + AUCTION_LENGTH) : last.endT;
        _auction = Auction(nextOperator, nextColdKey, msg.value, endT);
        emit BidPlaced(msg.sender, nextOperator, nextColdKey, msg.value, endT);
        _owe(last.coldKey, last.bidWei);
    }

    /// @inheritdoc IOperatorSeat
    function settleAuction() external {
        Auction memory won = _auction;
        if (won.endT == 0) revert NoAuction();
        if (IClock(CLOCK).current() < won.endT) revert AuctionRunning(won.endT);
        uint256 forfeited = _takeForfeits();
        delete _auction;
        _auctionedEpisode = _episode;
        _wasAuctioned = true;
        _auctionedInOssified = _isOssified();
        _seat(won.operator, won.coldKey, won.bidWei);
        _sendForfeits(forfeited);
    }

    /// @inheritdoc IOperatorSeat
    function forfeit() external {
        _sendForfeits(_takeForfeits());
    }

    /// @inheritdoc IOperatorSeat
    function releaseBond() external {
        if (ILifecycle(LIFECYCLE).phase() != ILifecycle.Phase.Frozen) revert BondLocked();
        uint256 forfeited = _takeForfeits();
        uint256 amount = _bondWei;
        _bondWei = 0;
        _owe(coldKey, amount);
        _sendForfeits(forfeited);
    }

    /// @inheritdoc IOperatorSeat
    function withdraw(address account) external {
        uint256 amount = owedWei[account];
        if (amount == 0) revert NothingOwed(account);
        owedWei[account] = 0;
        emit Withdrawn(account, amount);
        (bool isPaid,) = account.call{value: amount}("");
        if (!isPaid) revert PaymentRefused(account, amount);
    }

    /// @inheritdoc IOperatorSeat
    function replace(address nextOperator, address nextColdKey) external {
        if (msg.sender != UPGRADE_AUTHORITY) revert NotUpgradeAuthority(msg.sender, UPGRADE_AUTHORITY);
        if (_isOssified()) revert ReplacementOver();
        uint256 forfeited = _takeForfeits();
        // An auction held because of the one who leaves says nothing about the one who comes.
        Auction memory running = _auction;
        delete _auction;
        _wasAuctioned = false;
        _owe(running.coldKey, running.bidWei);
        _seat(nextOperator, nextColdKey, 0);
        _sendForfeits(forfeited);
    }

    /// @inheritdoc IOperatorSeat
    function auction() external view returns (Auction memory) {
        return _auction;
    }

    /// @inheritdoc IOperatorSeat
    function bondWei() external view returns (uint256) {
        return _bondAfter(ILifecycle(LIFECYCLE).episode().number);
    }

    /// @inheritdoc IOperatorSeat
    function isAuctionOpen() public view returns (bool) {
        ILifecycle.Phase phase = ILifecycle(LIFECYCLE).phase();
        if (phase == ILifecycle.Phase.Frozen) return false;
        if (_isOssified() && !_auctionedInOssified) return true;
        ILifecycle.Episode memory episode = ILifecycle(LIFECYCLE).episode();
        if (episode.number <= _auctionedEpisode) return false;
        if (_wasAuctioned) return true;
        return phase == ILifecycle.Phase.Enforced && IClock(CLOCK).current() - episode.enteredT >= AUCTION_AFTER;
    }

    /// @dev What the seated operator keeps after `number` entries: half of it for each one of its time.
    function _bondAfter(uint32 number) private view returns (uint256 left) {
        left = _bondWei;
        for (uint32 i = _episode; i < number && left != 0; ++i) left -= left / Constants.SEAT_FORFEIT_DIVISOR;
    }

    function _takeForfeits() private returns (uint256 forfeited) {
        uint32 number = ILifecycle(LIFECYCLE).episode().number;
        if (number == _episode) return 0;
        uint256 left = _bondAfter(number);
        forfeited = _bondWei - left;
        _bondWei = left;
        _episode = number;
        emit BondForfeited(number, forfeited, left);
    }

    /// @dev A reserve that does not take it must not hold the seat up: then it is owed.
    function _sendForfeits(uint256 forfeited) private {
        if (forfeited == 0) return;
        (bool isPaid,) = RESERVE.call{value: forfeited}("");
        if (!isPaid) _owe(RESERVE, forfeited);
    }

    function _seat(address nextOperator, address nextColdKey, uint256 bond) private {
        address previousColdKey = coldKey;
        uint256 previousBond = _bondWei;
        _bondWei = bond;
        _setOperator(nextOperator);
        _setColdKey(nextColdKey);
        emit SeatReplaced(nextOperator, nextColdKey, bond);
        _owe(previousColdKey, previousBond);
    }

    function _owe(address account, uint256 amount) private {
        if (amount == 0) return;
        owedWei[account] += amount;
        emit Owed(account, amount);
    }

    function _setOperator(address next) private {
        if (next == address(0)) revert ZeroAddress();
        emit OperatorRotated(operator, next);
        operator = next;
    }

    function _setColdKey(address next) private {
        if (next == address(0)) revert ZeroAddress();
        emit ColdKeySet(coldKey, next);
        coldKey = next;
    }

    function _isOssified() private view returns (bool) {
        return MATURITY.code.length != 0 && IMaturity(MATURITY).stage() == IMaturity.Stage.Ossified;
    }

    function _onlyColdKey() private view {
        if (msg.sender != coldKey) revert NotColdKey(msg.sender, coldKey);
    }
}
