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

/// @title LayerNormalization: y = (x − μ) / √(v + ε) · scale + bias over all axes from one on
/// @notice Attributes: axis, bits of epsilon. Inputs: x, scale, bias or none. Only the first output. The bound is
/// |scale|/√D·(|z|·(e/D + 32u) + 3·G·A + 16u·|x|) + 8u·|bias|; `protocol/operators/LayerNormalization.ts` says why.
contract LayerNormalization is IOperator {
    using Lines for Line;
    using Views for View;

    /// @dev 2^52: beyond it sums of squares might overflow.
    uint256 private constant LARGE = 1 << 172;

    /// @dev What the elements of one line have in common.
    /// @param mean μ
    /// @param size A
    /// @param square Q
    /// @param variance D
    /// @param off G
    /// @param relative how far 1/√D can be off, e/D + 32u
    struct Norm {
        bool known;
        int256 mean;
        uint256 size;
        uint256 square;
        int256 variance;
        uint256 off;
        uint256 relative;
    }

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (q.inputs[0].dtype, q.inputs[0].dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        View calldata v = q.inputs[0];
        if (v.dtype != 1) return Ranges.open();
        uint256 rank = v.dims.length;
        Line memory line = Lines.along(v, (1 << rank) - (1 << Views.axisOf(q.attributes[0], rank)), q.index, false);
        Norm memory norm = _norm(line, v);
        if (norm.known) _vary(norm, q, line.count);
        (bool given, int256 scale, int256 bias) = _affine(q);
        if (!norm.known || !given) return Ranges.open();
        (, int256 x) = Floats.toFixed(v.get(q.index));
        return _around(norm, x, scale, bias);
    }

    function _around(Norm memory norm, int256 x, int256 scale, int256 bias) private pure returns (Range memory) {
        int256 root = Fixed.sqrt(norm.variance);
        uint256 size = Fixed.abs(x);
        uint256 loss = Bounds.times(norm.relative, Fixed.abs(x - norm.mean)) + 3 * Bounds.times(norm.off, norm.size)
            + (size >> 20) + uint256(Fixed.TINY);
        int256 inner = Fixed.div(int256(loss), root) + Fixed.TINY;
        uint256 radius =
            uint256(Fixed.mul(int256(Fixed.abs(scale)), inner)) + ((size + norm.size) >> 100) + (Fixed.abs(bias) >> 21);
        return Ranges.around(Fixed.mul(scale, Fixed.div(x - norm.mean, root)) + bias, radius);
    }

    function _norm(Line memory line, View calldata v) private pure returns (Norm memory norm) {
        uint256 count = line.count;
        if (count > Bounds.MAX_TERMS) return norm;
        for (uint256 k = 0; k < count; ++k) {
            (bool finite, int256 x) = line.number(v, k);
            uint256 size = Fixed.abs(x);
            if (!finite || size >= LARGE) return norm;
            unchecked {
                // Below 2^192 and 2^244.
                norm.mean += x;
                norm.size += size;
                norm.square += FixedPointMathLib.fullMulDiv(size, size, 1 << 120);
            }
        }
        norm.mean /= int256(count);
        norm.size /= count;
        norm.square /= count;
        norm.known = true;
    }

    /// @dev Fills in the variance and how far it can be off; not known where that is more than half of it.
    function _vary(Norm memory norm, Query calldata q, uint256 count) private pure {
        (bool finite, int256 epsilon) = Floats.toFixed(uint256(q.attributes[1]));
        norm.off = Bounds.worstCase(count + 8) + 8 * uint256(Fixed.U);
        int256 off = int256(4 * Bounds.times(norm.off, norm.square)) + Fixed.TINY;
        int256 exact = int256(norm.square) - Fixed.mul(norm.mean, norm.mean);
        norm.variance = (exact > 0 ? exact : int256(0)) + epsilon;
        norm.known = finite && norm.variance >= 2 * off;
        if (norm.known) norm.relative = uint256(Fixed.div(off, norm.variance) + 32 * Fixed.U);
    }

    function _affine(Query calldata q) private pure returns (bool given, int256 scale, int256 bias) {
        (given, scale) = _factor(q, 1);
        if (given && q.inputs.length > 2) (given, bias) = _factor(q, 2);
    }

    function _factor(Query calldata q, uint256 input) private pure returns (bool finite, int256 value) {
        View calldata v = q.inputs[input];
        if (v.dtype != 1) return (false, 0);
        return Floats.toFixed(v.get(Views.broadcast(q.dims, v.dims, q.index, 0)));
    }
}
