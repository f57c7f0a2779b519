// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title BatchNormalization as inference has it: (X - mean) / sqrt(var + epsilon) · scale + B, of float32 tensors
/// @notice Attributes: bits of epsilon. Inputs: X, scale, B, mean, var.
/// Bound: 16u · (|X·s| + |mean·s| + |B|), where s = scale / sqrt(var + epsilon). Runtimes compute that as it stands or
/// as X·s + (B - mean·s), so what cancels counts. s itself takes a sum (its root halves the error), a root and a
/// division, four u each to allow for approximate ones, and a product: below 10u; three more roundings follow.
contract BatchNormalization is IOperator {
    using Views for View;

    /// @dev 2^50. Beyond it, or with var + epsilon below 2^-60, nothing is said: then nothing on the way overflows.
    uint256 private constant LARGE = 1 << 170;
    int256 private constant SMALL = int256(1 << 60);

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        View calldata x = q.inputs[0];
        if (x.dims.length == 0) revert Views.BadInput();
        uint256 channels = x.dims.length == 1 ? 1 : x.dims[1];
        for (uint256 i = 1; i < 5; ++i) {
            uint32[] calldata dims = q.inputs[i].dims;
            if (dims.length != 1 || dims[0] != channels) revert Views.BadInput();
        }
        return (x.dtype, x.dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View[] calldata inputs = q.inputs;
        uint256 channel = _channel(inputs[0].dims, q.index);
        int256[5] memory values;
        for (uint256 i = 0; i < 5; ++i) {
            View calldata v = inputs[i];
            if (v.dtype != 1) return Ranges.open();
            bool finite;
            (finite, values[i]) = Floats.toFixed(v.get(i == 0 ? q.index : channel));
            if (!finite || Fixed.abs(values[i]) >= LARGE) return Ranges.open();
        }
        (bool finiteEpsilon, int256 epsilon) = Floats.toFixed(uint256(q.attributes[0]));
        if (!finiteEpsilon || Fixed.abs(epsilon) >= LARGE) return Ranges.open();
        int256 spread = values[4] + epsilon;
        if (spread < SMALL) return Ranges.open();
        return _range(values[0], values[1], values[2], values[3], Fixed.sqrt(spread));
    }

    function _range(int256 x, int256 scale, int256 bias, int256 mean, int256 root) private pure returns (Range memory) {
        int256 inverse = Fixed.div(Fixed.ONE, root);
        int256 s = Fixed.div(scale, root);
        uint256 size = Fixed.abs(Fixed.mul(x, s)) + Fixed.abs(Fixed.mul(mean, s)) + Fixed.abs(bias);
        if (size >= uint256(Fixed.HUGE)) return Ranges.open();
        // What fixed point cuts off (2^-120) and hardware flushes to zero (2^-126), times whatever it is multiplied by.
        uint256 steps = Fixed.abs(x) + Fixed.abs(mean);
        uint256 noise = Bounds.times(steps, uint256(inverse) + uint256(Fixed.ONE)) + Fixed.abs(s) + Fixed.abs(scale)
            + uint256(inverse) + uint256(Fixed.ONE);
        return Ranges.around(Fixed.mul(x - mean, s) + bias, (size >> 20) + (noise >> 117) + 16);
    }

    /// @dev The second coordinate; there is one channel where there is one axis.
    function _channel(uint32[] calldata dims, uint256 index) private pure returns (uint256) {
        if (dims.length < 2) return 0;
        uint256 inner = 1;
        for (uint256 i = 2; i < dims.length; ++i) {
            inner *= dims[i];
        }
        return index / inner % dims[1];
    }
}
