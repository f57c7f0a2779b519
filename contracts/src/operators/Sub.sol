// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Functions} from "../arithmetic/Functions.sol";
import {Wholes} from "../arithmetic/Wholes.sol";
import {Binary} from "./Binary.sol";
import {Range, Ranges} from "./Range.sol";

/// @title Sub: the difference of two numbers
/// @dev Correctly rounded everywhere: u of the result. Twice that, for hardware that truncates.
contract Sub is Binary {
    function _of(uint256 x, uint256 y) internal pure override returns (Range memory) {
        int256 result = _fixed(x) - _fixed(y);
        return Ranges.around(result, Functions.rounding(result, 2));
    }

    function _ofWholes(uint8 dtype, int256 x, int256 y) internal pure override returns (Range memory) {
        return Ranges.exactly(Wholes.wrap(dtype, x - y));
    }
}
