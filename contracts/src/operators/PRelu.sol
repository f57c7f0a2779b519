// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Binary} from "./Binary.sol";
import {Range, Ranges} from "./Range.sol";

/// @title PRelu: x where it is not negative, x times the slope where it is
/// @dev 2u of the result, as Mul.
contract PRelu is Binary {
    function _of(uint256 x, uint256 slope) internal pure override returns (Range memory) {
        bool negative = x >> 31 == 1;
        (bool ok, int256 result, uint256 slack) = Functions.product(x, negative ? slope : Floats.ONE);
        return ok ? Ranges.around(result, Functions.rounding(result, 2) + slack) : Ranges.open();
    }
}
