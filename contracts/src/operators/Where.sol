// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Where: an element of the second input where the first is true, else one of the third, broadcast to each other
/// @dev Not the very bits of a float: ONNX Runtime merges the two inputs by what is not zero, which turns negative zero
/// into zero. So a NaN is open, and so are floats of other widths.
contract Where is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        uint32[] memory values = Views.broadcastDims(q.inputs[1].dims, q.inputs[2].dims, 0);
        return (q.inputs[1].dtype, Views.broadcastDims(q.inputs[0].dims, values, 0));
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        uint256 condition = _operand(q, q.inputs[0]);
        View calldata chosen = q.inputs[condition == 0 ? 2 : 1];
        uint8 dtype = chosen.dtype;
        if (q.inputs[0].dtype != 9 || dtype == 10 || dtype == 11) return Ranges.open();
        uint256 bits = _operand(q, chosen);
        if (dtype != 1) return Ranges.exactly(bits);
        (bool finite, int256 value) = Floats.toFixed(bits);
        if (finite) return Ranges.around(value, 0);
        return Floats.isNaN(bits) ? Ranges.open() : Ranges.exactly(bits);
    }

    function _operand(Query calldata q, View calldata v) private pure returns (uint256) {
        return v.get(Views.broadcast(q.dims, v.dims, q.index, 0));
    }
}
