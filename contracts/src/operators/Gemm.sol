// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Dot, Dots} from "../arithmetic/Dots.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Gemm: alpha · A · B + beta · C, of float32 matrices
/// @notice Attributes: bits of alpha, bits of beta, transA, transB. Stored so that what is multiplied lies together.
/// Bound: γ of the depth, one more for C, two more for an alpha and two for a beta that is not one, since a kernel may
/// scale before or after it adds. A kernel that multiplies an operand by alpha first may lose what falls below 2^-126
/// there: that is added, 2^-126 · Σ(|a| + |b|).
contract Gemm is IOperator {
    using Dots for Dot;
    using Views for View;

    /// @dev 2^60. Where alpha or beta scales something, larger numbers are left open: then nothing on the way overflows.
    uint256 private constant LARGE = 1 << 180;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        uint32[] calldata a = q.inputs[0].dims;
        uint32[] calldata b = q.inputs[1].dims;
        (uint256 ta, uint256 tb) = _transposed(q);
        if (a.length != 2 || b.length != 2 || a[1 - ta] != b[tb]) revert Views.BadInput();
        dims = new uint32[](2);
        dims[0] = a[ta];
        dims[1] = b[1 - tb];
        uint32[] calldata c = q.inputs[2].dims;
        if (c.length > 2) revert Views.BadInput();
        for (uint256 i = 0; i < c.length; ++i) {
            if (c[c.length - 1 - i] != 1 && c[c.length - 1 - i] != dims[1 - i]) revert Views.BadInput();
        }
        return (1, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata c = q.inputs[2];
        (uint256 ta,) = _transposed(q);
        uint256 depth = q.inputs[0].dims[1 - ta];
        if (q.inputs[0].dtype != 1 || q.inputs[1].dtype != 1 || depth > Bounds.MAX_TERMS) return Ranges.open();
        if (c.given && c.dtype != 1) return Ranges.open();

        (Dot memory dot, uint256 reach) = _product(q, depth);
        if (!dot.open) _scale(dot, uint256(q.attributes[0]), reach);
        if (!c.given) return Bounds.around(q.terms, dot, depth + _roundings(q.attributes[0]));

        Dot memory addend;
        addend.plus(c.span(c.positionOf(Views.broadcast(q.dims, c.dims, q.index, 0)), 1), 1);
        if (!addend.open) _scale(addend, uint256(q.attributes[1]), addend.size);
        if (dot.open || addend.open) return Ranges.open();
        dot.sum += addend.sum;
        dot.size += addend.size;
        dot.slack += addend.slack;
        return Bounds.around(q.terms, dot, depth + 1 + _roundings(q.attributes[0]) + _roundings(q.attributes[1]));
    }

    /// @dev The row of A times the column of B; `reach` is Σ(|a| + |b|), where alpha makes it matter.
    function _product(Query calldata q, uint256 depth) private pure returns (Dot memory dot, uint256 reach) {
        uint256 run = _together(q) ? depth : 1;
        Dot memory sizes;
        for (uint256 k = 0; k < depth; k += run) {
            (uint256 x, uint256 y) = _operands(q, depth, k, run);
            dot.add(x, y, run);
            if (uint256(q.attributes[0]) != Floats.ONE) {
                sizes.plus(x, run);
                sizes.plus(y, run);
            }
        }
        if (sizes.open) dot.open = true;
        reach = sizes.size;
    }

    /// @dev Where in calldata `run` operands from the k-th on lie.
    function _operands(Query calldata q, uint256 depth, uint256 k, uint256 run)
        private
        pure
        returns (uint256 x, uint256 y)
    {
        (uint256 ta, uint256 tb) = _transposed(q);
        uint256 columns = q.dims[1];
        x = ta == 1 ? q.index / columns + k * q.dims[0] : q.index / columns * depth + k;
        y = tb == 1 ? q.index % columns * depth + k : q.index % columns + k * columns;
        x = q.inputs[0].span(q.inputs[0].positionOf(x), run);
        y = q.inputs[1].span(q.inputs[1].positionOf(y), run);
    }

    function _together(Query calldata q) private pure returns (bool) {
        (uint256 ta, uint256 tb) = _transposed(q);
        return q.inputs[0].readsLast(1 - ta) && q.inputs[1].readsLast(tb);
    }

    /// @dev Multiplies by a float32. Fixed point loses less than 2^-120 of the factor, which is more than hardware that
    /// flushes a subnormal factor to zero loses, and less than 2^-100 of all products; `reach` times 2^-126 is lost where
    /// the operands are scaled first.
    function _scale(Dot memory dot, uint256 bits, uint256 reach) private pure {
        if (bits == Floats.ONE) return;
        (bool finite, int256 factor) = Floats.toFixed(bits);
        uint256 size = Fixed.abs(factor);
        if (!finite || size >= LARGE || dot.size >= LARGE || reach >= LARGE) {
            dot.open = true;
            return;
        }
        dot.slack = Bounds.times(dot.slack, size) + (dot.size >> 120) + (size >> 100) + (reach >> 120) + 4;
        dot.sum = Fixed.mul(dot.sum, factor);
        dot.size = Bounds.times(dot.size, size);
    }

    function _roundings(int256 factor) private pure returns (uint256) {
        return uint256(factor) == Floats.ONE ? 0 : 2;
    }

    function _transposed(Query calldata q) private pure returns (uint256 a, uint256 b) {
        (a, b) = (q.attributes[2] == 0 ? 0 : 1, q.attributes[3] == 0 ? 0 : 1);
    }
}
