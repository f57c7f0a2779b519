// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Concat: tensors one after the other along an axis
/// @notice Attributes: axis.
contract Concat is Mover {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint256 axis = _axis(q);
        uint8 dtype = q.inputs[0].dtype;
        dims = q.inputs[0].dims;
        for (uint256 i = 1; i < q.inputs.length; ++i) {
            View calldata next = q.inputs[i];
            if (next.dtype != dtype || next.dims.length != dims.length) revert Views.BadInput();
            for (uint256 j = 0; j < dims.length; ++j) {
                if (j == axis) dims[j] += next.dims[j];
                else if (dims[j] != next.dims[j]) revert Views.BadInput();
            }
        }
        return (dtype, dims);
    }

    /// @inheritdoc Mover
    function _source(Query calldata q) internal pure override returns (uint256, uint256) {
        uint256 axis = _axis(q);
        uint256[] memory spot = Views.unravel(q.dims, q.index);
        for (uint256 input = 0; input < q.inputs.length; ++input) {
            uint32[] calldata dims = q.inputs[input].dims;
            if (spot[axis] < dims[axis]) return (input, Views.ravel(dims, spot));
            spot[axis] -= dims[axis];
        }
        revert Views.BadInput();
    }

    function _axis(Query calldata q) private pure returns (uint256) {
        return Views.axisOf(q.attributes[0], q.inputs[0].dims.length);
    }
}
