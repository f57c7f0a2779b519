// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Sigmoid: 1/(1 + e^-x)
/// @dev 8u absolute and 8u of the result: rational approximations clip both ends (ONNX Runtime's: at most 3u seen), and
/// an e^x within 3 + 2·|x| ulp (Vulkan's precision of operations) moves the result by less than 2u.
contract Sigmoid is Unary {
    function _of(Query calldata, int256 x) internal pure override returns (Range memory) {
        int256 result = Functions.sigmoid(x);
        // 2^-45: what the logistic function's exponential may differ from TypeScript's.
        return Ranges.around(result, 8 * uint256(Fixed.U) + Functions.rounding(result, 8) + (1 << 75));
    }
}
