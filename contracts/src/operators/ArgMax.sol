// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Line, Lines} from "./Lines.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title ArgMax: where along an axis the largest element is; the first of equal ones, or the last
/// @notice Exact, since comparing rounds nothing. Attributes: axis, keepdims, select_last_index. Left open where a NaN is
/// among the elements, and where the largest are zeros of both signs or subnormal numbers: which of those are equal
/// depends on the hardware.
contract ArgMax is IOperator {
    using Lines for Line;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata from = q.inputs[0].dims;
        uint256 axis = Views.axisOf(q.attributes[0], from.length);
        bool keep = q.attributes[1] != 0;
        dims = new uint32[](keep ? from.length : from.length - 1);
        uint256 rank = 0;
        for (uint256 i = 0; i < from.length; ++i) {
            if (i != axis) dims[rank++] = from[i];
            else if (keep) dims[rank++] = 1;
        }
        return (7, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata v = q.inputs[0];
        if (v.dtype == 10 || v.dtype == 11) return Ranges.open();
        Line memory line = Lines.along(v, 1 << Views.axisOf(q.attributes[0], v.dims.length), q.index, true);
        bool selectLast = q.attributes[2] != 0;
        int256 best = type(int256).min;
        uint256 bestBits = 0;
        uint256 bestPlace = 0;
        bool mixed = true;
        for (uint256 k = 0; k < line.count; ++k) {
            uint256 bits = line.bits(v, k);
            if (v.dtype == 1 && Floats.isNaN(bits)) return Ranges.open();
            int256 key = v.dtype == 1 ? _key(bits) : Views.signed(v.dtype, bits);
            if (key > best) {
                best = key;
                bestBits = bits;
                bestPlace = k;
                mixed = false;
            } else if (key == best) {
                if (bits != bestBits) mixed = true;
                if (selectLast) bestPlace = k;
            }
        }
        return mixed ? Ranges.open() : Ranges.exactly(bestPlace);
    }

    /// @dev A whole number in the same order as the float32 numbers. Zeros and subnormal numbers are one.
    function _key(uint256 bits) private pure returns (int256) {
        int256 size = int256(bits & 0x7fffffff);
        if (size < 0x800000) return 0;
        return bits >> 31 == 1 ? -size : size;
    }
}
