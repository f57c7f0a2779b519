// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Transpose: axes in another order
/// @notice Attributes: the input's axis for each axis of the output; none reverses them.
contract Transpose is Mover {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata from = q.inputs[0].dims;
        uint256[] memory order = _order(q, from.length);
        dims = new uint32[](from.length);
        for (uint256 i = 0; i < from.length; ++i) {
            dims[i] = from[order[i]];
        }
        return (q.inputs[0].dtype, dims);
    }

    /// @inheritdoc Mover
    function _source(Query calldata q) internal pure override returns (uint256, uint256) {
        uint32[] calldata dims = q.inputs[0].dims;
        uint256[] memory order = _order(q, dims.length);
        uint256[] memory from = Views.unravel(q.dims, q.index);
        uint256[] memory spot = new uint256[](dims.length);
        for (uint256 i = 0; i < dims.length; ++i) {
            spot[order[i]] = from[i];
        }
        return (0, Views.ravel(dims, spot));
    }

    function _order(Query calldata q, uint256 rank) private pure returns (uint256[] memory order) {
        order = new uint256[](rank);
        if (q.attributes.length != 0 && q.attributes.length != rank) revert Views.BadInput();
        uint256 seen = 0;
        for (uint256 i = 0; i < rank; ++i) {
            int256 axis = q.attributes.length == 0 ? int256(rank - 1 - i) : q.attributes[i];
            if (axis < 0 || axis >= int256(rank) || (seen >> uint256(axis)) & 1 == 1) revert Views.BadInput();
            seen |= 1 << uint256(axis);
            order[i] = uint256(axis);
        }
    }
}
