// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../../src/IGainsay.sol";
import {Query, Terms, View} from "../../src/operators/IOperator.sol";
import {Kind, Range} from "../../src/operators/Range.sol";
import {Test} from "../Test.sol";

/// @title Asks operators about small tensors whose results anybody can compute by hand
abstract contract OperatorTest is Test {
    Terms internal worstCase = Terms({rule: IGainsay.Rule.WorstCase, lambda: 0});

    /// @dev A float32 tensor, all of it shown, in row-major order.
    function tensor(uint32[] memory dims, uint32[] memory bits) internal pure returns (View memory v) {
        (v.given, v.dtype, v.axis, v.dims) = (true, 1, -1, dims);
        bytes memory data;
        for (uint256 i = 0; i < bits.length; ++i) {
            data =
                abi.encodePacked(data, uint8(bits[i]), uint8(bits[i] >> 8), uint8(bits[i] >> 16), uint8(bits[i] >> 24));
        }
        (v.starts, v.runs) = (new uint256[](1), new bytes[](1));
        v.runs[0] = data;
    }

    /// @dev The same of whole numbers.
    function tensorOf(uint32[] memory dims, int256[] memory numbers) internal pure returns (View memory) {
        uint32[] memory bits = new uint32[](numbers.length);
        for (uint256 i = 0; i < bits.length; ++i) {
            bits[i] = float(numbers[i]);
        }
        return tensor(dims, bits);
    }

    /// @dev Bits of a small whole number.
    function float(int256 number) internal pure returns (uint32) {
        if (number == 0) return 0;
        uint256 size = uint256(number < 0 ? -number : number);
        uint256 top = 0;
        while (size >> top > 1) ++top;
        return uint32((number < 0 ? 1 << 31 : 0) | ((127 + top) << 23) | ((size << (23 - top)) & 0x7fffff));
    }

    function dims2(uint32 a, uint32 b) internal pure returns (uint32[] memory dims) {
        dims = new uint32[](2);
        (dims[0], dims[1]) = (a, b);
    }

    function dims4(uint32 a, uint32 b, uint32 c, uint32 d) internal pure returns (uint32[] memory dims) {
        dims = new uint32[](4);
        (dims[0], dims[1], dims[2], dims[3]) = (a, b, c, d);
    }

    /// @dev That a range holds a whole number and nothing a thousandth away from it.
    function assertAround(Range memory r, int256 number) internal pure {
        vm.assertTrue(r.kind == Kind.Interval, "not an interval");
        int256 near = int256(1 << 120) / 1000;
        vm.assertTrue(r.low <= number << 120 && number << 120 <= r.high, "the number itself is excluded");
        vm.assertTrue((number << 120) - near < r.low && r.high < (number << 120) + near, "others are not");
    }
}
