// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";

/// @notice How an element is held against what was posted. Values are stable: append only.
/// - Open: the rule leaves it open (a NaN or infinity among the operands, a sum that may overflow, …)
/// - Bits: the posted bits must be these
/// - Interval: the posted float32 must be a number in [low, high], fixed point with 120 fractional bits
enum Kind {
    Open,
    Bits,
    Interval
}

/// @notice What honest hardware can give for one element.
struct Range {
    Kind kind;
    int256 low;
    int256 high;
    uint256 bits;
}

/// @title Ranges
library Ranges {
    /// @notice Nothing can be said.
    function open() internal pure returns (Range memory r) {}

    /// @notice These bits and no others: movers and whole numbers.
    function exactly(uint256 bits) internal pure returns (Range memory r) {
        r.kind = Kind.Bits;
        r.bits = bits;
    }

    /// @notice `center` ± `radius`, and a little more for the fixed point's own rounding and for what hardware flushes
    /// to zero (below 2^-126). Open when a float32 could overflow: then infinity is as honest as any number.
    function around(int256 center, uint256 radius) internal pure returns (Range memory r) {
        if (radius >= uint256(Fixed.HUGE)) return open();
        int256 reach = int256(radius) + Fixed.TINY;
        return between(center - reach, center + reach);
    }

    /// @notice From `low` to `high`, both included.
    function between(int256 low, int256 high) internal pure returns (Range memory r) {
        if (low <= -Fixed.HUGE || high >= Fixed.HUGE) return open();
        r.kind = Kind.Interval;
        r.low = low;
        r.high = high;
    }

    /// @notice Whether honest hardware cannot have posted these bits.
    /// @dev NaN and infinity are outside every interval: `around` is open where they could be honest.
    function excludes(Range memory r, uint256 posted) internal pure returns (bool) {
        if (r.kind == Kind.Open) return false;
        if (r.kind == Kind.Bits) return posted != r.bits;
        (bool finite, int256 value) = Floats.toFixed(posted);
        return !finite || value < r.low || value > r.high;
    }
}
