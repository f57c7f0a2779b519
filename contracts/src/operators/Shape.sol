// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";

/// @title Shape: the dimensions of a tensor, as int64
/// @notice Reads none of its elements. Attributes: first axis, and the one before which to end.
contract Shape is IOperator {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint256 start = _clamp(q.attributes[0], q.inputs[0].dims.length);
        uint256 end = _clamp(q.attributes[1], q.inputs[0].dims.length);
        dims = new uint32[](1);
        dims[0] = uint32(end > start ? end - start : 0);
        return (7, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        uint32[] calldata dims = q.inputs[0].dims;
        return Ranges.exactly(dims[_clamp(q.attributes[0], dims.length) + q.index]);
    }

    function _clamp(int256 axis, uint256 rank) private pure returns (uint256) {
        if (axis < 0) axis += int256(rank);
        return axis < 0 ? 0 : axis > int256(rank) ? rank : uint256(axis);
    }
}
