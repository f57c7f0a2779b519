// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Cast between float32, whole numbers and truth values
/// @notice Attributes: code of the type to cast to. Of what ONNX leaves undefined (a float32 that the whole type cannot
/// hold) and of types that are not read here (float64, float16) nothing is said. A whole number becomes float32 with one
/// rounding, or with two by way of float64: together less than 2u|x|.
contract Cast is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory) {
        return (_target(q), q.inputs[0].dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        uint8 to = _target(q);
        uint8 from = q.inputs[0].dtype;
        uint256 bits = q.inputs[0].get(q.index);
        if (from == 10 || from == 11) return Ranges.open();
        if (from == 1) return _fromFloat(bits, to);
        // No honest truth value is anything but 0 and 1, so runtimes may read the others as they like.
        if (from == 9 && bits > 1) return Ranges.open();
        int256 x = Views.signed(from, bits);
        if (to == 1) return Ranges.around(x * Fixed.ONE, (Fixed.abs(x) << 120) >> 23);
        if (to == 9) return Ranges.exactly(x == 0 ? 0 : 1);
        return Ranges.exactly(_wrapped(x, to));
    }

    function _fromFloat(uint256 bits, uint8 to) private pure returns (Range memory) {
        (bool finite, int256 x) = Floats.toFixed(bits);
        if (!finite) return Ranges.open();
        if (to == 1) return Ranges.around(x, 0);
        if (to == 9) {
            // Hardware that takes subnormal numbers for zero calls them false.
            if (bits & 0x7f800000 == 0 && bits & 0x7fffff != 0) return Ranges.open();
            return Ranges.exactly(bits & 0x7fffffff == 0 ? 0 : 1);
        }
        int256 whole = x / Fixed.ONE;
        uint256 wrapped = _wrapped(whole, to);
        return Views.signed(to, wrapped) == whole ? Ranges.exactly(wrapped) : Ranges.open();
    }

    /// @dev As many of the lowest bits as the type has.
    function _wrapped(int256 x, uint8 to) private pure returns (uint256) {
        uint256 unused = 256 - 8 * Views.widthOf(to);
        return uint256(x) << unused >> unused;
    }

    function _target(Query calldata q) private pure returns (uint8) {
        int256 to = q.attributes[0];
        if (to < 1 || to > 13 || to == 8 || to == 10 || to == 11) revert Views.BadInput();
        return uint8(uint256(to));
    }
}
