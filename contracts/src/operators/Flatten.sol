// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Flatten: the same elements as a matrix, the axes before `axis` together and those from it on
/// @notice Attributes: axis.
contract Flatten is Mover {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata from = q.inputs[0].dims;
        int256 axis = q.attributes[0];
        // The rank itself is allowed here: everything before, nothing from it on.
        if (axis < 0) axis += int256(from.length);
        if (axis < 0 || axis > int256(from.length)) revert Views.BadInput();
        int256[2] memory sides = [int256(1), int256(1)];
        for (uint256 i = 0; i < from.length; ++i) {
            sides[int256(i) < axis ? 0 : 1] *= int256(uint256(from[i]));
        }
        dims = new uint32[](2);
        dims[0] = _size(sides[0]);
        dims[1] = _size(sides[1]);
        return (q.inputs[0].dtype, dims);
    }
}
