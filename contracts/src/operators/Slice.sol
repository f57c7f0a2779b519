// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Slice: every step-th element from a start to before an end, along some axes
/// @notice Attributes: number of these axes, then all starts, ends, axes and steps.
contract Slice is Mover {
    /// @dev Of one axis: what is kept of it.
    struct Cut {
        uint256 axis;
        int256 start;
        int256 step;
        int256 size;
    }

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        dims = q.inputs[0].dims;
        for (uint256 i = 0; i < uint256(q.attributes[0]); ++i) {
            Cut memory cut = _cut(q, i);
            dims[cut.axis] = _size(cut.size);
        }
        return (q.inputs[0].dtype, dims);
    }

    /// @inheritdoc Mover
    function _source(Query calldata q) internal pure override returns (uint256, uint256) {
        uint256[] memory spot = Views.unravel(q.dims, q.index);
        for (uint256 i = 0; i < uint256(q.attributes[0]); ++i) {
            Cut memory cut = _cut(q, i);
            spot[cut.axis] = uint256(cut.start + int256(spot[cut.axis]) * cut.step);
        }
        return (0, Views.ravel(q.inputs[0].dims, spot));
    }

    function _cut(Query calldata q, uint256 i) private pure returns (Cut memory cut) {
        uint256 count = uint256(q.attributes[0]);
        cut.axis = Views.axisOf(q.attributes[1 + i + 2 * count], q.inputs[0].dims.length);
        for (uint256 j = 0; j < i; ++j) {
            if (Views.axisOf(q.attributes[1 + j + 2 * count], q.inputs[0].dims.length) == cut.axis) {
                revert Views.BadInput();
            }
        }
        cut.step = q.attributes[1 + i + 3 * count];
        if (cut.step == 0) revert Views.BadInput();
        int256 size = int256(uint256(q.inputs[0].dims[cut.axis]));
        // Backwards, the first element is the last one to end before: hence one less at both ends.
        int256 back = cut.step < 0 ? int256(1) : int256(0);
        cut.start = _clamp(q.attributes[1 + i], size, 0, size - back);
        int256 end = _clamp(q.attributes[1 + i + count], size, -back, size - back);
        int256 way = cut.step < 0 ? cut.start - end : end - cut.start;
        int256 length = cut.step < 0 ? -cut.step : cut.step;
        cut.size = size == 0 || way <= 0 ? int256(0) : (way + length - 1) / length;
    }

    function _clamp(int256 value, int256 size, int256 low, int256 high) private pure returns (int256) {
        if (value < 0) value += size;
        return value < low ? low : value > high ? high : value;
    }
}
