// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title Fixed point with 120 fractional bits
/// @notice Holds every float32 above 2^-96 without loss, and sums of them: 96 bits finer than what float32 resolves
/// near one. Results round toward zero. The same in TypeScript: `protocol/arithmetic/fixed.ts`.
/// @dev exp and ln come from Solady, in 1e18 fixed point: relative error below 2^-50 after scaling here, 2^26 times
/// finer than float32.
library Fixed {
    uint256 internal constant BITS = 120;
    int256 internal constant ONE = int256(1 << 120);
    /// @notice 2^-100: what is smaller is noise, below what hardware that flushes to zero can tell (2^-126 times
    /// whatever a sum of 2^24 terms adds up).
    int256 internal constant TINY = int256(1 << 20);
    /// @notice 2^127, half of where float32 overflows.
    int256 internal constant HUGE = int256(1 << 247);
    /// @notice Unit roundoff of float32, 2^-24.
    int256 internal constant U = int256(1 << 96);
    /// @notice ln 2
    int256 internal constant LN2 = 921350637599661305226344307672478454;

    /// @notice Thrown when an argument is outside a function's domain.
    error OutOfDomain();

    function abs(int256 a) internal pure returns (uint256) {
        return uint256(a < 0 ? -a : a);
    }

    function mul(int256 a, int256 b) internal pure returns (int256) {
        return _signed(FixedPointMathLib.fullMulDiv(abs(a), abs(b), uint256(ONE)), (a < 0) != (b < 0));
    }

    function div(int256 a, int256 b) internal pure returns (int256) {
        if (b == 0) revert OutOfDomain();
        return _signed(FixedPointMathLib.fullMulDiv(abs(a), uint256(ONE), abs(b)), (a < 0) != (b < 0));
    }

    /// @notice Square root; loses half of the fraction above 2^135.
    function sqrt(int256 a) internal pure returns (int256) {
        if (a < 0) revert OutOfDomain();
        if (a < int256(1 << 135)) return int256(FixedPointMathLib.sqrt(uint256(a) << 120));
        if (a < int256(1 << 195)) return int256(FixedPointMathLib.sqrt(uint256(a) << 60) << 30);
        return int256(FixedPointMathLib.sqrt(uint256(a)) << 60);
    }

    /// @notice e^a for a up to 88.7 (float32 overflows at 88.73); zero below -88.
    function exp(int256 a) internal pure returns (int256) {
        if (a > 88 * ONE + ONE * 7 / 10) revert OutOfDomain();
        if (a < -88 * ONE) return 0;
        int256 wad = FixedPointMathLib.expWad(int256(FixedPointMathLib.fullMulDiv(abs(a), 1e18, uint256(ONE))));
        // Wad has no digits to spare below one, so a negative power is one divided by the positive.
        return a < 0
            ? int256(FixedPointMathLib.fullMulDiv(uint256(ONE), 1e18, uint256(wad)))
            : int256(FixedPointMathLib.fullMulDiv(uint256(wad), uint256(ONE), 1e18));
    }

    /// @notice Natural logarithm of a positive number.
    function ln(int256 a) internal pure returns (int256) {
        if (a <= 0) revert OutOfDomain();
        uint256 top = FixedPointMathLib.log2(uint256(a));
        // Scaled into [1, 2), where wad has all its digits.
        uint256 one = top >= 120 ? uint256(a) >> (top - 120) : uint256(a) << (120 - top);
        int256 wad = FixedPointMathLib.lnWad(int256(FixedPointMathLib.fullMulDiv(one, 1e18, uint256(ONE))));
        return wad * ONE / 1e18 + (int256(top) - 120) * LN2;
    }

    function _signed(uint256 size, bool negative) private pure returns (int256) {
        if (size > uint256(type(int256).max)) revert OutOfDomain();
        return negative ? -int256(size) : int256(size);
    }
}
