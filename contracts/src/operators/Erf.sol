// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Erf: the error function
/// @dev 16u absolute: approximations of it are absolute (Abramowitz and Stegun 7.1.26, in use on GPUs, is within 3u before
/// any rounding).
contract Erf is Unary {
    function _of(Query calldata, int256 x) internal pure override returns (Range memory) {
        return Ranges.around(Functions.erf(x), 16 * uint256(Fixed.U));
    }
}
