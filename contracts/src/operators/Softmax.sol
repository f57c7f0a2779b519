// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {Bounds} from "../arithmetic/Bounds.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Line, Lines} from "./Lines.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Softmax: yᵢ = exp(xᵢ − m) / Σ exp(xⱼ − m), m the largest
/// @notice Attributes: axis; whether all axes from it on are taken together, as operator sets below 13 do. The bound is
/// relative, u·(32 + 8·(|xᵢ| + |m| + ⌈log₂ n⌉)) + γₙ; `protocol/operators/Softmax.ts` says why.
contract Softmax is IOperator {
    using Lines for Line;
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (q.inputs[0].dtype, q.inputs[0].dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata v = q.inputs[0];
        if (v.dtype != 1) return Ranges.open();
        uint256 axes = 1 << Views.axisOf(q.attributes[0], v.dims.length);
        // That axis and all above it.
        if (q.attributes[1] != 0) axes = (1 << v.dims.length) - axes;
        Line memory line = Lines.along(v, axes, q.index, false);
        if (line.count > Bounds.MAX_TERMS) return Ranges.open();
        (bool finite, int256 largest, int256[] memory all) = _read(line, v);
        if (!finite) return Ranges.open();
        (, int256 own) = Floats.toFixed(v.get(q.index));

        uint256 sum = 0;
        uint256 count = line.count;
        for (uint256 k = 0; k < count; ++k) {
            unchecked {
                sum += _power(all[k], largest);
            }
        }
        uint256 center = FixedPointMathLib.fullMulDiv(_power(own, largest), uint256(Fixed.ONE), sum);
        uint256 digits = 0;
        for (uint256 rest = count; rest > 0; rest >>= 1) {
            ++digits;
        }
        uint256 factor = Bounds.worstCase(count) + (32 + 8 * digits) * uint256(Fixed.U)
            + ((Fixed.abs(own) + Fixed.abs(largest)) >> 21);
        return Ranges.around(int256(center), Bounds.times(factor, center));
    }

    /// @dev exp(x − largest + 88) with 18 decimal digits, zero below what float32 can hold. The 88 leave every term
    /// digits to spare and go away in the quotient.
    function _power(int256 x, int256 largest) private pure returns (uint256) {
        unchecked {
            // At most 2^249.
            uint256 distance = uint256(largest - x);
            if (distance > 88 << 120) return 0;
            return uint256(FixedPointMathLib.expWad(int256(88e18 - ((distance * 1e18) >> 120))));
        }
    }

    function _read(Line memory line, View calldata v) private pure returns (bool, int256 largest, int256[] memory all) {
        largest = type(int256).min;
        uint256 count = line.count;
        all = new int256[](count);
        for (uint256 k = 0; k < count; ++k) {
            (bool finite, int256 x) = line.number(v, k);
            if (!finite) return (false, 0, all);
            if (x > largest) largest = x;
            all[k] = x;
        }
        return (true, largest, all);
    }
}
