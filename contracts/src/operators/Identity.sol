// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query} from "./IOperator.sol";
import {Mover} from "./Mover.sol";

/// @title Identity: every element where it was
/// @notice Attributes: none.
contract Identity is Mover {
    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (q.inputs[0].dtype, q.inputs[0].dims);
    }
}
