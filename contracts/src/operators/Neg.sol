// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Wholes} from "../arithmetic/Wholes.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title Neg: the number with the other sign. Exact.
contract Neg is Unary {
    function _of(Query calldata, int256 x) internal pure override returns (Range memory) {
        return Ranges.around(-x, 0);
    }

    function _ofWhole(Query calldata, uint8 dtype, int256 x) internal pure override returns (Range memory) {
        return Ranges.exactly(Wholes.wrap(dtype, -x));
    }
}
