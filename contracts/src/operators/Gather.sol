// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Gather: slices of the data along an axis, picked by indices
/// @notice Attributes: axis. Inputs: data, indices (int32 or int64, negative from the end).
contract Gather is Mover {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata data = q.inputs[0].dims;
        uint32[] calldata picks = q.inputs[1].dims;
        uint256 axis = _axis(q);
        dims = new uint32[](data.length + picks.length - 1);
        for (uint256 i = 0; i < dims.length; ++i) {
            if (i < axis) dims[i] = data[i];
            else if (i < axis + picks.length) dims[i] = picks[i - axis];
            else dims[i] = data[i + 1 - picks.length];
        }
        return (q.inputs[0].dtype, dims);
    }

    /// @inheritdoc Mover
    function _source(Query calldata q) internal pure override returns (uint256, uint256) {
        uint32[] calldata dims = q.inputs[0].dims;
        uint256 axis = _axis(q);
        uint256 inner = 1;
        for (uint256 i = axis + 1; i < dims.length; ++i) {
            inner *= dims[i];
        }
        uint256 picks = Views.count(q.inputs[1].dims);
        uint256 pick = Views.axisOf(q.inputs[1].whole(q.index / inner % picks), dims[axis]);
        return (0, (q.index / inner / picks * dims[axis] + pick) * inner + q.index % inner);
    }

    function _axis(Query calldata q) private pure returns (uint256) {
        if (q.inputs[1].dtype != 6 && q.inputs[1].dtype != 7) revert Views.BadInput();
        return Views.axisOf(q.attributes[0], q.inputs[0].dims.length);
    }
}
