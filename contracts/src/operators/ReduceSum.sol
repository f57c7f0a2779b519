// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {View, Query} from "./IOperator.sol";
import {Line, Lines} from "./Lines.sol";
import {Range, Ranges} from "./Range.sol";
import {Reduction} from "./Reduction.sol";
import {Views} from "./Views.sol";

/// @title ReduceSum
/// @notice float32: within γₙ·Σ|x|, whatever the order (Higham, Accuracy and Stability, §4.2), by every rule: equal numbers
/// make equal rounding errors, which the probabilistic bound takes for independent. Whole numbers: exact,
/// where no order of summation can overflow (kernels saturate or wrap around), nor beyond 2^53, where sums kept in float64
/// lose digits.
contract ReduceSum is Reduction {
    using Lines for Line;

    /// @inheritdoc Reduction
    function _of(Query calldata q, View calldata v, Line memory line) internal pure override returns (Range memory) {
        if (v.dtype == 1) {
            (bool known, int256 total, uint256 size) = line.sum(v);
            if (!known) return Ranges.open();
            return Ranges.around(total, Bounds.times(Bounds.worstCase(line.count), size));
        }
        if (v.dtype >= 9 && v.dtype <= 11) return Ranges.open();
        uint256 width = 8 * Views.widthOf(v.dtype);
        uint256 limit = 1 << (width > 53 ? 53 : width - 1);
        int256 whole = 0;
        uint256 magnitude = 0;
        for (uint256 k = 0; k < line.count; ++k) {
            int256 x = Views.signed(v.dtype, line.bits(v, k));
            whole += x;
            magnitude += Fixed.abs(x);
            if (magnitude >= limit) return Ranges.open();
        }
        return Ranges.exactly(uint256(whole) << (256 - width) >> (256 - width));
    }
}
