// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Squeeze: without some axes of size one
/// @notice Attributes: these axes; none means every axis of size one.
contract Squeeze is Mover {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata from = q.inputs[0].dims;
        uint256 gone = 0;
        for (uint256 i = 0; i < q.attributes.length; ++i) {
            uint256 axis = Views.axisOf(q.attributes[i], from.length);
            if (from[axis] != 1) revert Views.BadInput();
            gone |= 1 << axis;
        }
        uint256 rank = 0;
        dims = new uint32[](from.length);
        for (uint256 i = 0; i < from.length; ++i) {
            bool stays = q.attributes.length == 0 ? from[i] != 1 : (gone >> i) & 1 == 0;
            if (stays) dims[rank++] = from[i];
        }
        assembly ("memory-safe") { mstore(dims, rank) }
        return (q.inputs[0].dtype, dims);
    }
}
