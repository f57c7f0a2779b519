// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {View} from "./IOperator.sol";
import {Views} from "./Views.sol";

/// @notice The elements of a tensor that lie along some of its axes, in row-major order.
/// @param count how many elements
/// @param start row-major index of the first one
/// @param pointer where in calldata they lie if they are float32 and together; zero if not
/// @param sizes of the axes, the last axis first
/// @param steps from one element along the axis to the next
struct Line {
    uint256 count;
    uint256 start;
    uint256 pointer;
    uint256[] sizes;
    uint256[] steps;
}

/// @title Reading along axes
/// @notice The same in TypeScript: `protocol/operators/lines.ts` and `sum.ts`.
library Lines {
    using Views for View;

    /// @notice The line along the axes whose bits are set in `axes`, through one element.
    /// @param index row-major index of any element of the line; in a tensor without these axes if `reduced`
    function along(View calldata v, uint256 axes, uint256 index, bool reduced)
        internal
        pure
        returns (Line memory line)
    {
        uint256 rank = v.dims.length;
        line.sizes = new uint256[](rank);
        line.steps = new uint256[](rank);
        line.count = 1;
        uint256 used = 0;
        uint256 step = 1;
        // Axes that all come last make one stretch of the row-major order.
        bool trailing = true;
        for (uint256 i = rank; i > 0; --i) {
            uint256 axis = i - 1;
            uint256 size = v.dims[axis];
            bool own = (axes >> axis) & 1 == 1;
            if (own) {
                line.sizes[used] = size;
                line.steps[used++] = step;
                if (line.count != step) trailing = false;
                line.count *= size;
            } else {
                line.start += index % size * step;
            }
            if (!own || !reduced) index /= size;
            step *= size;
        }
        if (used == 0 || line.count == 0 || v.dtype != 1) return line;
        uint256 last = Views.storedLast(v.axis, rank);
        if (axes == 1 << last || (trailing && last == rank - 1)) {
            line.pointer = v.span(v.positionOf(line.start), line.count);
        }
    }

    /// @notice Row-major index of the k-th element.
    function place(Line memory line, uint256 k) internal pure returns (uint256 index) {
        index = line.start;
        for (uint256 i = 0; k > 0; ++i) {
            index += k % line.sizes[i] * line.steps[i];
            k /= line.sizes[i];
        }
    }

    /// @notice Bits of the k-th element.
    function bits(Line memory line, View calldata v, uint256 k) internal pure returns (uint256 word) {
        uint256 pointer = line.pointer;
        if (pointer == 0) return v.get(place(line, k));
        assembly ("memory-safe") {
            // Little-endian.
            let raw := calldataload(add(pointer, shl(2, k)))
            word := or(or(byte(0, raw), shl(8, byte(1, raw))), or(shl(16, byte(2, raw)), shl(24, byte(3, raw))))
        }
    }

    /// @notice The k-th element of a float32 tensor, as `Floats.toFixed` reads it.
    function number(Line memory line, View calldata v, uint256 k) internal pure returns (bool finite, int256 value) {
        uint256 pointer = line.pointer;
        if (pointer == 0) return Floats.toFixed(v.get(place(line, k)));
        assembly ("memory-safe") {
            let raw := calldataload(add(pointer, shl(2, k)))
            let top := byte(3, raw)
            let exponent := or(shl(1, and(top, 0x7f)), shr(7, byte(2, raw)))
            let mantissa := or(or(byte(0, raw), shl(8, byte(1, raw))), shl(16, and(byte(2, raw), 0x7f)))
            finite := iszero(eq(exponent, 0xff))
            switch exponent
            case 0 { exponent := 1 }
            default { mantissa := or(mantissa, 0x800000) }
            // A shift by a negative number is one by 2^256 and gives zero.
            value := or(shl(sub(exponent, 30), mantissa), shr(sub(30, exponent), mantissa))
            if gt(top, 0x7f) { value := sub(0, value) }
            value := mul(value, finite)
        }
    }

    /// @notice The exact sum of float32 numbers, and that of their absolute values.
    /// @return known false where nothing can be said: too many, a NaN or infinity among them, or a sum that may overflow
    /// on the way even if its end does not
    function sum(Line memory line, View calldata v) internal pure returns (bool known, int256 total, uint256 size) {
        uint256 count = line.count;
        if (count > Bounds.MAX_TERMS) return (false, 0, 0);
        for (uint256 k = 0; k < count; ++k) {
            (bool finite, int256 x) = number(line, v, k);
            if (!finite) return (false, 0, 0);
            unchecked {
                // Below 2^247 + 2^248.
                total += x;
                size += uint256(x < 0 ? -x : x);
            }
            if (size >= uint256(Fixed.HUGE)) return (false, 0, 0);
        }
        known = true;
    }
}
