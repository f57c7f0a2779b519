// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Dot, Dots} from "../arithmetic/Dots.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title GlobalAveragePool of float32 tensors: the mean over all spatial axes
/// @notice Attributes: none. Stored row-major, so that what is added lies together.
/// Bound: the worst-case γ of the elements and three more for the division, see `Bounds.mean`.
contract GlobalAveragePool is IOperator {
    using Dots for Dot;
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata x = q.inputs[0].dims;
        _count(x);
        dims = new uint32[](x.length);
        for (uint256 i = 0; i < x.length; ++i) {
            dims[i] = i < 2 ? x[i] : 1;
        }
        return (q.inputs[0].dtype, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata x = q.inputs[0];
        uint256 count = _count(x.dims);
        if (x.dtype != 1 || count > Bounds.MAX_TERMS) return Ranges.open();
        uint256 run = x.readsLast(x.dims.length - 1) ? count : 1;
        Dot memory dot;
        for (uint256 i = 0; i < count; i += run) {
            dot.plus(x.span(x.positionOf(q.index * count + i), run), run);
        }
        return Bounds.mean(dot, count, count);
    }

    /// @dev Elements of a channel. Reverts if there are none.
    function _count(uint32[] calldata dims) private pure returns (uint256 count) {
        if (dims.length < 3) revert Views.BadInput();
        count = 1;
        for (uint256 i = 2; i < dims.length; ++i) {
            count *= dims[i];
        }
        if (count == 0) revert Views.BadInput();
    }
}
