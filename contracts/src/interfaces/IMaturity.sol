// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title How far the keys have fallen: Training, Mature, Ossified.
/// @notice Ownerless. A stage is earned by value at risk times time and by batches, at most one a day, and never goes back. Only a
/// contradiction of a zk lane starts the count anew.
interface IMaturity {
    enum Stage { Training, Mature, Ossified }

    /// @notice What was counted towards the next stage.
    /// @param valueSeconds sum over the days of min(lowest escrow seen, cap) x one day, wei x seconds
    /// @param batchDays days with a new final batch
    /// @param dayStartT T at which the running day began
    /// @param lowestWei lowest escrow seen in the running day
    /// @param finalizedAtDayStart final batches when it began
    /// @param zkContradictions of the Lanes, as last seen
    struct Progress {
        uint256 valueSeconds;
        uint64 batchDays;
        uint64 dayStartT;
        uint128 lowestWei;
        uint64 finalizedAtDayStart;
        uint64 zkContradictions;
    }

    /// @notice What a stage needs.
    struct Requirement {
        uint256 capWei;
        uint256 valueSeconds;
        uint256 batchDays;
        uint256 laneAgeSeconds;
    }

    error NothingBeyondOssified();
    error ValueMissing(uint256 valueSeconds, uint256 needed);
    error BatchDaysMissing(uint256 batchDays, uint256 needed);
    /// @notice The lane named is no enabled zk lane of that age.
    error LaneNotOldEnough(address lane, uint256 ageSeconds, uint256 needed);
    /// @notice The notice of Ossified runs until this T.
    error NoticeRuns(uint256 untilT);

    event Observed(uint256 valueSeconds, uint256 batchDays, uint256 dayStartT);
    event ProgressReset(uint256 zkContradictions);
    event NoticeGiven(uint256 ossifiesAtT);
    event StageEntered(Stage indexed stage, uint256 atT);

    function stage() external view returns (Stage);
    /// @notice Looks at the chain: lowers the running day's lowest escrow, closes the day when it is over. Anyone, at any time.
    function observe() external;
    /// @notice Enters the next stage if its requirement is met, with `lane` as the zk lane of the needed age. Before Ossified the first
    /// call gives 60 days of notice; a second one, after them, enters. Anyone.
    /// Warning: Mature ends all upgrades of the Rollup's code for ever, Ossified every upgrade: a bug found later stays.
    function advance(address lane) external;
    function progress() external view returns (Progress memory);
    /// @notice What entering `next` needs, in this deployment's seconds.
    function requirement(Stage next) external view returns (Requirement memory);
    /// @notice T from which Ossified may be entered; 0 while no notice runs.
    function ossifiesAtT() external view returns (uint256);

    function CLOCK() external view returns (address);
    function VAULT() external view returns (address);
    function ROLLUP() external view returns (address);
    function LANES() external view returns (address);
}
