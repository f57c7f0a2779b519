// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Tanh: hyperbolic tangent
/// @dev 8u absolute and 8u of the result: rational approximations clip both ends, and (e^x - e^-x)/(e^x + e^-x) with an e^x
/// within 3 + 2·|x| ulp (Vulkan's precision of operations) is within 7u and 7u of the result. An approximation in
/// hardware of 11 bits (CUDA's `tanh.approx`) is not single precision, no more than TF32 is.
contract Tanh is Unary {
    function _of(Query calldata, int256 x) internal pure override returns (Range memory) {
        int256 result = Functions.tanh(x);
        // 2^-45: what the exponential may differ from TypeScript's.
        return Ranges.around(result, 8 * uint256(Fixed.U) + Functions.rounding(result, 8) + (1 << 75));
    }
}
