// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Dot, Dots} from "../arithmetic/Dots.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";
import {Axis, Windows} from "./Windows.sol";

/// @title AveragePool of float32 tensors: the mean of each window
/// @notice Attributes: padding mode (see `Windows`), ceil_mode, count_include_pad, then kernel, strides, dilations, pads.
/// Bound: the worst-case γ of the window's inputs and three more for the division (see `Bounds.mean`). A running sum that slides along
/// with the window adds numbers that the mean does not have, and a node must not use one.
/// @dev Runtimes disagree on how many taps to count where `ceil_mode` lets a window end beyond the padding and the
/// padding counts: left open.
contract AveragePool is IOperator {
    using Dots for Dot;
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        View calldata x = q.inputs[0];
        Axis[] memory all = _axes(q);
        return (x.dtype, Windows.dimsOf(x.dims, x.dims[1], all));
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata x = q.inputs[0];
        Axis[] memory all = _axes(q);
        if (x.dtype != 1) return Ranges.open();
        uint256[] memory point = Views.unravel(q.dims, q.index);
        if (q.attributes[2] != 0 && _endsBeyond(all, point)) return Ranges.open();
        uint256[] memory step = Windows.steps(x);
        uint256 first = point[0] * step[0] + point[1] * step[1];
        uint256 taps = Windows.tapsOf(all);
        uint256 terms = 0;
        Dot memory dot;
        for (uint256 tap = 0; tap < taps; ++tap) {
            (bool inside, uint256 offset) = Windows.locate(all, point, step, tap);
            if (!inside) continue;
            dot.plus(x.span(first + offset, 1), 1);
            ++terms;
        }
        if (terms == 0) return Ranges.open();
        return Bounds.mean(dot, terms, q.attributes[2] != 0 ? taps : terms);
    }

    function _endsBeyond(Axis[] memory all, uint256[] memory point) private pure returns (bool beyond) {
        for (uint256 i = 0; i < all.length; ++i) {
            Axis memory x = all[i];
            uint256 last = point[i + 2] * x.stride + (x.kernel - 1) * x.dilation;
            if (last >= x.head + x.size + x.tail) beyond = true;
        }
    }

    function _axes(Query calldata q) private pure returns (Axis[] memory) {
        uint32[] calldata dims = q.inputs[0].dims;
        if (dims.length < 3) revert Views.BadInput();
        uint256 rank = dims.length - 2;
        uint256[] memory kernel = Windows.slice(q.attributes, 3, rank);
        return Windows.axes(q.attributes, 3 + rank, dims, kernel, q.attributes[0], q.attributes[1] != 0);
    }
}
