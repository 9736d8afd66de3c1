// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Who commits batches, and how the seat changes hands.
/// @notice The operator orders transactions and can take nothing. Its soft confirmations are not covered by the bond: the bond pays for
/// letting the chain come into Enforced, half of it each time. Immutable.
interface IOperatorSeat {
    /// @notice The highest bid of the running auction; all zero when there is none.
    struct Auction {
        address operator;
        address coldKey;
        uint256 bidWei;
        uint40 endT;
    }

    error ZeroAddress();
    error NotColdKey(address caller, address coldKey);
    error NotUpgradeAuthority(address caller, address authority);
    /// @notice In stage Ossified nobody replaces the operator but the auction.
    error ReplacementOver();
    error AuctionClosed();
    error BidTooLow(uint256 bidWei, uint256 neededWei);
    error AuctionRunning(uint256 endT);
    error NoAuction();
    error NothingOwed(address account);
    error PaymentRefused(address account, uint256 amountWei);
    /// @notice The bond leaves the seat only when it changes hands, or once the chain is frozen.
    error BondLocked();

    event OperatorRotated(address indexed previous, address indexed next);
    event ColdKeySet(address indexed previous, address indexed next);
    event SeatReplaced(address indexed operator, address indexed coldKey, uint256 bondWei);
    event BondForfeited(uint32 indexed episode, uint256 amountWei, uint256 leftWei);
    event BidPlaced(address indexed bidder, address operator, address coldKey, uint256 bidWei, uint256 endT);
    event Owed(address indexed account, uint256 amountWei);
    event Withdrawn(address indexed account, uint256 amountWei);

    /// @notice Sets the hot key at once. The cold key only. Warning: the hot key alone commits batches.
    function rotateOperator(address nextOperator) external;
    /// @notice Hands the cold key on. The cold key only. Warning: its holder names the operator and gets the bond back.
    function setColdKey(address nextColdKey) external;
    /// @notice Gives the seat to another operator; what is left of the bond is owed to the old cold key. An auction that runs is over, its
    /// highest bid is owed to the bidder's cold key. The upgrade authority only, before stage Ossified. Warning: the
    /// operator it names orders transactions and may leave out any that did not come through the Inbox.
    function replace(address nextOperator, address nextColdKey) external;
    /// @notice Bids for the seat: at least 10 ETH, and 110 % of the last bid. Open after 30 d in Enforced, once Ossified, and again with
    /// each entry into Enforced once the seat was auctioned; closes 7 d of T after its first bid. Anyone.
    function bid(address nextOperator, address nextColdKey) external payable;
    /// @notice Seats the highest bidder after the auction's end. Anyone.
    function settleAuction() external;
    /// @notice Forfeits what entries into Enforced have cost the seated operator, to the prover reserve. Anyone.
    function forfeit() external;
    /// @notice Owes the bond back to the cold key once the chain is frozen. Anyone.
    function releaseBond() external;
    /// @notice Pays what an account is owed: outbid bids and old bonds. Anyone, to the account itself.
    function withdraw(address account) external;

    function operator() external view returns (address);
    function coldKey() external view returns (address);
    /// @notice Bond of the seated operator after everything it has forfeited so far.
    function bondWei() external view returns (uint256);
    function isAuctionOpen() external view returns (bool);
    function auction() external view returns (Auction memory);
    function owedWei(address account) external view returns (uint256);

    function CLOCK() external view returns (address);
    function LIFECYCLE() external view returns (address);
    function MATURITY() external view returns (address);
    function RESERVE() external view returns (address);
    function UPGRADE_AUTHORITY() external view returns (address);
}
