// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Views} from "../operators/Views.sol";

/// @title Whole-number types
library Wholes {
    /// @notice Whether a type holds whole numbers: the signed and unsigned ones of 8 to 64 bits, not bool.
    function isWhole(uint8 dtype) internal pure returns (bool) {
        return (dtype >= 2 && dtype <= 7) || dtype == 12 || dtype == 13;
    }

    /// @notice The bits of a whole number in a type, wrapped around as two's complement does it.
    function wrap(uint8 dtype, int256 value) internal pure returns (uint256) {
        return uint256(value) & ((1 << (8 * Views.widthOf(dtype))) - 1);
    }
}
