// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Log: natural logarithm of a positive number
/// @dev u·(8 + 8·|ln x|) absolute: GPUs are within 2^-21 between 1/2 and 2, and within 3 ulp elsewhere (Vulkan's precision
/// of operations). Open for zero, subnormal and negative numbers.
contract Log is Unary {
    function _ofBits(Query calldata, uint256 bits, int256) internal pure override returns (Range memory) {
        if (bits >> 31 == 1 || bits < 0x800000) return Ranges.open();
        int256 result = Functions.ln(bits);
        // 2^-45: what the logarithm may differ from TypeScript's.
        return Ranges.around(result, 8 * uint256(Fixed.U) + Functions.rounding(result, 8) + (1 << 75));
    }
}
