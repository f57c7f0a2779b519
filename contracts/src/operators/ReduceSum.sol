// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {View, Query} from "./IOperator.sol";
import {Line, Lines} from "./Lines.sol";
import {Range, Ranges} from "./Range.sol";
import {Reduction} from "./Reduction.sol";
import {Views} from "./Views.sol";

/// @title ReduceSum
/// @notice float32: within γₙ·Σ|x|, whatever the order (Higham, Accuracy and Stability, §4.2). Whole numbers: exact,
/// wrapping around as two's complement does.
contract ReduceSum is Reduction {
    using Lines for Line;

    /// @inheritdoc Reduction
    function _of(Query calldata q, View calldata v, Line memory line) internal pure override returns (Range memory) {
        if (v.dtype == 1) {
            (bool known, int256 total, uint256 size) = line.sum(v);
            if (!known) return Ranges.open();
            return Ranges.around(total, Bounds.times(Bounds.gamma(q.terms, line.count), size));
        }
        if (v.dtype >= 9 && v.dtype <= 11) return Ranges.open();
        uint256 whole = 0;
        for (uint256 k = 0; k < line.count; ++k) {
            whole += line.bits(v, k);
        }
        uint256 unused = 256 - 8 * Views.widthOf(v.dtype);
        return Ranges.exactly(whole << unused >> unused);
    }
}
