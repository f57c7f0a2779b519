// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Range, Ranges} from "./Range.sol";
import {Query} from "./IOperator.sol";
import {Unary} from "./Unary.sol";

/// @title Relu: the larger of x and zero. Exact.
contract Relu is Unary {
    function _of(Query calldata, int256 x) internal pure override returns (Range memory) {
        return Ranges.around(x > 0 ? x : int256(0), 0);
    }
}
