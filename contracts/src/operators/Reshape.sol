// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Reshape: the same elements in row-major order under other dimensions
/// @notice Attributes: allowzero. Inputs: data, shape (int64).
contract Reshape is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        View calldata data = q.inputs[0];
        uint256 rank = Views.count(q.inputs[1].dims);
        dims = new uint32[](rank);
        uint256 left = Views.count(data.dims);
        uint256 unknown = rank;
        for (uint256 i = 0; i < rank; ++i) {
            int256 size = q.inputs[1].whole(i);
            if (size == -1 && unknown == rank) unknown = i;
            else if (size == 0 && q.attributes[0] == 0) dims[i] = data.dims[i];
            else if (size < 0 || size > int256(uint256(type(uint32).max))) revert Views.BadInput();
            else dims[i] = uint32(uint256(size));
            if (i != unknown && dims[i] != 0) left /= dims[i];
        }
        if (unknown < rank) dims[unknown] = uint32(left);
        if (Views.count(dims) != Views.count(data.dims)) revert Views.BadInput();
        return (data.dtype, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        return Ranges.exactly(q.inputs[0].get(q.index));
    }
}
