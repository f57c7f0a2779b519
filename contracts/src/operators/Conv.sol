// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Dot, Dots} from "../arithmetic/Dots.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";
import {Axis, Windows} from "./Windows.sol";

/// @title Conv of float32 tensors, over any number of spatial axes
/// @notice Attributes: group, padding mode (see `Windows`), then strides, dilations, pads. Inputs: X, W, and maybe B.
/// Best stored with the channels last, both X (where there is one group) and W: then a kernel row lies together.
/// Bound: γ of as many terms as the window has taps inside the input times channels, one more with B. That holds for
/// direct and im2col kernels; Winograd's and Fourier's transforms add numbers that the sum does not have, and a node
/// must not use them.
/// @dev The weights of taps in the padding are read too: a kernel that writes padding out multiplies them by zero, and
/// makes a NaN of an infinite weight.
contract Conv is IOperator {
    using Dots for Dot;
    using Views for View;

    /// @param all spatial axes
    /// @param point coordinates of the output element
    /// @param xSteps how far apart stored elements of X are, along each axis; `wSteps` those of W
    /// @param channels of a group
    /// @param together whether the channels of a tap lie together
    /// @param rows whether the taps of a kernel row do too
    /// @param products how many were added
    struct Sum {
        Dot dot;
        Axis[] all;
        uint256[] point;
        uint256[] xSteps;
        uint256[] wSteps;
        uint256 channels;
        bool together;
        bool rows;
        uint256 products;
    }

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (1, Windows.dimsOf(q.inputs[0].dims, q.inputs[1].dims[0], _axes(q)));
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata x = q.inputs[0];
        View calldata w = q.inputs[1];
        View calldata bias = q.inputs[2];
        Sum memory s;
        s.all = _axes(q);
        s.channels = w.dims[1];
        uint256 taps = Windows.tapsOf(s.all);
        if (x.dtype != 1 || w.dtype != 1 || (bias.given && bias.dtype != 1)) return Ranges.open();
        if (taps * s.channels > Bounds.MAX_TERMS) return Ranges.open();

        s.point = Views.unravel(q.dims, q.index);
        (s.xSteps, s.wSteps) = (Windows.steps(x), Windows.steps(w));
        Axis memory last = s.all[s.all.length - 1];
        uint256 end = s.xSteps.length - 1;
        s.together = s.channels == 1 || (s.xSteps[1] == 1 && s.wSteps[1] == 1);
        s.rows = s.together && last.dilation == 1 && s.xSteps[end] == s.channels && s.wSteps[end] == s.channels;

        uint256 group = s.point[1] / (w.dims[0] / uint256(q.attributes[0]));
        uint256 first = s.point[0] * s.xSteps[0] + group * s.channels * s.xSteps[1];
        for (uint256 row = 0; row < taps / last.kernel; ++row) {
            _addRow(s, q, first, row);
        }
        if (bias.given) s.dot.plus(bias.span(s.point[1], 1), 1);
        return Bounds.around(q.terms, s.dot, s.products + (bias.given ? 1 : 0));
    }

    /// @dev Adds a kernel row: the taps that differ in the last axis alone.
    function _addRow(Sum memory s, Query calldata q, uint256 from, uint256 row) private pure {
        uint256 weights = s.point[1] * s.wSteps[0];
        bool inside = true;
        for (uint256 i = s.all.length - 1; i > 0;) {
            --i;
            Axis memory axis = s.all[i];
            uint256 tap = row % axis.kernel;
            row /= axis.kernel;
            weights += tap * s.wSteps[i + 2];
            uint256 padded = s.point[i + 2] * axis.stride + tap * axis.dilation;
            if (padded < axis.head || padded >= axis.head + axis.size) inside = false;
            else from += (padded - axis.head) * s.xSteps[i + 2];
        }
        (uint256 start, uint256 end) = inside ? _inside(s) : (0, 0);
        s.products += (end - start) * s.channels;
        if (s.rows) _addTogether(s, q, from, weights, start, end);
        else _addApart(s, q, from, weights, start, end);
    }

    /// @dev Which taps of a row are inside the input: from `start` to before `end`.
    function _inside(Sum memory s) private pure returns (uint256 start, uint256 end) {
        Axis memory axis = s.all[s.all.length - 1];
        uint256 padded = s.point[s.point.length - 1] * axis.stride;
        uint256 limit = axis.head + axis.size;
        if (padded < axis.head) start = (axis.head - padded + axis.dilation - 1) / axis.dilation;
        if (padded < limit) end = (limit - 1 - padded) / axis.dilation + 1;
        if (end > axis.kernel) end = axis.kernel;
        if (start >= end) (start, end) = (0, 0);
    }

    /// @dev A row in one run.
    function _addTogether(Sum memory s, Query calldata q, uint256 from, uint256 weights, uint256 start, uint256 end)
        private
        pure
    {
        Axis memory axis = s.all[s.all.length - 1];
        uint256 pointer = q.inputs[1].span(weights, axis.kernel * s.channels);
        uint256 taps = end - start;
        if (taps > 0) {
            from += (s.point[s.point.length - 1] * axis.stride + start - axis.head) * s.channels;
            uint256 operands = q.inputs[0].span(from, taps * s.channels);
            s.dot.add(operands, pointer + 4 * start * s.channels, taps * s.channels);
        }
        if (taps == axis.kernel) return;
        s.dot.pad(pointer, start * s.channels);
        s.dot.pad(pointer + 4 * end * s.channels, (axis.kernel - end) * s.channels);
    }

    /// @dev A row tap by tap.
    function _addApart(Sum memory s, Query calldata q, uint256 from, uint256 weights, uint256 start, uint256 end)
        private
        pure
    {
        Axis memory axis = s.all[s.all.length - 1];
        uint256 last = s.xSteps.length - 1;
        for (uint256 tap = 0; tap < axis.kernel; ++tap) {
            uint256 w = weights + tap * s.wSteps[last];
            if (tap < start || tap >= end) {
                _addTap(s, q, 0, w, false);
            } else {
                uint256 x = s.point[last] * axis.stride + tap * axis.dilation - axis.head;
                _addTap(s, q, from + x * s.xSteps[last], w, true);
            }
        }
    }

    /// @dev A tap in one run, or where its channels lie apart, one by one.
    function _addTap(Sum memory s, Query calldata q, uint256 x, uint256 w, bool inside) private pure {
        uint256 run = s.together ? s.channels : 1;
        for (uint256 c = 0; c < s.channels; c += run) {
            uint256 pointer = q.inputs[1].span(w + c * s.wSteps[1], run);
            if (inside) s.dot.add(q.inputs[0].span(x + c * s.xSteps[1], run), pointer, run);
            else s.dot.pad(pointer, run);
        }
    }

    /// @dev The spatial axes. Reverts on inputs that do not fit.
    function _axes(Query calldata q) private pure returns (Axis[] memory) {
        uint32[] calldata x = q.inputs[0].dims;
        uint32[] calldata w = q.inputs[1].dims;
        if (q.attributes.length < 2 || w.length != x.length || x.length < 3) revert Views.BadInput();
        uint256 group = Windows.whole(q.attributes[0], 1);
        if (x[1] != w[1] * group || w[0] == 0 || w[1] == 0 || w[0] % group != 0) revert Views.BadInput();
        View calldata bias = q.inputs[2];
        if (bias.given && (bias.dims.length != 1 || bias.dims[0] != w[0])) revert Views.BadInput();
        uint256[] memory kernel = new uint256[](w.length - 2);
        for (uint256 i = 0; i < kernel.length; ++i) {
            kernel[i] = w[i + 2];
        }
        return Windows.axes(q.attributes, 2, x, kernel, q.attributes[1], false);
    }
}
