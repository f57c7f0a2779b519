// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Pad: more elements, or with negative pads fewer, at both ends of some axes
/// @notice Attributes: mode (0 constant, 1 reflect, 2 edge), bits of the constant, number of these axes, then elements
/// added before each, after each, and the axes.
contract Pad is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        dims = q.inputs[0].dims;
        uint256 count = uint256(q.attributes[2]);
        for (uint256 i = 0; i < count; ++i) {
            uint256 axis = _axis(q, i, count);
            int256 size = int256(uint256(dims[axis])) + q.attributes[3 + i] + q.attributes[3 + i + count];
            if (size < 0 || size > int256(uint256(type(uint32).max))) revert Views.BadInput();
            dims[axis] = uint32(uint256(size));
        }
        return (q.inputs[0].dtype, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata data = q.inputs[0];
        uint256[] memory spot = Views.unravel(q.dims, q.index);
        uint256 count = uint256(q.attributes[2]);
        for (uint256 i = 0; i < count; ++i) {
            uint256 axis = _axis(q, i, count);
            int256 size = int256(uint256(data.dims[axis]));
            int256 from = int256(spot[axis]) - q.attributes[3 + i];
            if (from < 0 || from >= size) {
                if (q.attributes[0] == 0) return Ranges.exactly(uint256(q.attributes[1]));
                if (q.attributes[0] == 1) from = from < 0 ? -from : 2 * (size - 1) - from;
                else from = from < 0 ? int256(0) : size - 1;
                if (from < 0 || from >= size) revert Views.BadInput();
            }
            spot[axis] = uint256(from);
        }
        return Ranges.exactly(data.get(Views.ravel(data.dims, spot)));
    }

    /// @dev The i-th axis to pad. Reverts if it was among those before.
    function _axis(Query calldata q, uint256 i, uint256 count) private pure returns (uint256 axis) {
        uint256 rank = q.inputs[0].dims.length;
        axis = Views.axisOf(q.attributes[3 + i + 2 * count], rank);
        for (uint256 j = 0; j < i; ++j) {
            if (Views.axisOf(q.attributes[3 + j + 2 * count], rank) == axis) revert Views.BadInput();
        }
    }
}
