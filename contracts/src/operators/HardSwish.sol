// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title HardSwish: x times x/6 + 1/2, the latter between zero and one
/// @dev 4u·(|x/6| + 1/2) before it is clipped, as HardSigmoid, times |x|, and 8u of the result: it is also computed as
/// x·min(max(x + 3, 0), 6)/6, whose division GPUs do within 2.5 ulp. Open from 2^124 on, where x·6 may overflow.
contract HardSwish is Unary {
    function _of(Query calldata, int256 x) internal pure override returns (Range memory) {
        if (Fixed.abs(x) >= 1 << 244) return Ranges.open();
        int256 center = x / 6 + Fixed.ONE / 2;
        int256 reach = int256(Functions.rounding(x / 6, 4) + Functions.rounding(Fixed.ONE / 2, 4));
        int256 low = Fixed.mul(x, _clip(center - reach));
        int256 high = Fixed.mul(x, _clip(center + reach));
        if (x < 0) (low, high) = (high, low);
        return Ranges.between(
            low - int256(Functions.rounding(low, 8)) - Fixed.TINY,
            high + int256(Functions.rounding(high, 8)) + Fixed.TINY
        );
    }

    function _clip(int256 x) private pure returns (int256) {
        return x < 0 ? int256(0) : x > Fixed.ONE ? Fixed.ONE : x;
    }
}
