// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// @title IEEE 754 single precision, read into fixed point
library Floats {
    uint256 internal constant ONE = 0x3f800000;

    /// @notice The number that the bits stand for, with 120 fractional bits, rounded toward zero: subnormal numbers
    /// become zero, and negative zero is zero.
    /// @return finite false for NaN and infinity, whose value is given as zero
    function toFixed(uint256 bits) internal pure returns (bool finite, int256 value) {
        uint256 exponent = (bits >> 23) & 0xff;
        if (exponent == 0xff) return (false, 0);
        uint256 mantissa = bits & 0x7fffff;
        if (exponent == 0) exponent = 1;
        else mantissa |= 0x800000;
        // mantissa · 2^(exponent - 150), times 2^120
        value = int256(exponent >= 30 ? mantissa << (exponent - 30) : mantissa >> (30 - exponent));
        if (bits >> 31 == 1) value = -value;
        finite = true;
    }

    /// @notice Whether it is NaN or infinite.
    function isFinite(uint256 bits) internal pure returns (bool) {
        return (bits >> 23) & 0xff != 0xff;
    }

    /// @notice Whether it is a NaN.
    function isNaN(uint256 bits) internal pure returns (bool) {
        return bits & 0x7fffffff > 0x7f800000;
    }
}
