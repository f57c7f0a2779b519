// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Bounds} from "../src/arithmetic/Bounds.sol";
import {Dot} from "../src/arithmetic/Dots.sol";
import {IGainsay} from "../src/IGainsay.sol";
import {Terms} from "../src/operators/IOperator.sol";
import {Kind, Range, Ranges} from "../src/operators/Range.sol";
import {Test} from "./Test.sol";

/// @title Bounds against their formulas, in whole numbers
contract BoundsTest is Test {
    uint256 private constant ONE = 1 << 120;

    function testFuzz_the_worst_case_is_gamma(uint256 n) public view {
        n = bound(n, 1, Bounds.MAX_TERMS);
        uint256 gamma = this.gamma(_terms(0), n);
        // γ·(2^24 − n) = n, and at most one unit more.
        vm.assertGt(gamma * ((1 << 24) - n), (n << 120) - 1, "below its formula");
        vm.assertLe((gamma - 1) * ((1 << 24) - n), n << 120, "above its formula");
    }

    function testFuzz_the_probable_bound_is_lambda_roots(uint256 n, uint256 lambda) public view {
        n = bound(n, 1, Bounds.MAX_TERMS);
        lambda = bound(lambda, 8, 64);
        uint256 worst = this.gamma(_terms(0), n);
        uint256 gamma = this.gamma(_terms(lambda), n);
        vm.assertLe(gamma, worst, "beyond the worst case");
        if (gamma == worst) return vm.assertLe(n, 2 * lambda * lambda, "the worst case of many terms");
        // (λ·√n·u)² = λ²·n·u²
        uint256 square = lambda * lambda * n << 192;
        vm.assertGt(gamma * gamma, square, "below lambda roots");
        vm.assertLe(gamma * gamma, square + square / 8, "far above lambda roots");
    }

    function test_a_few_terms_have_the_worst_case_even_when_it_is_unlikely() public view {
        for (uint256 n = 1; n <= 64; ++n) {
            vm.assertEq(this.gamma(_terms(8), n), this.gamma(_terms(0), n), "gamma");
        }
    }

    function testFuzz_a_sum_has_its_bound_and_its_slack(uint256 size, uint256 part, uint256 slack, uint256 n)
        public
        view
    {
        n = bound(n, 1, Bounds.MAX_TERMS);
        size = bound(size, 0, 1 << 240);
        int256 sum = int256(bound(part, 0, 2 * size)) - int256(size);
        slack = bound(slack, 0, size);
        Range memory r = this.around(_terms(0), Dot({sum: sum, size: size, slack: slack, open: false}), n);
        if (r.kind == Kind.Open) return vm.assertGt(size, (1 << 247) / 8, "open");
        // In units of 2^-120·(1 - n·u), without rounding: size·n + slack.
        int256 left = int256(size / ((1 << 24) - n) * n + slack);
        vm.assertTrue(r.low <= sum - left && sum + left <= r.high, "narrower than its bound");
    }

    function test_a_sum_that_may_overflow_is_open_and_so_is_one_of_too_many_terms() public view {
        Dot memory dot = Dot({sum: 0, size: 1 << 247, slack: 0, open: false});
        vm.assertTrue(this.around(_terms(0), dot, 2).kind == Kind.Open, "2^127");
        dot.size = ONE;
        vm.assertTrue(this.around(_terms(0), dot, Bounds.MAX_TERMS).kind == Kind.Interval, "all terms");
        vm.assertTrue(this.around(_terms(0), dot, Bounds.MAX_TERMS + 1).kind == Kind.Open, "too many terms");
        dot.open = true;
        vm.assertTrue(this.around(_terms(0), dot, 2).kind == Kind.Open, "not finite");
    }

    function testFuzz_both_ends_belong_to_an_interval(int256 center, uint256 radius) public pure {
        center = int256(bound(uint256(center), 0, 1 << 200)) - (1 << 199);
        radius = bound(radius, 0, 1 << 200);
        Range memory r = Ranges.around(center, radius);
        // 2^-100 for what hardware flushes to zero.
        vm.assertTrue(r.low == center - int256(radius) - (1 << 20), "low");
        vm.assertTrue(r.high == center + int256(radius) + (1 << 20), "high");
    }

    function test_an_end_itself_is_no_lie() public pure {
        Range memory r = Ranges.between(int256(ONE), int256(2 * ONE));
        vm.assertTrue(!Ranges.excludes(r, 0x3f800000) && !Ranges.excludes(r, 0x40000000), "an end");
        vm.assertTrue(Ranges.excludes(r, 0x3f7fffff) && Ranges.excludes(r, 0x40000001), "one step beyond");
    }

    // -------------------------------------------------------------------------------------- calldata for libraries

    function gamma(Terms calldata terms, uint256 n) external pure returns (uint256) {
        return Bounds.gamma(terms, n);
    }

    function around(Terms calldata terms, Dot calldata dot, uint256 n) external pure returns (Range memory) {
        return Bounds.around(terms, dot, n);
    }

    function _terms(uint256 lambda) private pure returns (Terms memory) {
        IGainsay.Rule rule = lambda == 0 ? IGainsay.Rule.WorstCase : IGainsay.Rule.Probabilistic;
        return Terms({rule: rule, lambda: uint16(lambda)});
    }
}
