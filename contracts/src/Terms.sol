// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "./IGainsay.sol";

/// @title The protocol's constants
/// @notice Fixed at deployment and checked there, so that no account can change the rules of a running dispute and no
/// deployment can make honest work unsafe or fraud free.
/// @dev Kept as immutables: every move reads some of them.
abstract contract Terms is IGainsay {
    /// @notice Shortest window in seconds. Short enough for a local chain; a real one needs hours.
    uint64 public constant MIN_WINDOW = 5 seconds;
    /// @notice Longest window in seconds: bonds must not be stuck for longer.
    uint64 public constant MAX_WINDOW = 30 days;
    /// @notice Smallest bond in wei. Not zero: what costs nothing deters nothing.
    uint256 public constant MIN_BOND = 1 gwei;
    /// @notice Largest bond in wei. Beyond it a typing error is likelier than an intention.
    uint256 public constant MAX_BOND = 1_000_000 ether;
    /// @notice Smallest reward, in 1/10,000 of a slashed bond: somebody must want to look.
    uint16 public constant MIN_REWARD_BPS = 1_000;
    /// @notice Smallest burn, in 1/10,000 of a slashed bond: a node that convicts itself must lose by it.
    uint16 public constant MIN_BURN_BPS = 500;
    /// @notice The whole, in 1/10,000.
    uint16 internal constant WHOLE_BPS = 10_000;

    uint64 internal immutable CHALLENGE_WINDOW;
    uint64 internal immutable REVEAL_WINDOW;
    uint64 internal immutable CONVICTION_WINDOW;
    uint256 internal immutable NODE_BOND;
    uint256 internal immutable CHALLENGE_BOND;
    uint16 internal immutable REWARD_BPS;
    uint16 internal immutable BURN_BPS;
    address internal immutable CONVICTION;

    constructor(Parameters memory p) {
        _checkWindow(p.challengeWindow, "challengeWindow");
        _checkWindow(p.revealWindow, "revealWindow");
        _checkWindow(p.convictionWindow, "convictionWindow");
        _checkBond(p.nodeBond, "nodeBond");
        _checkBond(p.challengeBond, "challengeBond");
        if (p.rewardBps < MIN_REWARD_BPS || p.rewardBps > WHOLE_BPS) revert ParameterOutOfBounds("rewardBps");
        if (p.burnBps < MIN_BURN_BPS || p.burnBps > WHOLE_BPS - p.rewardBps) revert ParameterOutOfBounds("burnBps");

        CHALLENGE_WINDOW = p.challengeWindow;
        REVEAL_WINDOW = p.revealWindow;
        CONVICTION_WINDOW = p.convictionWindow;
        NODE_BOND = p.nodeBond;
        CHALLENGE_BOND = p.challengeBond;
        REWARD_BPS = p.rewardBps;
        BURN_BPS = p.burnBps;
        CONVICTION = p.conviction;
    }

    /// @inheritdoc IGainsay
    function parameters() external view returns (Parameters memory) {
        return Parameters({
            challengeWindow: CHALLENGE_WINDOW,
            revealWindow: REVEAL_WINDOW,
            convictionWindow: CONVICTION_WINDOW,
            nodeBond: NODE_BOND,
            challengeBond: CHALLENGE_BOND,
            rewardBps: REWARD_BPS,
            burnBps: BURN_BPS,
            conviction: CONVICTION
        });
    }

    /// @dev How a slashed bond is divided. The rest is a difference, not a third share, so no wei is lost to rounding.
    function _split(uint256 slashed) internal view returns (uint256 reward, uint256 burnt, uint256 rest) {
        reward = slashed * REWARD_BPS / WHOLE_BPS;
        burnt = slashed * BURN_BPS / WHOLE_BPS;
        rest = slashed - reward - burnt;
    }

    function _checkWindow(uint64 window, string memory name) private pure {
        if (window < MIN_WINDOW || window > MAX_WINDOW) revert ParameterOutOfBounds(name);
    }

    function _checkBond(uint256 amount, string memory name) private pure {
        if (amount < MIN_BOND || amount > MAX_BOND) revert ParameterOutOfBounds(name);
    }
}
