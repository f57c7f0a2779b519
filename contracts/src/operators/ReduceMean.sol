// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {View, Query} from "./IOperator.sol";
import {Line, Lines} from "./Lines.sol";
import {Range, Ranges} from "./Range.sol";
import {Reduction} from "./Reduction.sol";

/// @title ReduceMean of float32
/// @notice Within (γₙ₊₁ + 4u)·Σ|x|/n: a sum in any order (Higham, Accuracy and Stability, §4.2), scaled before or after by
/// a division or by a rounded 1/n, either of which may be a GPU's approximate one. How whole numbers are rounded is not
/// said.
contract ReduceMean is Reduction {
    using Lines for Line;

    /// @inheritdoc Reduction
    function _of(Query calldata q, View calldata v, Line memory line) internal pure override returns (Range memory) {
        if (v.dtype != 1) return Ranges.open();
        (bool known, int256 total, uint256 size) = line.sum(v);
        if (!known) return Ranges.open();
        uint256 factor = Bounds.worstCase(line.count + 1) + 4 * uint256(Fixed.U);
        return Ranges.around(total / int256(line.count), Bounds.times(factor, size / line.count + 1));
    }
}
