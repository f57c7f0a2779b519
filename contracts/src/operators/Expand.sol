// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Expand: broadcast to at least the given dimensions
/// @notice Attributes: these, where they are constant. Inputs: data, and the dimensions (int64) where the model computes
/// them.
contract Expand is Mover {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        bool computed = q.inputs.length > 1;
        uint256 rank = computed ? Views.count(q.inputs[1].dims) : q.attributes.length;
        uint32[] memory wanted = new uint32[](rank);
        for (uint256 i = 0; i < rank; ++i) {
            wanted[i] = _size(computed ? q.inputs[1].whole(i) : q.attributes[i]);
        }
        return (q.inputs[0].dtype, Views.broadcastDims(q.inputs[0].dims, wanted, 0));
    }

    /// @inheritdoc Mover
    function _source(Query calldata q) internal pure override returns (uint256, uint256) {
        return (0, Views.broadcast(q.dims, q.inputs[0].dims, q.index, 0));
    }
}
