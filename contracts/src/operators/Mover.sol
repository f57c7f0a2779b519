// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title An operator that moves elements and leaves their bits as they are, whatever their type
abstract contract Mover is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        (uint256 input, uint256 index) = _source(q);
        return Ranges.exactly(q.inputs[input].get(index));
    }

    /// @dev Which element of which input comes to lie at the query's index. As it is, if not overridden.
    function _source(Query calldata q) internal pure virtual returns (uint256 input, uint256 index) {
        return (0, q.index);
    }

    /// @dev Dimensions as headers have them; reverts on what they cannot have.
    function _size(int256 size) internal pure returns (uint32) {
        if (size < 0 || size > int256(uint256(type(uint32).max))) revert Views.BadInput();
        return uint32(uint256(size));
    }
}
