// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title An operator whose output elements each depend on one element of its first input, both float32
abstract contract Unary is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (q.inputs[0].dtype, q.inputs[0].dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        if (q.inputs[0].dtype != 1) return Ranges.open();
        (bool finite, int256 x) = Floats.toFixed(q.inputs[0].get(q.index));
        return finite ? _of(q, x) : Ranges.open();
    }

    /// @dev What honest hardware can make of x, in fixed point.
    function _of(Query calldata q, int256 x) internal pure virtual returns (Range memory);
}
