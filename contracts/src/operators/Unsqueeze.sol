// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Unsqueeze: with more axes, of size one
/// @notice Attributes: where they are in the output.
contract Unsqueeze is Mover {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata from = q.inputs[0].dims;
        dims = new uint32[](from.length + q.attributes.length);
        uint256 added = 0;
        for (uint256 i = 0; i < q.attributes.length; ++i) {
            uint256 bit = 1 << Views.axisOf(q.attributes[i], dims.length);
            if (added & bit != 0) revert Views.BadInput();
            added |= bit;
        }
        uint256 next = 0;
        for (uint256 i = 0; i < dims.length; ++i) {
            dims[i] = (added >> i) & 1 == 1 ? 1 : from[next++];
        }
        return (q.inputs[0].dtype, dims);
    }
}
