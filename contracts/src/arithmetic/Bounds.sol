// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {IGainsay} from "../IGainsay.sol";
import {Terms} from "../operators/IOperator.sol";
import {Range, Ranges} from "../operators/Range.sol";
import {Dot} from "./Dots.sol";
import {Fixed} from "./Fixed.sol";

/// @title How far honest hardware can be from the exact sum
library Bounds {
    /// @notice More terms than this are left open: γ is no bound any more.
    uint256 internal constant MAX_TERMS = 1 << 20;

    /// @notice The factor to Σ|xᵢ| within which every sum of `n` rounded terms lies.
    /// @dev Worst case: γₙ = n·u/(1−n·u), for any order of summation, with or without FMA (Higham, Accuracy and
    /// Stability of Numerical Algorithms, 2nd ed., §3.1 and §4.2). Probabilistic: exp(λ·√n·u + n·u²/(1−u)) − 1, which
    /// rounding errors that are independent with mean zero exceed with probability at most 2n·exp(−λ²(1−u)²/2)
    /// (Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41(5), 2019,
    /// Theorem 2.4). The smaller of the two: below n = λ² that is the worst case.
    /// @return in fixed point with 120 fractional bits, rounded up
    function gamma(Terms calldata terms, uint256 n) internal pure returns (uint256) {
        uint256 worst = worstCase(n);
        if (terms.rule != IGainsay.Rule.Probabilistic) return worst;
        // λ·√n·u: the root has 32 fractional bits, u takes 24 away.
        uint256 root = FixedPointMathLib.sqrt(n << 64) + 1;
        uint256 x = (uint256(terms.lambda) * root << 64) + (n << 73);
        // exp(x) − 1 ≤ x + x² for 0 ≤ x ≤ 1, and x is far below one for all n allowed.
        uint256 likely = x + FixedPointMathLib.fullMulDiv(x, x, 1 << 120) + 1;
        return likely < worst ? likely : worst;
    }

    /// @notice γₙ = n·u/(1−n·u), in fixed point, rounded up.
    function worstCase(uint256 n) internal pure returns (uint256) {
        return (n << 120) / ((1 << 24) - n) + 1;
    }

    /// @notice What honest hardware can make of a dot product of `n` terms.
    function around(Terms calldata terms, Dot memory dot, uint256 n) internal pure returns (Range memory) {
        // Partial sums stay below size·(1 + γ): from 2^127 on one may overflow, whatever the sum itself is.
        if (dot.open || n > MAX_TERMS || dot.size >= uint256(Fixed.HUGE)) return Ranges.open();
        // One unit a term: what lies below 2^-120 in each product.
        return Ranges.around(dot.sum, times(gamma(terms, n), dot.size) + dot.slack + n);
    }

    /// @notice What honest hardware can make of the mean of `n` numbers, or of their sum divided by `count`: one rounding
    /// less for the sum, four more for the division, which may be approximate or a product with a rounded 1/count.
    function mean(Dot memory dot, uint256 n, uint256 count) internal pure returns (Range memory) {
        if (dot.open || n > MAX_TERMS || dot.size >= uint256(Fixed.HUGE)) return Ranges.open();
        uint256 radius = times(worstCase(n + 3), dot.size) + dot.slack + n;
        return Ranges.around(dot.sum / int256(count), radius / count + 1);
    }

    /// @notice `factor` times `size`, both in fixed point, rounded up.
    function times(uint256 factor, uint256 size) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDivUp(factor, size, uint256(Fixed.ONE));
    }
}
