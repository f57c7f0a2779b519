// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Views} from "../operators/Views.sol";
import {Merkle} from "./Merkle.sol";

/// @notice What a commitment says of a tensor.
/// @param dtype ONNX `TensorProto.DataType` code
/// @param axis which axis is stored last: elements that are read together shall lie together. Negative counts from the
/// end, so -1 is plain row-major order; so is an axis that the tensor does not have
/// @param dims dimensions, in the order of ONNX; empty for a scalar
/// @param root Merkle root over the chunks of its little-endian bytes, in stored order; zero without any element
struct Tensor {
    uint8 dtype;
    int8 axis;
    uint32[] dims;
    bytes32 root;
}

/// @notice Consecutive chunks of a tensor with the proof that they are its own.
/// @param first index of the first chunk
/// @param data the chunks' bytes
/// @param siblings what is missing to compute the root, from the bottom up, left before right
struct Run {
    uint32 first;
    bytes data;
    bytes32[] siblings;
}

/// @title Tensor commitments
/// @notice sha256(0x02 ‖ dtype ‖ axis ‖ dims ‖ root), the Merkle tree with sha256 over chunks of 256 bytes.
/// The same in TypeScript: `protocol/proof/tensor-commitment.ts`.
library Tensors {
    /// @notice Bytes of a chunk; the last one of a tensor may be shorter.
    uint256 internal constant CHUNK = 256;
    /// @notice Largest rank and largest number of elements: what is larger is no honest tensor.
    uint256 internal constant MAX_RANK = 16;
    uint256 internal constant MAX_ELEMENTS = 1 << 40;

    /// @notice Thrown when a tensor's header is none that an honest node commits to.
    error BadTensor();
    /// @notice Thrown when chunks do not have the tensor's root.
    error WrongChunks();

    /// @notice The commitment to a tensor.
    /// @param dims the tensor's own: whoever opens one needs them more than once
    function hash(Tensor calldata t, uint32[] calldata dims) internal view returns (bytes32 own) {
        uint8 dtype = t.dtype;
        int8 axis = t.axis;
        bytes32 root = t.root;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            let length := shl(5, dims.length)
            mstore8(buffer, 2)
            mstore8(add(buffer, 1), dtype)
            mstore8(add(buffer, 2), axis)
            // A word each, as the ABI has them; what is beyond 32 bits no other part of a proof accepts.
            calldatacopy(add(buffer, 3), dims.offset, length)
            mstore(add(add(buffer, 3), length), root)
            if iszero(staticcall(gas(), 2, buffer, add(length, 35), 0, 32)) { revert(0, 0) }
            own := mload(0)
        }
    }

    /// @notice Bytes of an element; zero for a type that has no fixed size.
    function width(uint8 dtype) internal pure returns (uint256) {
        // A nibble a code: float32 1, uint8 2, int8 3, uint16 4, int16 5, int32 6, int64 7, bool 9, float16 10,
        // float64 11, uint32 12, uint64 13.
        return dtype > 13 ? 0 : (0x84821084221140 >> (4 * uint256(dtype))) & 15;
    }

    /// @notice Number of elements. @dev Reverts on what no honest tensor has, so nobody below needs to fear overflow.
    function count(uint32[] calldata dims) internal pure returns (uint256) {
        return _product(1, MAX_ELEMENTS, dims);
    }

    /// @notice Bytes of all elements.
    function size(Tensor calldata t) internal pure returns (uint256) {
        uint256 bytes_ = width(t.dtype);
        if (bytes_ == 0) revert BadTensor();
        return _product(bytes_, 8 * MAX_ELEMENTS, t.dims);
    }

    /// @notice Where in calldata `length` stored bytes lie, out of runs that have been checked.
    /// @dev They must be in one run. What does not cross the border of a chunk is in one or in none.
    function pointerTo(Run[] calldata runs, uint256 position, uint256 length) internal pure returns (uint256 pointer) {
        for (uint256 i = 0; i < runs.length; ++i) {
            uint256 start = uint256(runs[i].first) * CHUNK;
            if (position < start) continue;
            bytes calldata data = runs[i].data;
            if (length > data.length || position - start > data.length - length) continue;
            assembly ("memory-safe") {
                pointer := add(data.offset, sub(position, start))
            }
            return pointer;
        }
        revert WrongChunks();
    }

    /// @notice A byte of the stored ones, out of runs that have been checked.
    function byteAt(Run[] calldata runs, uint256 at) internal pure returns (uint8) {
        return uint8(Views.load(pointerTo(runs, at, 1), 1));
    }

    /// @notice Checks that the chunks of all these runs are the tensor's own, if there are any.
    /// @param dims the tensor's own; where a run is checked they make a number of elements that is allowed
    function check(Tensor calldata t, uint32[] calldata dims, Run[] calldata runs) internal view {
        if (runs.length == 0) return;
        uint256 bytes_ = width(t.dtype);
        if (bytes_ == 0) revert BadTensor();
        uint256 total = _product(bytes_, bytes_ * MAX_ELEMENTS, dims);
        bytes32 root = t.root;
        for (uint256 i = 0; i < runs.length; ++i) {
            if (_rootOf(runs[i], total) != root) revert WrongChunks();
        }
    }

    /// @dev Root of the tree over the chunks of `total` bytes that has these chunks.
    function _rootOf(Run calldata run, uint256 total) private view returns (bytes32) {
        bytes calldata data = run.data;
        bytes32[] calldata siblings = run.siblings;
        uint256 first = run.first;
        unchecked {
            // All of these are far below 2^64: `first` has 32 bits, calldata are paid for, a size is at most 2^43.
            uint256 end = first * CHUNK + data.length;
            if (data.length == 0 || end > total || (end != total && data.length % CHUNK != 0)) revert WrongChunks();
            uint256 chunks = (total + CHUNK - 1) / CHUNK;
            if (data.length <= CHUNK) return Merkle.rootOf(Merkle.leaf(data), first, chunks, siblings);
            return Merkle.root(Merkle.leavesOf(data, CHUNK), first, chunks, siblings);
        }
    }

    /// @dev `factor` times all dimensions. Reverts where that, or that of the first few, is above `most`: at most 2^43 by
    /// 2^32 are ever multiplied. Also reverts on what is no dimension, having more than 32 bits.
    function _product(uint256 factor, uint256 most, uint32[] calldata dims) private pure returns (uint256 product) {
        product = factor;
        bool bad = dims.length > MAX_RANK;
        assembly ("memory-safe") {
            let end := add(dims.offset, shl(5, dims.length))
            for { let at := dims.offset } lt(at, end) { at := add(at, 32) } {
                let dim := calldataload(at)
                product := mul(product, dim)
                if or(shr(32, dim), gt(product, most)) {
                    bad := 1
                    break
                }
            }
        }
        if (bad) revert BadTensor();
    }
}
