// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Wholes} from "../arithmetic/Wholes.sol";
import {Binary} from "./Binary.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Pow: a float32 to the power of a float32 or of a whole number
/// @dev Relative error u·(8 + 8·|y| + 16·|y·ln x|). The power may be a product of its base, correctly rounded, or 2 to the
/// power y·log2(x): GPUs have log2 within 2^-21 absolute between 1/2 and 2 and within 3 ulp elsewhere, and exp2 within
/// 3 + 2·|x| ulp (Vulkan's precision of operations). Left open: a base of zero to a power that is not positive, a
/// negative base to a power that is not whole, subnormal bases, and powers beyond 2^16, where the error is not small.
contract Pow is Binary {
    function _of(uint256 x, uint256 y) internal pure override returns (Range memory) {
        return _power(x, _fixed(y));
    }

    function _ofMixed(uint8 left, uint256 x, uint8 right, uint256 y) internal pure override returns (Range memory) {
        if (left != 1 || !Wholes.isWhole(right) || !Floats.isFinite(x)) return Ranges.open();
        int256 whole = Views.signed(right, y);
        return whole < -65536 || whole > 65536 ? Ranges.open() : _power(x, whole * Fixed.ONE);
    }

    function _power(uint256 x, int256 y) private pure returns (Range memory) {
        uint256 steep = Fixed.abs(y);
        if (steep > 1 << 136) return Ranges.open();
        if ((x >> 23) & 0xff == 0) return x << 225 == 0 && y > 0 ? Ranges.around(0, 0) : Ranges.open();
        bool negative = x >> 31 == 1;
        if (negative && y & (Fixed.ONE - 1) != 0) return Ranges.open();
        int256 exponent = Fixed.mul(Functions.ln(x), y);
        // 2^125: beyond, one divided by a product of the base may divide by a flushed zero.
        if (exponent > 87 * Fixed.ONE) return Ranges.open();
        if (exponent < -88 * Fixed.ONE) return Ranges.around(0, 0);
        int256 result = Fixed.exp(exponent);
        uint256 factor = 8 * uint256(Fixed.U) + (steep >> 21) + (Fixed.abs(exponent) >> 20);
        // The logarithm's own error is multiplied by the power.
        factor += (uint256(Fixed.ONE) + steep) >> 45;
        if (negative && (y >> 120) & 1 == 1) result = -result;
        return Ranges.around(result, Bounds.times(factor, Fixed.abs(result)));
    }
}
