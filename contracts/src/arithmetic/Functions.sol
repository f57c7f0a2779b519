// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {Fixed} from "./Fixed.sol";

/// @title Functions of real numbers, on float32 bits where fixed point would lose what is below 2^-120
/// @notice The same in TypeScript: `protocol/arithmetic/functions.ts`.
library Functions {
    /// @notice √½
    int256 internal constant SQRT_HALF = 939906129562517623222788173740722878;
    /// @notice 2/√π
    int256 internal constant TWO_OVER_SQRT_PI = 1499873178763820871004525654118497670;
    /// @notice √(2/π)
    int256 internal constant SQRT_TWO_OVER_PI = 1060570495623720563770242243560823921;

    /// @notice `units` of unit roundoff u of a size, rounded up.
    function rounding(int256 size, uint256 units) internal pure returns (uint256) {
        return ((Fixed.abs(size) >> 24) + 1) * units;
    }

    /// @notice Product of two float32 numbers, exact but for what lies below 2^-120.
    /// @return ok false if an operand is NaN or infinite or the product reaches 2^127
    /// @return value in fixed point
    /// @return slack what hardware that takes subnormal operands for zero would leave out
    function product(uint256 x, uint256 y) internal pure returns (bool ok, int256 value, uint256 slack) {
        (uint256 mx, uint256 ex) = _parts(x);
        (uint256 my, uint256 ey) = _parts(y);
        uint256 e = ex + ey;
        if (ex == 255 || ey == 255 || e > 380) return (false, 0, 0);
        // mx·2^(ex-150) · my·2^(ey-150) · 2^120
        uint256 size = e >= 180 ? mx * my << (e - 180) : mx * my >> (180 - e);
        if (mx < 0x800000 || my < 0x800000) slack = size;
        return (true, _signed(size, x ^ y), slack);
    }

    /// @notice Quotient of two float32 numbers, to 95 bits.
    /// @return ok false if an operand is NaN or infinite, the quotient reaches 2^127, or the divisor is one that hardware
    /// may take for zero or for infinity: subnormal, or 2^126 and more, whose reciprocal is subnormal (so CUDA's
    /// `__fdividef` and Vulkan's precision of division)
    /// @return value in fixed point
    /// @return slack what hardware that takes subnormal operands for zero would leave out
    function quotient(uint256 x, uint256 y) internal pure returns (bool ok, int256 value, uint256 slack) {
        (uint256 mx, uint256 ex) = _parts(x);
        (uint256 my, uint256 ey) = _parts(y);
        // A quotient of significands is at least 2^95 of 2^96.
        if (ex == 255 || ey >= 253 || my < 0x800000 || ex > ey + 127) return (false, 0, 0);
        uint256 size = (mx << 96) / my;
        // · 2^(ex - ey - 96 + 120)
        size = ex + 24 >= ey ? size << (ex + 24 - ey) : size >> (ey - ex - 24);
        if (mx < 0x800000) slack = size;
        return (true, _signed(size, x ^ y), slack);
    }

    /// @notice Square root of a normal positive float32, to 100 bits.
    function sqrt(uint256 bits) internal pure returns (int256) {
        (uint256 m, uint256 e) = _parts(bits);
        // m·2^(e-150) with an even exponent
        if (e & 1 == 1) (m, e) = (m << 1, e - 1);
        uint256 root = FixedPointMathLib.sqrt(m << 200);
        // · 2^(e/2 - 75 - 100 + 120)
        return int256(e >= 110 ? root << (e / 2 - 55) : root >> (55 - e / 2));
    }

    /// @notice Natural logarithm of a normal float32's absolute value.
    function ln(uint256 bits) internal pure returns (int256) {
        (uint256 m, uint256 e) = _parts(bits);
        return Fixed.ln(int256(m << 97)) + (int256(e) - 127) * Fixed.LN2;
    }

    /// @notice 1/(1 + e^-x)
    function sigmoid(int256 x) internal pure returns (int256) {
        int256 e = Fixed.exp(-int256(Fixed.abs(x)));
        return Fixed.div(x < 0 ? e : Fixed.ONE, Fixed.ONE + e);
    }

    /// @notice Hyperbolic tangent, to 2^-50 of one.
    function tanh(int256 x) internal pure returns (int256) {
        int256 e = Fixed.exp(-2 * int256(Fixed.abs(x)));
        int256 size = Fixed.div(Fixed.ONE - e, Fixed.ONE + e);
        return x < 0 ? -size : size;
    }

    /// @notice Error function, to 2^-55.
    /// @dev Its Maclaurin series 2/√π·x·Σ(-x²)ⁿ/(n!·(2n+1)), with no function in it that the two languages compute in
    /// different ways. Its terms grow to 2^48 at x = 6, so that 112 fractional bits leave 2^-60; beyond, one is
    /// nearer than 2^-55.
    function erf(int256 x) internal pure returns (int256) {
        uint256 size = Fixed.abs(x);
        if (size >= 6 << 120) return x < 0 ? -Fixed.ONE : Fixed.ONE;
        uint256 sum;
        unchecked {
            uint256 square = (size >> 40) * (size >> 40) >> 80;
            uint256 term = 1 << 112;
            sum = term;
            // Modulo 2^256: partial sums may be negative.
            for (uint256 n = 1; term >> 48 != 0; n += 2) {
                term = (term * square >> 80) / n;
                sum -= term / (2 * n + 1);
                term = (term * square >> 80) / (n + 1);
                sum += term / (2 * n + 3);
            }
        }
        return _signed(((sum * size) >> 112) * uint256(TWO_OVER_SQRT_PI) >> 120, x < 0 ? 1 << 31 : 0);
    }

    /// @dev Significand and biased exponent: the value is their m·2^(e-150).
    function _parts(uint256 bits) private pure returns (uint256 m, uint256 e) {
        e = (bits >> 23) & 0xff;
        m = bits & 0x7fffff;
        if (e == 0) e = 1;
        else m |= 0x800000;
    }

    function _signed(uint256 size, uint256 sign) private pure returns (int256) {
        return (sign >> 31) & 1 == 1 ? -int256(size) : int256(size);
    }
}
