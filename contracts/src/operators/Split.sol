// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Split: a tensor cut along an axis
/// @notice Attributes: axis, number of outputs, then the size of each, or none for parts of the same size of which only
/// the last may be smaller.
contract Split is Mover {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        dims = q.inputs[0].dims;
        (uint256 axis,, int256 size) = _part(q);
        dims[axis] = _size(size);
        return (q.inputs[0].dtype, dims);
    }

    /// @inheritdoc Mover
    function _source(Query calldata q) internal pure override returns (uint256, uint256) {
        (uint256 axis, uint256 offset,) = _part(q);
        uint256[] memory spot = Views.unravel(q.dims, q.index);
        spot[axis] += offset;
        return (0, Views.ravel(q.inputs[0].dims, spot));
    }

    /// @dev Where the query's output begins along the axis, and how much of it there is.
    function _part(Query calldata q) private pure returns (uint256 axis, uint256 offset, int256 size) {
        axis = Views.axisOf(q.attributes[0], q.inputs[0].dims.length);
        int256 whole = int256(uint256(q.inputs[0].dims[axis]));
        int256 count = q.attributes[1];
        if (int256(q.output) >= count) revert Views.BadInput();
        if (q.attributes.length == 2) {
            int256 each = (whole + count - 1) / count;
            int256 last = whole - each * (count - 1);
            if (last < 0) revert Views.BadInput();
            return (axis, uint256(each) * q.output, int256(q.output) == count - 1 ? last : each);
        }
        if (int256(q.attributes.length) != count + 2) revert Views.BadInput();
        int256 total = 0;
        for (uint256 i = 2; i < q.attributes.length; ++i) {
            if (q.attributes[i] < 0) revert Views.BadInput();
            if (i < q.output + 2) offset += uint256(q.attributes[i]);
            total += q.attributes[i];
        }
        if (total != whole) revert Views.BadInput();
        size = q.attributes[q.output + 2];
    }
}
