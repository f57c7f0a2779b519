// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {View} from "./IOperator.sol";

/// @title Reading the shown bytes of tensors
/// @notice Positions count elements in stored order; indices count them in row-major order, as ONNX does.
library Views {
    /// @notice Thrown when an operator needs an element that the proof does not show.
    error NotShown(uint256 position);
    /// @notice Thrown when an operator's input is none that its rules allow: no honest run could have had it.
    error BadInput();

    /// @notice Bits of the element at a position: little-endian, as many as its type has, not sign-extended.
    function read(View calldata v, uint256 position) internal pure returns (uint256 bits) {
        uint256 width = widthOf(v.dtype);
        uint256 pointer = _pointer(v, position * width, width, position);
        assembly ("memory-safe") {
            let word := calldataload(pointer)
            for { let i := 0 } lt(i, width) { i := add(i, 1) } { bits := or(bits, shl(shl(3, i), byte(i, word))) }
        }
    }

    /// @notice Bits of the element at a row-major index.
    function get(View calldata v, uint256 index) internal pure returns (uint256) {
        return read(v, positionOf(v, index));
    }

    /// @notice The element at a row-major index as a signed whole number, of an int32, int64 or narrower tensor.
    function whole(View calldata v, uint256 index) internal pure returns (int256) {
        return signed(v.dtype, get(v, index));
    }

    /// @notice The bits of an element of a whole-number type as the number they mean.
    function signed(uint8 dtype, uint256 bits) internal pure returns (int256) {
        // int8, int16, int32, int64
        if (dtype == 3 || dtype == 5 || dtype == 6 || dtype == 7) {
            uint256 unused = 256 - 8 * widthOf(dtype);
            return int256(bits << unused) >> unused;
        }
        return int256(bits);
    }

    /// @notice Where in calldata `elements` elements from a position on lie; they must be in one run.
    function span(View calldata v, uint256 position, uint256 elements) internal pure returns (uint256 pointer) {
        uint256 width = widthOf(v.dtype);
        return _pointer(v, position * width, elements * width, position);
    }

    /// @notice Stored position of a row-major index.
    function positionOf(View calldata v, uint256 index) internal pure returns (uint256) {
        uint256 rank = v.dims.length;
        uint256 axis = storedLast(v.axis, rank);
        if (axis + 1 >= rank) return index;
        // index = (before · size + own) · after + rest
        uint256 size = v.dims[axis];
        uint256 inner = 1;
        for (uint256 i = axis + 1; i < rank; ++i) {
            inner *= v.dims[i];
        }
        uint256 rest = index % inner;
        uint256 own = (index / inner) % size;
        uint256 before = index / inner / size;
        return (before * inner + rest) * size + own;
    }

    /// @notice The axis that is stored last: the last one where the header names none that the tensor has.
    function storedLast(int8 axis, uint256 rank) internal pure returns (uint256) {
        int256 from = axis < 0 ? int256(rank) + axis : int256(axis);
        return from < 0 || from >= int256(rank) ? (rank == 0 ? 0 : rank - 1) : uint256(from);
    }

    /// @notice Whether elements along this axis lie together.
    function readsLast(View calldata v, uint256 axis) internal pure returns (bool) {
        return storedLast(v.axis, v.dims.length) == axis;
    }

    /// @notice Number of elements. Verified views have at most 2^40.
    function count(uint32[] memory dims) internal pure returns (uint256 elements) {
        elements = 1;
        for (uint256 i = 0; i < dims.length; ++i) {
            elements *= dims[i];
        }
    }

    /// @notice Row-major index as one coordinate an axis.
    function unravel(uint32[] memory dims, uint256 index) internal pure returns (uint256[] memory at_) {
        at_ = new uint256[](dims.length);
        for (uint256 i = dims.length; i > 0;) {
            --i;
            at_[i] = index % dims[i];
            index /= dims[i];
        }
    }

    /// @notice Row-major index of these coordinates.
    function ravel(uint32[] memory dims, uint256[] memory at_) internal pure returns (uint256 index) {
        for (uint256 i = 0; i < dims.length; ++i) {
            index = index * dims[i] + at_[i];
        }
    }

    /// @notice Dimensions of two tensors broadcast to each other as numpy does it, the last `skip` axes left at zero.
    function broadcastDims(uint32[] memory a, uint32[] memory b, uint256 skip)
        internal
        pure
        returns (uint32[] memory dims)
    {
        uint256 rank = a.length > b.length ? a.length : b.length;
        dims = new uint32[](rank);
        for (uint256 i = skip; i < rank; ++i) {
            uint32 x = i < a.length ? a[a.length - 1 - i] : 1;
            uint32 y = i < b.length ? b[b.length - 1 - i] : 1;
            if (x != y && x != 1 && y != 1) revert BadInput();
            dims[rank - 1 - i] = x == 1 ? y : x;
        }
    }

    /// @notice Row-major index in a tensor of dimensions `from` of what is broadcast to `index` in one of dimensions `to`,
    /// as numpy does it, the last `skip` axes of both left aside.
    function broadcast(uint32[] memory to, uint32[] memory from, uint256 index, uint256 skip)
        internal
        pure
        returns (uint256 source)
    {
        uint256 step = 1;
        for (uint256 i = skip; i < from.length; ++i) {
            uint256 target = to[to.length - 1 - i];
            uint256 own = from[from.length - 1 - i];
            if (own != 1) source += index % target * step;
            step *= own;
            index /= target;
        }
    }

    /// @notice An axis as ONNX writes it (negative from the end) as a number from zero. Reverts if there is none such.
    function axisOf(int256 axis, uint256 rank) internal pure returns (uint256) {
        if (axis < 0) axis += int256(rank);
        if (axis < 0 || axis >= int256(rank)) revert BadInput();
        return uint256(axis);
    }

    /// @notice Bytes of an element of a type, see `Tensors.width`.
    function widthOf(uint8 dtype) internal pure returns (uint256 width) {
        width = dtype > 13 ? 0 : (0x84821084221140 >> (4 * uint256(dtype))) & 15;
        if (width == 0) revert BadInput();
    }

    /// @dev The last run that starts at or before the bytes, found by halving: a proof may have hundreds.
    function _pointer(View calldata v, uint256 start, uint256 length, uint256 position)
        private
        pure
        returns (uint256 pointer)
    {
        uint256[] calldata starts = v.starts;
        uint256 low = 0;
        uint256 high = starts.length;
        while (low + 1 < high) {
            uint256 middle = (low + high) >> 1;
            if (starts[middle] <= start) low = middle;
            else high = middle;
        }
        if (high == 0 || starts[low] > start) revert NotShown(position);
        bytes calldata run = v.runs[low];
        uint256 within = start - starts[low];
        if (within + length > run.length) revert NotShown(position);
        assembly ("memory-safe") {
            pointer := add(run.offset, within)
        }
    }
}
