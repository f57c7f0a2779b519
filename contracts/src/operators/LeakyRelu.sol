// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title LeakyRelu: x where it is not negative, alpha times x where it is
/// @notice Attributes: bits of alpha.
/// @dev 2u of the result, as Mul.
contract LeakyRelu is Unary {
    function _ofBits(Query calldata q, uint256 bits, int256) internal pure override returns (Range memory) {
        uint256 slope = bits >> 31 == 1 ? uint256(q.attributes[0]) : Floats.ONE;
        (bool ok, int256 result, uint256 slack) = Functions.product(bits, slope);
        return ok ? Ranges.around(result, Functions.rounding(result, 2) + slack) : Ranges.open();
    }
}
