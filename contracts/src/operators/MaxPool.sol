// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";
import {Axis, Windows} from "./Windows.sol";

/// @title MaxPool: the largest element of each window. Exact.
/// @notice Attributes: padding mode (see `Windows`), ceil_mode, then kernel, strides, dilations, pads. A window with a
/// NaN or infinity, or without any input, is left open; so is every type but float32, int8 and uint8.
contract MaxPool is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        View calldata x = q.inputs[0];
        Axis[] memory all = _axes(q);
        return (x.dtype, Windows.dimsOf(x.dims, x.dims[1], all));
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata x = q.inputs[0];
        Axis[] memory all = _axes(q);
        if (x.dtype == 0 || x.dtype > 3) return Ranges.open();
        uint256[] memory point = Views.unravel(q.dims, q.index);
        uint256[] memory step = Windows.steps(x);
        uint256 first = point[0] * step[0] + point[1] * step[1];
        uint256 taps = Windows.tapsOf(all);
        int256 largest = type(int256).min;
        for (uint256 tap = 0; tap < taps; ++tap) {
            (bool inside, uint256 offset) = Windows.locate(all, point, step, tap);
            if (!inside) continue;
            (bool finite, int256 value) = _number(x.dtype, x.read(first + offset));
            if (!finite) return Ranges.open();
            if (value > largest) largest = value;
        }
        if (largest == type(int256).min) return Ranges.open();
        return x.dtype == 1 ? Ranges.around(largest, 0) : Ranges.exactly(uint256(largest) & 0xff);
    }

    function _number(uint8 dtype, uint256 bits) private pure returns (bool finite, int256 value) {
        return dtype == 1 ? Floats.toFixed(bits) : (true, Views.signed(dtype, bits));
    }

    function _axes(Query calldata q) private pure returns (Axis[] memory) {
        uint32[] calldata dims = q.inputs[0].dims;
        if (dims.length < 3) revert Views.BadInput();
        uint256 rank = dims.length - 2;
        uint256[] memory kernel = Windows.slice(q.attributes, 2, rank);
        return Windows.axes(q.attributes, 2 + rank, dims, kernel, q.attributes[0], q.attributes[1] != 0);
    }
}
