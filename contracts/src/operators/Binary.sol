// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {Wholes} from "../arithmetic/Wholes.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title An operator whose output elements each depend on one element of either of two inputs, broadcast to each other
abstract contract Binary is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure virtual returns (uint8, uint32[] memory) {
        return (q.inputs[0].dtype, Views.broadcastDims(q.inputs[0].dims, q.inputs[1].dims, 0));
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata a = q.inputs[0];
        View calldata b = q.inputs[1];
        (uint8 left, uint8 right) = (a.dtype, b.dtype);
        uint256 x = _operand(q, a);
        uint256 y = _operand(q, b);
        if (left == 1 && right == 1) {
            return Floats.isFinite(x) && Floats.isFinite(y) ? _of(x, y) : Ranges.open();
        }
        if (left == right && Wholes.isWhole(left)) {
            return _ofWholes(left, Views.signed(left, x), Views.signed(left, y));
        }
        return _ofMixed(left, x, right, y);
    }

    /// @dev What honest hardware can make of two finite float32 numbers, given as bits.
    function _of(uint256 x, uint256 y) internal pure virtual returns (Range memory);

    /// @dev The same for whole numbers of one type. Open if an operator says nothing.
    function _ofWholes(uint8, int256, int256) internal pure virtual returns (Range memory) {
        return Ranges.open();
    }

    /// @dev The same for all other pairs of types. Open if an operator says nothing.
    function _ofMixed(uint8, uint256, uint8, uint256) internal pure virtual returns (Range memory) {
        return Ranges.open();
    }

    /// @dev A finite float32 in fixed point.
    function _fixed(uint256 bits) internal pure returns (int256 value) {
        (, value) = Floats.toFixed(bits);
    }

    function _operand(Query calldata q, View calldata v) private pure returns (uint256) {
        return v.get(Views.broadcast(q.dims, v.dims, q.index, 0));
    }
}
