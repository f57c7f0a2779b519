// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Conv} from "../../src/operators/Conv.sol";
import {Query, View} from "../../src/operators/IOperator.sol";
import {OperatorTest} from "./OperatorTest.sol";

/// @title Conv by hand: padding, strides, dilations, groups, and the two stored orders
contract ConvTest is OperatorTest {
    Conv private conv = new Conv();

    function test_padding_adds_nothing_at_any_edge() public view {
        // 1 2 3 / 4 5 6 / 7 8 9 under a window of ones.
        Query memory q = _query(1, dims4(1, 1, 3, 3), dims4(1, 1, 3, 3), 1);
        int256[9] memory sums = [int256(12), 21, 16, 27, 45, 33, 24, 39, 28];
        _expect(q, 3, 3, _list(sums));
    }

    function test_a_window_begins_before_the_input_and_ends_behind_it() public view {
        // 1 2 3 under 1 10, one column of padding before it and none after it, then the other way around.
        Query memory q = _query(1, dims4(1, 1, 1, 3), dims4(1, 1, 1, 2), 0);
        q.inputs[1] = _pair(1, 10);
        q.attributes[7] = 1;
        int256[] memory sums = new int256[](3);
        (sums[0], sums[1], sums[2]) = (10, 21, 32);
        _expect(q, 1, 3, sums);
        (q.attributes[7], q.attributes[9]) = (0, 1);
        (sums[0], sums[1], sums[2]) = (21, 32, 3);
        _expect(q, 1, 3, sums);
    }

    function test_strides_and_dilations() public view {
        // 1 … 5 under 1 10, two apart, every second one.
        Query memory q = _query(1, dims4(1, 1, 1, 5), dims4(1, 1, 1, 2), 0);
        q.inputs[1] = _pair(1, 10);
        (q.attributes[3], q.attributes[5]) = (2, 2);
        int256[] memory sums = new int256[](2);
        (sums[0], sums[1]) = (31, 53);
        _expect(q, 1, 2, sums);
    }

    function test_each_group_sees_its_own_channels() public view {
        // Channels 1 2 | 3 4 of one pixel, two groups of weights of one, an output channel each.
        Query memory q = _query(2, dims4(1, 4, 1, 1), dims4(2, 2, 1, 1), 0);
        q.dims = dims4(1, 2, 1, 1);
        for (int8 axis = -1; axis <= 1; axis += 2) {
            q.inputs[0].axis = axis;
            q.index = 0;
            assertAround(conv.element(q), 3);
            q.index = 1;
            assertAround(conv.element(q), 7);
        }
    }

    /// @dev X counts from one, W is all ones.
    function _query(int256 group, uint32[] memory x, uint32[] memory w, int256 padding)
        private
        view
        returns (Query memory q)
    {
        q.terms = worstCase;
        // group, padding mode, strides, dilations, pads
        q.attributes = new int256[](10);
        q.attributes[0] = group;
        for (uint256 i = 2; i < 6; ++i) {
            q.attributes[i] = 1;
        }
        for (uint256 i = 6; i < 10; ++i) {
            q.attributes[i] = padding;
        }
        q.inputs = new View[](3);
        int256[] memory counted = new int256[](uint256(x[1]) * x[2] * x[3]);
        for (uint256 i = 0; i < counted.length; ++i) {
            counted[i] = int256(i + 1);
        }
        int256[] memory ones = new int256[](uint256(w[0]) * w[1] * w[2] * w[3]);
        for (uint256 i = 0; i < ones.length; ++i) {
            ones[i] = 1;
        }
        q.inputs[0] = tensorOf(x, counted);
        q.inputs[1] = tensorOf(w, ones);
    }

    function _pair(int256 a, int256 b) private pure returns (View memory) {
        int256[] memory weights = new int256[](2);
        (weights[0], weights[1]) = (a, b);
        return tensorOf(dims4(1, 1, 1, 2), weights);
    }

    /// @dev With the channels stored last a row lies together, else tap after tap: two ways to add.
    function _expect(Query memory q, uint32 height, uint32 width, int256[] memory sums) private view {
        for (int8 axis = -1; axis <= 1; axis += 2) {
            (q.inputs[0].axis, q.inputs[1].axis) = (axis, axis);
            q.dims = new uint32[](0);
            (, uint32[] memory shape) = conv.shape(q);
            q.dims = dims4(1, 1, height, width);
            vm.assertEq(keccak256(abi.encode(shape)), keccak256(abi.encode(q.dims)), "shape");
            for (q.index = 0; q.index < sums.length; ++q.index) {
                assertAround(conv.element(q), sums[q.index]);
            }
        }
    }

    function _list(int256[9] memory fixed_) private pure returns (int256[] memory all) {
        all = new int256[](9);
        for (uint256 i = 0; i < 9; ++i) {
            all[i] = fixed_[i];
        }
    }
}
