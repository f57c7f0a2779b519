// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Sqrt: square root of a number that is not negative
/// @dev 10u of the result: GPUs may divide one by an inverse root within 2 ulp, the division within 2.5 ulp (Vulkan's
/// precision of operations), which is 9u. A subnormal number may be taken for zero.
contract Sqrt is Unary {
    function _ofBits(Query calldata, uint256 bits, int256) internal pure override returns (Range memory) {
        if (bits << 225 == 0) return Ranges.around(0, 0);
        if (bits >> 31 == 1) return Ranges.open();
        // From zero to the root of the smallest normal number, 2^-63, and 2^-80 more.
        if (bits < 0x800000) return Ranges.between(-Fixed.TINY, (1 << 57) + (1 << 40));
        int256 result = Functions.sqrt(bits);
        return Ranges.around(result, Functions.rounding(result, 10));
    }
}
