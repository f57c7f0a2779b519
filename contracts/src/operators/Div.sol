// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Functions} from "../arithmetic/Functions.sol";
import {Wholes} from "../arithmetic/Wholes.sol";
import {Binary} from "./Binary.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Div: the quotient of two numbers; whole ones truncate toward zero
/// @dev 6u of the result: GPUs multiply by an approximate reciprocal, and Vulkan allows 2.5 ulp, which is 5u.
contract Div is Binary {
    function _of(uint256 x, uint256 y) internal pure override returns (Range memory) {
        (bool ok, int256 result, uint256 slack) = Functions.quotient(x, y);
        return ok ? Ranges.around(result, Functions.rounding(result, 6) + slack) : Ranges.open();
    }

    /// @dev The smallest number divided by -1 traps on some processors and wraps around on others.
    function _ofWholes(uint8 dtype, int256 x, int256 y) internal pure override returns (Range memory) {
        if (y == 0) return Ranges.open();
        if (y == -1 && Views.signed(dtype, Wholes.wrap(dtype, -x)) != -x) return Ranges.open();
        return Ranges.exactly(Wholes.wrap(dtype, x / y));
    }
}
