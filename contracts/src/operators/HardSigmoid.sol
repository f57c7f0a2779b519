// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Fixed} from "../arithmetic/Fixed.sol";
import {Floats} from "../arithmetic/Floats.sol";
import {Functions} from "../arithmetic/Functions.sol";
import {Query} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Unary} from "./Unary.sol";

/// @title HardSigmoid: alpha·x + beta, between zero and one
/// @notice Attributes: bits of alpha, bits of beta.
/// @dev 4u·(|alpha·x| + |beta|) before it is clipped: a product and a sum, each rounded.
contract HardSigmoid is Unary {
    function _ofBits(Query calldata q, uint256 bits, int256) internal pure override returns (Range memory) {
        (bool ok, int256 scaled, uint256 slack) = Functions.product(bits, uint256(q.attributes[0]));
        (bool finite, int256 beta) = Floats.toFixed(uint256(q.attributes[1]));
        if (!ok || !finite) return Ranges.open();
        int256 center = scaled + beta;
        int256 reach = int256(Functions.rounding(scaled, 4) + Functions.rounding(beta, 4) + slack);
        return Ranges.between(_clip(center - reach) - Fixed.TINY, _clip(center + reach) + Fixed.TINY);
    }

    function _clip(int256 x) private pure returns (int256) {
        return x < 0 ? int256(0) : x > Fixed.ONE ? Fixed.ONE : x;
    }
}
