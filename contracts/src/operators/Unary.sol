// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {Wholes} from "../arithmetic/Wholes.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title An operator whose output elements each depend on one element of its first input, both of one type
abstract contract Unary is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (q.inputs[0].dtype, q.inputs[0].dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata v = q.inputs[0];
        uint8 dtype = v.dtype;
        if (Wholes.isWhole(dtype)) return _ofWhole(q, dtype, v.whole(q.index));
        if (dtype != 1) return Ranges.open();
        uint256 bits = v.get(q.index);
        (bool finite, int256 x) = Floats.toFixed(bits);
        return finite ? _ofBits(q, bits, x) : Ranges.open();
    }

    /// @dev What honest hardware can make of the finite float32 x, in fixed point. Open if an operator says nothing.
    function _of(Query calldata, int256) internal pure virtual returns (Range memory) {
        return Ranges.open();
    }

    /// @dev The same for operators that need x's bits, because fixed point loses what is below 2^-120.
    function _ofBits(Query calldata q, uint256, int256 x) internal pure virtual returns (Range memory) {
        return _of(q, x);
    }

    /// @dev The same for whole numbers. Open if an operator says nothing.
    function _ofWhole(Query calldata, uint8, int256) internal pure virtual returns (Range memory) {
        return Ranges.open();
    }
}
