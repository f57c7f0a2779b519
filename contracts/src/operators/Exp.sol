// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../arithmetic/Bounds.sol";
import {Fixed} from "../arithmetic/Fixed.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Exp: e to the power of x
/// @dev Relative error u·(8 + 4·|x|): GPUs compute 2 to the power x·log2(e), within 3 + 2·|x| ulp (Vulkan's precision of
/// operations). Open above 88, where the result may overflow.
contract Exp is Unary {
    function _of(Query calldata, int256 x) internal pure override returns (Range memory) {
        if (x > 88 * Fixed.ONE) return Ranges.open();
        if (x < -88 * Fixed.ONE) return Ranges.around(0, 0);
        int256 result = Fixed.exp(x);
        uint256 factor = 8 * uint256(Fixed.U) + (Fixed.abs(x) >> 22);
        return Ranges.around(result, Bounds.times(factor, uint256(result)) + (uint256(result) >> 45));
    }
}
