// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Not: true where an element is false
contract Not is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (q.inputs[0].dtype, q.inputs[0].dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        uint256 bits = q.inputs[0].get(q.index);
        return q.inputs[0].dtype == 9 && bits < 2 ? Ranges.exactly(1 - bits) : Ranges.open();
    }
}
