// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Line, Lines} from "./Lines.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title An operator that makes one element of all that lie along some axes
/// @notice Attributes: keepdims, noop_with_empty_axes, then the axes; none means all of them, or with
/// noop_with_empty_axes none at all.
abstract contract Reduction is IOperator {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        uint32[] calldata dims = q.inputs[0].dims;
        return (q.inputs[0].dtype, _without(dims, _axes(q, dims.length), q.attributes[0] != 0));
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata v = q.inputs[0];
        Line memory line = Lines.along(v, _axes(q, v.dims.length), q.index, true);
        return line.count == 0 ? Ranges.open() : _of(q, v, line);
    }

    /// @dev What honest hardware can make of the elements of one line, of which there is at least one.
    function _of(Query calldata q, View calldata v, Line memory line) internal pure virtual returns (Range memory);

    function _without(uint32[] calldata from, uint256 axes, bool keep) private pure returns (uint32[] memory dims) {
        dims = new uint32[](from.length);
        uint256 rank = 0;
        for (uint256 i = 0; i < from.length; ++i) {
            if ((axes >> i) & 1 == 0) dims[rank++] = from[i];
            else if (keep) dims[rank++] = 1;
        }
        assembly ("memory-safe") { mstore(dims, rank) }
    }

    /// @dev A bit for each axis that is reduced.
    function _axes(Query calldata q, uint256 rank) private pure returns (uint256 axes) {
        if (q.attributes.length == 2 && q.attributes[1] == 0) return (1 << rank) - 1;
        for (uint256 i = 2; i < q.attributes.length; ++i) {
            axes |= 1 << Views.axisOf(q.attributes[i], rank);
        }
    }
}
