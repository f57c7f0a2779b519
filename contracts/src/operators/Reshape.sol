// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Mover} from "./Mover.sol";
import {Views} from "./Views.sol";

/// @title Reshape: the same elements in row-major order under other dimensions
/// @notice Attributes: allowzero, then the dimensions as the file has them, where they are constant. Inputs: data, and
/// the dimensions (int64) where the model computes them.
contract Reshape is Mover {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        View calldata data = q.inputs[0];
        bool computed = q.inputs.length > 1;
        uint256 rank = computed ? Views.count(q.inputs[1].dims) : q.attributes.length - 1;
        dims = new uint32[](rank);
        uint256 left = Views.count(data.dims);
        uint256 unknown = rank;
        for (uint256 i = 0; i < rank; ++i) {
            int256 size = computed ? q.inputs[1].whole(i) : q.attributes[i + 1];
            if (size == -1 && unknown == rank) unknown = i;
            else if (size == 0 && q.attributes[0] == 0) dims[i] = data.dims[i];
            else dims[i] = _size(size);
            if (i != unknown && dims[i] != 0) left /= dims[i];
        }
        if (unknown < rank) dims[unknown] = _size(int256(left));
        if (Views.count(dims) != Views.count(data.dims)) revert Views.BadInput();
        return (data.dtype, dims);
    }
}
