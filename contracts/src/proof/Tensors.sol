// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

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
    function hash(Tensor calldata t) internal view returns (bytes32 own) {
        uint8 dtype = t.dtype;
        int8 axis = t.axis;
        uint32[] calldata dims = t.dims;
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
    function count(uint32[] memory dims) internal pure returns (uint256 elements) {
        if (dims.length > MAX_RANK) revert BadTensor();
        elements = 1;
        for (uint256 i = 0; i < dims.length; ++i) {
            elements *= dims[i];
            if (elements > MAX_ELEMENTS) revert BadTensor();
        }
    }

    /// @notice Bytes of all elements.
    function size(Tensor calldata t) internal pure returns (uint256 bytes_) {
        bytes_ = width(t.dtype);
        uint32[] calldata dims = t.dims;
        if (bytes_ == 0 || dims.length > MAX_RANK) revert BadTensor();
        for (uint256 i = 0; i < dims.length; ++i) {
            bytes_ *= dims[i];
            if (bytes_ > 8 * MAX_ELEMENTS) revert BadTensor();
        }
    }

    /// @notice A byte of the stored ones, out of runs that have been checked.
    function byteAt(Run[] calldata runs, uint256 at) internal pure returns (uint8) {
        for (uint256 i = 0; i < runs.length; ++i) {
            uint256 start = uint256(runs[i].first) * CHUNK;
            if (at >= start && at - start < runs[i].data.length) return uint8(runs[i].data[at - start]);
        }
        revert WrongChunks();
    }

    /// @notice Checks that a run's chunks are the tensor's own.
    /// @return start where its bytes begin in the tensor
    function check(Tensor calldata t, Run calldata run) internal view returns (uint256 start) {
        uint256 total = size(t);
        start = uint256(run.first) * CHUNK;
        uint256 end = start + run.data.length;
        if (run.data.length == 0 || end > total || (end != total && run.data.length % CHUNK != 0)) {
            revert WrongChunks();
        }
        if (run.data.length <= CHUNK) {
            bytes32 only = Merkle.leaf(run.data);
            bytes32 root = Merkle.rootOf(only, run.first, (total + CHUNK - 1) / CHUNK, run.siblings);
            if (root != t.root) revert WrongChunks();
            return start;
        }
        uint256 chunks = (run.data.length + CHUNK - 1) / CHUNK;
        bytes32[] memory leaves = new bytes32[](chunks);
        for (uint256 i = 0; i < chunks; ++i) {
            uint256 to = (i + 1) * CHUNK;
            if (to > run.data.length) to = run.data.length;
            leaves[i] = Merkle.leaf(run.data[i * CHUNK:to]);
        }
        if (Merkle.root(leaves, run.first, (total + CHUNK - 1) / CHUNK, run.siblings) != t.root) revert WrongChunks();
    }
}
