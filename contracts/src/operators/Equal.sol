// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Binary} from "./Binary.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title Equal: whether two elements are the same number
/// @dev Open for two different numbers that hardware may both take for zero, because they are subnormal.
contract Equal is Binary {
    /// @inheritdoc Binary
    function shape(Query calldata q) external pure override returns (uint8, uint32[] memory) {
        return (9, Views.broadcastDims(q.inputs[0].dims, q.inputs[1].dims, 0));
    }

    function _of(uint256 x, uint256 y) internal pure override returns (Range memory) {
        bool same = x == y || (x | y) << 225 == 0;
        if (!same && _isTiny(x) && _isTiny(y)) return Ranges.open();
        return Ranges.exactly(same ? 1 : 0);
    }

    function _ofWholes(uint8, int256 x, int256 y) internal pure override returns (Range memory) {
        return Ranges.exactly(x == y ? 1 : 0);
    }

    /// @dev Of two booleans.
    function _ofMixed(uint8 left, uint256 x, uint8 right, uint256 y) internal pure override returns (Range memory) {
        return left == 9 && right == 9 ? Ranges.exactly(x == y ? 1 : 0) : Ranges.open();
    }

    function _isTiny(uint256 bits) private pure returns (bool) {
        return (bits >> 23) & 0xff == 0;
    }
}
