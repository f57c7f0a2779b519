// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Dot, Dots} from "../arithmetic/Dots.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title MatMul of float32 matrices, with leading axes broadcast
/// @notice Attributes: none. Stored so that rows of A (axis -1) and columns of B (axis -2) lie together.
contract MatMul is IOperator {
    using Dots for Dot;
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata a = q.inputs[0].dims;
        uint32[] calldata b = q.inputs[1].dims;
        if (a.length < 2 || b.length < 2 || a[a.length - 1] != b[b.length - 2]) revert Views.BadInput();
        dims = Views.broadcastDims(a, b, 2);
        dims[dims.length - 2] = a[a.length - 2];
        dims[dims.length - 1] = b[b.length - 1];
        return (1, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata a = q.inputs[0];
        View calldata b = q.inputs[1];
        uint256 depth = a.dims[a.dims.length - 1];
        if (a.dtype != 1 || b.dtype != 1 || depth > Bounds.MAX_TERMS) return Ranges.open();

        Dot memory dot;
        (uint256 left, uint256 right, uint256 columns) = _corner(q, depth);
        if (a.readsLast(a.dims.length - 1) && b.readsLast(b.dims.length - 2)) {
            dot.add(a.span(left, depth), b.span(b.positionOf(right), depth), depth);
        } else {
            for (uint256 k = 0; k < depth; ++k) {
                dot.add(a.span(a.positionOf(left + k), 1), b.span(b.positionOf(right + k * columns), 1), 1);
            }
        }
        return Bounds.around(q.terms, dot, depth);
    }

    /// @dev Row-major indices of the first element of A's row and of B's column, and the columns between B's elements.
    function _corner(Query calldata q, uint256 depth)
        private
        pure
        returns (uint256 left, uint256 right, uint256 columns)
    {
        columns = q.dims[q.dims.length - 1];
        uint256 rows = q.dims[q.dims.length - 2];
        uint256 matrix = q.index / columns / rows;
        left = (Views.broadcast(q.dims, q.inputs[0].dims, matrix, 2) * rows + q.index / columns % rows) * depth;
        right = Views.broadcast(q.dims, q.inputs[1].dims, matrix, 2) * depth * columns + q.index % columns;
    }
}
