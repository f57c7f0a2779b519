// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {View, Query} from "./IOperator.sol";
import {Line, Lines} from "./Lines.sol";
import {Range, Ranges} from "./Range.sol";
import {Reduction} from "./Reduction.sol";
import {Views} from "./Views.sol";

/// @title ReduceMax. Exact.
/// @notice Whole numbers beyond int32 are left open: ONNX Runtime 1.30 built for SSE2 compares int64 wrongly there, and
/// whoever runs it is honest (https://github.com/microsoft/onnxruntime/pull/25280).
contract ReduceMax is Reduction {
    using Lines for Line;

    /// @inheritdoc Reduction
    function _of(Query calldata, View calldata v, Line memory line) internal pure override returns (Range memory) {
        if (v.dtype == 10 || v.dtype == 11) return Ranges.open();
        int256 largest = type(int256).min;
        for (uint256 k = 0; k < line.count; ++k) {
            bool finite = true;
            int256 x;
            if (v.dtype == 1) (finite, x) = Floats.toFixed(line.bits(v, k));
            else x = Views.signed(v.dtype, line.bits(v, k));
            if (!finite || (v.dtype != 1 && Fixed.abs(x) >= 1 << 31)) return Ranges.open();
            if (x > largest) largest = x;
        }
        if (v.dtype == 1) return Ranges.around(largest, 0);
        uint256 unused = 256 - 8 * Views.widthOf(v.dtype);
        return Ranges.exactly(uint256(largest) << unused >> unused);
    }
}
