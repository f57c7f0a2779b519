// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Add} from "../../src/operators/Add.sol";
import {IOperator, Query, View} from "../../src/operators/IOperator.sol";
import {MatMul} from "../../src/operators/MatMul.sol";
import {Mul} from "../../src/operators/Mul.sol";
import {Kind, Range, Ranges} from "../../src/operators/Range.sol";
import {Relu} from "../../src/operators/Relu.sol";
import {Reshape} from "../../src/operators/Reshape.sol";
import {Softmax} from "../../src/operators/Softmax.sol";
import {OperatorTest} from "./OperatorTest.sol";

/// @title What honest hardware does, and none may be convicted for; and what none does
contract ElementsTest is OperatorTest {
    uint32 private constant NEGATIVE_ZERO = 0x80000000;
    uint32 private constant NAN = 0x7fc00000;
    uint32 private constant INFINITY = 0x7f800000;
    /// @dev 2^-127, subnormal, and 2^127.
    uint32 private constant SUBNORMAL = 0x00400000;
    uint32 private constant LARGE = 0x7f000000;

    function test_arithmetic_does_not_tell_the_zeros_apart() public {
        Range memory r = _ask(new Relu(), float(-3), 0);
        vm.assertTrue(!Ranges.excludes(r, 0) && !Ranges.excludes(r, NEGATIVE_ZERO), "Relu");
        r = _ask(new Mul(), float(-3), 0);
        vm.assertTrue(!Ranges.excludes(r, 0) && !Ranges.excludes(r, NEGATIVE_ZERO), "Mul");
    }

    function test_a_mover_moves_bits() public {
        Query memory q = _query(NEGATIVE_ZERO, 0);
        q.attributes = new int256[](4);
        (q.attributes[1], q.attributes[2]) = (1, 1);
        Range memory r = new Reshape().element(q);
        vm.assertTrue(Ranges.excludes(r, 0) && !Ranges.excludes(r, NEGATIVE_ZERO), "Reshape");
    }

    function test_what_is_not_finite_is_out_of_every_interval() public {
        Range memory r = _ask(new Relu(), float(3), 0);
        uint32[4] memory odd = [NAN, NAN | NEGATIVE_ZERO, INFINITY, INFINITY | NEGATIVE_ZERO];
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertTrue(Ranges.excludes(r, odd[i]), "posted");
            vm.assertTrue(_ask(new Relu(), odd[i], 0).kind == Kind.Open, "operand");
            vm.assertTrue(_ask(new Mul(), float(1), odd[i]).kind == Kind.Open, "second operand");
            vm.assertTrue(_ask(new Add(), odd[i], float(1)).kind == Kind.Open, "first operand");
            vm.assertTrue(_ask(new MatMul(), float(1), odd[i]).kind == Kind.Open, "term");
            vm.assertTrue(_softmax(float(1), odd[i]).kind == Kind.Open, "power");
        }
    }

    function test_a_subnormal_operand_may_be_taken_for_zero() public {
        // 2^-127 · 2^127 = 1
        uint32 one = 0x3f800000;
        IOperator[2] memory operators = [IOperator(new Mul()), new MatMul()];
        for (uint256 i = 0; i < 2; ++i) {
            Range memory r = _ask(operators[i], SUBNORMAL, LARGE);
            vm.assertTrue(!Ranges.excludes(r, one) && !Ranges.excludes(r, 0), "either operand order");
            r = _ask(operators[i], LARGE, SUBNORMAL);
            vm.assertTrue(!Ranges.excludes(r, one) && !Ranges.excludes(r, 0), "the other way around");
        }
    }

    function test_what_may_overflow_is_open() public {
        vm.assertTrue(_ask(new Mul(), LARGE, float(2)).kind == Kind.Open, "Mul");
        vm.assertTrue(_ask(new MatMul(), LARGE, float(1)).kind == Kind.Open, "MatMul");
    }

    /// @dev Why the bound is what it is: `protocol/operators/Softmax.ts`.
    function test_softmax_grows_coarse_with_its_arguments() public {
        // Two equal arguments: a half each, whatever they are.
        for (int256 x = 1; x <= 1024; x *= 2) {
            Range memory r = _softmax(float(x), float(x));
            int256 half = int256(1 << 119);
            // u·(32 + 8·(|x| + |m| + 2)) of the half, at least
            int256 least = (half >> 24) * (48 + 16 * x);
            vm.assertTrue(r.low <= half - least && half + least <= r.high, "narrower than its bound");
            vm.assertTrue(half - 2 * least < r.low && r.high < half + 2 * least, "twice as wide");
        }
    }

    /// @dev Softmax of [x, y] at x.
    function _softmax(uint32 x, uint32 y) private returns (Range memory) {
        Query memory q = _query(x, y);
        uint32[] memory both = new uint32[](2);
        (both[0], both[1]) = (x, y);
        q.inputs[0] = tensor(dims2(1, 2), both);
        q.dims = dims2(1, 2);
        q.attributes = new int256[](2);
        q.attributes[0] = 1;
        return new Softmax().element(q);
    }

    function _ask(IOperator operator, uint32 x, uint32 y) private view returns (Range memory) {
        return operator.element(_query(x, y));
    }

    /// @dev One element each.
    function _query(uint32 x, uint32 y) private view returns (Query memory q) {
        q.terms = worstCase;
        q.dims = dims2(1, 1);
        q.inputs = new View[](2);
        uint32[] memory bits = new uint32[](1);
        bits[0] = x;
        q.inputs[0] = tensor(dims2(1, 1), bits);
        bits[0] = y;
        q.inputs[1] = tensor(dims2(1, 1), bits);
    }
}
