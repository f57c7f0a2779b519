// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Gelu: x times the normal distribution function, or its approximation by tanh
/// @notice Attributes: 1 for the approximation, else 0.
/// @dev 16u·|x|: half of what Erf or Tanh may be off, and the rounding of what goes into it (7u of the argument, which moves
/// tanh by less than 4u).
contract Gelu is Unary {
    /// @dev 0.044715
    int256 private constant CUBIC = 59436429831522513256893732700435607;

    function _of(Query calldata q, int256 x) internal pure override returns (Range memory) {
        int256 odd = q.attributes[0] == 1 ? _tanh(x) : Functions.erf(Fixed.mul(x, Functions.SQRT_HALF));
        int256 result = Fixed.mul(x, Fixed.ONE + odd) / 2;
        // 2^-45: what the exponential in tanh may differ from TypeScript's.
        return Ranges.around(result, Functions.rounding(x, 16) + (Fixed.abs(x) >> 45));
    }

    function _tanh(int256 x) private pure returns (int256) {
        // Beyond, the tangent is one to 69 bits.
        if (Fixed.abs(x) >= 8 << 120) return x < 0 ? -Fixed.ONE : Fixed.ONE;
        int256 cube = Fixed.mul(x, Fixed.mul(x, x));
        return Functions.tanh(Fixed.mul(Functions.SQRT_TWO_OVER_PI, x + Fixed.mul(CUBIC, cube)));
    }
}
