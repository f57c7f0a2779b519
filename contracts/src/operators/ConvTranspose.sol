// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Dot, Dots} from "../arithmetic/Dots.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";
import {Windows} from "./Windows.sol";

/// @title ConvTranspose of float32 tensors, over any number of spatial axes
/// @notice Attributes: group, then strides, dilations, pads (all heads, all tails), output paddings. Inputs: X, W, and
/// maybe B. Best stored with X's channels (axis 1) and W's (axis 0) last.
/// Bound: γ of as many terms as there are inputs that reach the element, one more with B; for direct and im2col kernels.
/// @dev Some kernels put zeros between the inputs and multiply them by every weight. So that this makes no NaN, only
/// models whose weights are finite constants are in canonical form.
contract ConvTranspose is IOperator {
    using Dots for Dot;
    using Views for View;

    struct Sum {
        Dot dot;
        uint256[] point;
        uint256[] xSteps;
        uint256[] wSteps;
        uint256 first;
        uint256 weights;
        uint256 channels;
        uint256 products;
    }

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8 dtype, uint32[] memory dims) {
        uint256 group = _fit(q);
        dtype = 1;
        uint32[] calldata x = q.inputs[0].dims;
        uint32[] calldata w = q.inputs[1].dims;
        uint256 rank = x.length - 2;
        dims = new uint32[](x.length);
        dims[0] = x[0];
        dims[1] = uint32(w[1] * group);
        for (uint256 i = 0; i < rank; ++i) {
            uint256 last = (uint256(x[i + 2]) - 1) * uint256(q.attributes[1 + i]) + (uint256(w[i + 2]) - 1)
                * uint256(q.attributes[1 + rank + i]) + uint256(q.attributes[1 + 4 * rank + i]);
            uint256 cut = uint256(q.attributes[1 + 2 * rank + i]) + uint256(q.attributes[1 + 3 * rank + i]);
            if (last < cut) revert Views.BadInput();
            dims[i + 2] = uint32(last + 1 - cut);
        }
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        uint256 group = _fit(q);
        View calldata x = q.inputs[0];
        View calldata w = q.inputs[1];
        View calldata bias = q.inputs[2];
        if (x.dtype != 1 || w.dtype != 1 || (bias.given && bias.dtype != 1)) return Ranges.open();
        Sum memory s;
        s.channels = w.dims[0] / group;
        uint256 taps = 1;
        for (uint256 i = 2; i < w.dims.length; ++i) {
            taps *= w.dims[i];
        }
        if (taps * s.channels > Bounds.MAX_TERMS) return Ranges.open();

        s.point = Views.unravel(q.dims, q.index);
        (s.xSteps, s.wSteps) = (Windows.steps(x), Windows.steps(w));
        uint256 own = s.point[1] / w.dims[1] * s.channels;
        s.first = s.point[0] * s.xSteps[0] + own * s.xSteps[1];
        s.weights = own * s.wSteps[0] + s.point[1] % w.dims[1] * s.wSteps[1];
        for (uint256 tap = 0; tap < taps; ++tap) {
            _addTap(s, q, tap);
        }
        if (bias.given) s.dot.plus(bias.span(s.point[1], 1), 1);
        return Bounds.around(q.terms, s.dot, s.products + (bias.given ? 1 : 0));
    }

    /// @dev Adds the channels of the one input that reaches the element through a tap, if there is one.
    function _addTap(Sum memory s, Query calldata q, uint256 tap) private pure {
        uint256 rank = s.point.length - 2;
        uint256 x = s.first;
        uint256 w = s.weights;
        for (uint256 i = rank; i > 0;) {
            --i;
            uint256 size = q.inputs[1].dims[i + 2];
            uint256 padded = s.point[i + 2] + uint256(q.attributes[1 + 2 * rank + i]);
            uint256 reach = tap % size * uint256(q.attributes[1 + rank + i]);
            uint256 stride = uint256(q.attributes[1 + i]);
            if (
                padded < reach || (padded - reach) % stride != 0 || (padded - reach) / stride >= q.inputs[0].dims[i + 2]
            ) return;
            x += (padded - reach) / stride * s.xSteps[i + 2];
            w += tap % size * s.wSteps[i + 2];
            tap /= size;
        }
        uint256 run = s.xSteps[1] == 1 && s.wSteps[0] == 1 ? s.channels : 1;
        for (uint256 c = 0; c < s.channels; c += run) {
            s.dot.add(q.inputs[0].span(x + c * s.xSteps[1], run), q.inputs[1].span(w + c * s.wSteps[0], run), run);
        }
        s.products += s.channels;
    }

    /// @dev Reverts on inputs and attributes that do not fit.
    function _fit(Query calldata q) private pure returns (uint256 group) {
        uint32[] calldata x = q.inputs[0].dims;
        uint32[] calldata w = q.inputs[1].dims;
        if (x.length < 3 || w.length != x.length || q.attributes.length != 1 + 5 * (x.length - 2)) {
            revert Views.BadInput();
        }
        uint256 rank = x.length - 2;
        group = Windows.whole(q.attributes[0], 1);
        if (x[1] != w[0] || w[0] == 0 || w[1] == 0 || w[0] % group != 0) revert Views.BadInput();
        uint256 taps = 1;
        for (uint256 i = 0; i < rank; ++i) {
            taps *= Windows.whole(int256(uint256(w[i + 2])), 1);
            Windows.whole(int256(taps), 1);
            if (x[i + 2] == 0) revert Views.BadInput();
            for (uint256 list = 0; list < 5; ++list) {
                Windows.whole(q.attributes[1 + list * rank + i], list < 2 ? int256(1) : int256(0));
            }
        }
        View calldata bias = q.inputs[2];
        if (bias.given && (bias.dims.length != 1 || bias.dims[0] != w[1] * group)) revert Views.BadInput();
    }
}
