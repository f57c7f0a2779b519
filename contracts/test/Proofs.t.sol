// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Merkle} from "../src/proof/Merkle.sol";
import {Sha256} from "../src/proof/Sha256.sol";
import {Views} from "../src/operators/Views.sol";
import {Run, Tensor, Tensors} from "../src/proof/Tensors.sol";
import {Test} from "./Test.sol";
import {Trees} from "./Trees.sol";

/// @title Hash steps, Merkle trees and tensor commitments
contract ProofsTest is Test {
    function testFuzz_steps_end_in_the_digest(bytes memory data) public view {
        vm.assertEq(_stepwise(data), sha256(data), "digest");
    }

    function test_steps_end_in_the_digest_at_every_padding() public view {
        for (uint256 length = 0; length < 330; ++length) {
            bytes memory data = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                data[i] = bytes1(uint8(i * 7));
            }
            vm.assertEq(_stepwise(data), sha256(data), "digest");
        }
    }

    function testFuzz_a_range_of_leaves_has_the_root(uint256 seed, uint256 size, uint256 first, uint256 count)
        public
        view
    {
        size = 1 + size % 40;
        first = first % size;
        count = 1 + count % (size - first);
        bytes32[] memory all = _leaves(seed, size);
        bytes32[] memory some = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = all[first + i];
        }
        bytes32[] memory siblings = Trees.siblings(all, first, count);
        vm.assertEq(this.root(some, first, size, siblings), Trees.root(all), "root");

        some[seed % count] ^= bytes32(uint256(1));
        vm.assertTrue(this.root(some, first, size, siblings) != Trees.root(all), "a changed leaf has another root");
    }

    function testFuzz_no_leaf_lies_beyond_the_tree(uint256 seed, uint256 size, uint256 beyond, uint256 index) public {
        size = 1 + size % 40;
        index = index % size;
        bytes32[] memory all = _leaves(seed, size);
        bytes32[] memory some = new bytes32[](1);
        some[0] = all[index];
        bytes32[] memory siblings = Trees.siblings(all, index, 1);
        vm.assertEq(this.rootOf(some[0], index, size, siblings), Trees.root(all), "root");
        // Where the same siblings would do, too: an index that differs from the leaf's in bits that no level looks at.
        uint256 depth = 0;
        while (size > 1 << depth) ++depth;
        uint256 farther = index + ((1 + beyond % 40) << depth);
        vm.expectRevert(abi.encodeWithSelector(Merkle.BadProof.selector));
        this.rootOf(some[0], farther, size, siblings);
        vm.expectRevert(abi.encodeWithSelector(Merkle.BadProof.selector));
        this.root(some, farther, size, siblings);
    }

    function testFuzz_a_leaf_has_the_root_at_its_own_index_alone(
        uint256 seed,
        uint256 size,
        uint256 index,
        uint256 other
    ) public view {
        size = 2 + size % 39;
        index = index % size;
        other = (index + 1 + other % (size - 1)) % size;
        bytes32[] memory all = _leaves(seed, size);
        try this.rootOf(all[index], other, size, Trees.siblings(all, index, 1)) returns (bytes32 own) {
            vm.assertNotEq(own, Trees.root(all), "a leaf is shown where another one is");
        } catch {}
    }

    function testFuzz_a_leaf_is_never_a_node(bytes32 left, bytes32 right, bytes calldata data) public view {
        vm.assertEq(Merkle.leaf(data), Trees.leaf(data), "leaf");
        vm.assertEq(Merkle.node(left, right), Trees.node(left, right), "node");
        vm.assertNotEq(this.leaf(abi.encodePacked(left, right)), Merkle.node(left, right), "leaf and node");
    }

    function testFuzz_siblings_must_be_as_many_as_needed(uint256 seed, uint256 size, uint256 first, bool more) public {
        size = 2 + size % 40;
        first = first % size;
        bytes32[] memory all = _leaves(seed, size);
        bytes32[] memory some = new bytes32[](1);
        some[0] = all[first];
        bytes32[] memory siblings = Trees.siblings(all, first, 1);
        bytes32[] memory wrong = new bytes32[](more ? siblings.length + 1 : siblings.length - 1);
        for (uint256 i = 0; i < wrong.length && i < siblings.length; ++i) {
            wrong[i] = siblings[i];
        }
        vm.expectRevert(abi.encodeWithSelector(Merkle.BadProof.selector));
        this.root(some, first, size, wrong);
    }

    function test_chunks_of_another_length_are_none() public {
        bytes memory data = new bytes(300);
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = this.leaf(_slice(data, 0, 256));
        leaves[1] = this.leaf(_slice(data, 256, 300));
        uint32[] memory dims = new uint32[](1);
        dims[0] = 75;
        Tensor memory t = Tensor({dtype: 1, axis: -1, dims: dims, root: Merkle.node(leaves[0], leaves[1])});
        bytes32[] memory one = new bytes32[](1);
        one[0] = leaves[1];
        this.check(t, Run({first: 0, data: _slice(data, 0, 256), siblings: one}));
        this.check(t, Run({first: 0, data: data, siblings: new bytes32[](0)}));
        one[0] = leaves[0];
        this.check(t, Run({first: 1, data: _slice(data, 256, 300), siblings: one}));
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongChunks.selector));
        this.check(t, Run({first: 0, data: _slice(data, 0, 255), siblings: one}));
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongChunks.selector));
        this.check(t, Run({first: 1, data: _slice(data, 256, 299), siblings: one}));
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongChunks.selector));
        this.check(t, Run({first: 2, data: _slice(data, 0, 256), siblings: one}));
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongChunks.selector));
        this.check(t, Run({first: 0, data: "", siblings: one}));
    }

    function test_no_tensor_is_so_large_that_its_size_overflows() public {
        uint32[] memory dims = new uint32[](4);
        for (uint256 i = 0; i < 4; ++i) {
            dims[i] = type(uint32).max;
        }
        vm.expectRevert(abi.encodeWithSelector(Tensors.BadTensor.selector));
        this.check(
            Tensor({dtype: 1, axis: -1, dims: dims, root: 0}),
            Run({first: 0, data: new bytes(256), siblings: new bytes32[](0)})
        );
    }

    function testFuzz_every_run_is_checked(uint256 seed) public {
        bytes memory data = new bytes(512);
        uint32[] memory dims = new uint32[](1);
        dims[0] = 128;
        bytes32[] memory hashes = this.leaves(data, 256);
        Tensor memory t = Tensor({dtype: 1, axis: -1, dims: dims, root: Merkle.node(hashes[0], hashes[1])});
        Run[] memory runs = new Run[](2);
        for (uint32 i = 0; i < 2; ++i) {
            bytes32[] memory other = new bytes32[](1);
            other[0] = hashes[1 - i];
            runs[i] = Run({first: i, data: _slice(data, 0, 256), siblings: other});
        }
        this.check(t, runs);
        runs[seed & 1].data[(seed >> 8) % 256] = 0x01;
        vm.expectRevert(abi.encodeWithSelector(Tensors.WrongChunks.selector));
        this.check(t, runs);
    }

    function testFuzz_leaves_are_hashed_as_each_alone(uint256 length, uint256 size) public view {
        size = bound(size, 1, 300);
        length = bound(length, 0, 5 * size);
        bytes memory data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            data[i] = bytes1(uint8(i * 7));
        }
        bytes32[] memory hashes = this.leaves(data, size);
        vm.assertEq(hashes.length, (length + size - 1) / size);
        for (uint256 i = 0; i < hashes.length; ++i) {
            uint256 end = (i + 1) * size < length ? (i + 1) * size : length;
            vm.assertEq(hashes[i], this.leaf(_slice(data, i * size, end)));
        }
    }

    /// Also where a zero comes after what is too much already, and where no width is known.
    function testFuzz_numbers_of_elements_are_products_with_a_bound(uint32[] memory dims, uint8 dtype, uint256 seed)
        public
    {
        for (uint256 i = 0; i < dims.length; ++i) {
            // Mostly small, so that some products are within the bound.
            dims[i] = uint32(dims[i] >> ((seed >> (5 * (i % 50))) % 32));
        }
        uint256 width = Tensors.width(dtype);
        (uint256 elements, bool bad) = (1, dims.length > 16);
        bool badSize = bad || width == 0;
        for (uint256 i = 0; i < dims.length && !(bad && badSize); ++i) {
            elements *= dims[i];
            bad = bad || elements > 1 << 40;
            badSize = badSize || elements * width > 1 << 43;
        }
        if (bad) vm.expectRevert(abi.encodeWithSelector(Tensors.BadTensor.selector));
        uint256 counted = this.count(dims);
        if (!bad) vm.assertEq(counted, elements, "elements");
        if (badSize) vm.expectRevert(abi.encodeWithSelector(Tensors.BadTensor.selector));
        uint256 measured = this.size(Tensor({dtype: dtype, axis: -1, dims: dims, root: 0}));
        if (!badSize) vm.assertEq(measured, elements * width, "bytes");
    }

    function test_what_is_no_dimension_is_refused() public {
        bytes memory call = abi.encodeWithSelector(this.count.selector, new uint32[](1));
        // The only dimension: its word's last but fifth byte.
        call[call.length - 5] = 0x01;
        (bool done, bytes memory reason) = address(this).staticcall(call);
        vm.assertTrue(!done && bytes4(reason) == Tensors.BadTensor.selector, "2^32");
    }

    function testFuzz_elements_are_read_with_their_least_significant_byte_first(uint64 bits, uint256 at, uint256 log)
        public
    {
        uint256 width = 1 << bound(log, 0, 3);
        at = bound(at, 0, 256 / width - 1) * width;
        Run[] memory runs = new Run[](2);
        for (uint32 i = 0; i < 2; ++i) {
            runs[i] = Run({first: 3 + 2 * i, data: new bytes(256), siblings: new bytes32[](0)});
        }
        for (uint256 i = 0; i < width; ++i) {
            runs[1].data[at + i] = bytes1(uint8(bits >> (8 * i)));
        }
        uint256 expected = width == 8 ? bits : bits & ((1 << (8 * width)) - 1);
        vm.assertEq(this.load(runs, 5 * 256 + at, width), expected);
        vm.assertEq(this.load(runs, 3 * 256 + at, width), 0, "another run");
        uint256[4] memory absent = [2 * 256 + at, 4 * 256 + at, 6 * 256 + at, type(uint256).max - at];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Tensors.WrongChunks.selector));
            this.load(runs, absent[i], width);
        }
    }

    // -------------------------------------------------------------------------------------- calldata for libraries

    function root(bytes32[] memory leaves, uint256 first, uint256 size, bytes32[] calldata siblings)
        external
        view
        returns (bytes32)
    {
        return Merkle.root(leaves, first, size, siblings);
    }

    function rootOf(bytes32 only, uint256 index, uint256 size, bytes32[] calldata siblings)
        external
        view
        returns (bytes32)
    {
        return Merkle.rootOf(only, index, size, siblings);
    }

    function leaf(bytes calldata data) external view returns (bytes32) {
        return Merkle.leaf(data);
    }

    function leaves(bytes calldata data, uint256 size) external view returns (bytes32[] memory) {
        return Merkle.leavesOf(data, size);
    }

    function check(Tensor calldata t, Run calldata run) external view {
        Run[] memory runs = new Run[](1);
        runs[0] = run;
        this.check(t, runs);
    }

    function check(Tensor calldata t, Run[] calldata runs) external view {
        Tensors.check(t, t.dims, runs);
    }

    function count(uint32[] calldata dims) external pure returns (uint256) {
        return Tensors.count(dims);
    }

    function size(Tensor calldata t) external pure returns (uint256) {
        return Tensors.size(t);
    }

    function load(Run[] calldata runs, uint256 at, uint256 width) external pure returns (uint256) {
        return Views.load(Tensors.pointerTo(runs, at, width), width);
    }

    // ------------------------------------------------------------------------------------- the same, more naively

    function _stepwise(bytes memory data) private pure returns (bytes32 state) {
        uint256 blocks = (data.length + 9 + 63) / 64;
        bytes memory padded =
            abi.encodePacked(data, bytes1(0x80), new bytes(blocks * 64 - data.length - 9), uint64(data.length * 8));
        state = Sha256.INITIAL;
        for (uint256 at = 0; at < padded.length; at += 256) {
            uint256 end = at + 256 < padded.length ? at + 256 : padded.length;
            state = Sha256.compress(state, _slice(padded, at, end));
        }
    }

    function _leaves(uint256 seed, uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
    }

    function _slice(bytes memory data, uint256 from, uint256 to) private pure returns (bytes memory part) {
        part = new bytes(to - from);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = data[from + i];
        }
    }
}
