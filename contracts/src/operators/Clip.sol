// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {Wholes} from "../arithmetic/Wholes.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";
import {Unary} from "./Unary.sol";

/// @title Clip: the nearest number between two bounds. Exact.
/// @notice Attributes: whether there is a lower bound, its bits, whether there is an upper bound, its bits.
/// @dev Open where the lower bound is above the upper one: which of them wins was left open before operator set 13.
contract Clip is Unary {
    function _of(Query calldata q, int256 x) internal pure override returns (Range memory) {
        (bool above, int256 low) = Floats.toFixed(uint256(q.attributes[1]));
        (bool below, int256 high) = Floats.toFixed(uint256(q.attributes[3]));
        if (!above || !below) return Ranges.open();
        (bool ok, int256 result) = _clip(q, x, low, high);
        return ok ? Ranges.around(result, 0) : Ranges.open();
    }

    function _ofWhole(Query calldata q, uint8 dtype, int256 x) internal pure override returns (Range memory) {
        int256 low = Views.signed(dtype, uint256(q.attributes[1]));
        int256 high = Views.signed(dtype, uint256(q.attributes[3]));
        (bool ok, int256 result) = _clip(q, x, low, high);
        return ok ? Ranges.exactly(Wholes.wrap(dtype, result)) : Ranges.open();
    }

    function _clip(Query calldata q, int256 x, int256 low, int256 high) private pure returns (bool ok, int256 result) {
        bool hasLow = q.attributes[0] != 0;
        bool hasHigh = q.attributes[2] != 0;
        result = x;
        if (hasLow && result < low) result = low;
        if (hasHigh && result > high) result = high;
        ok = !hasLow || !hasHigh || low <= high;
    }
}
