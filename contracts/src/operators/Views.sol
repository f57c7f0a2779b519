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
        return load(_pointer(v, position * width, width, position), width);
    }

    /// @notice The number that up to eight bytes of calldata mean, the least significant one first.
    function load(uint256 pointer, uint256 width) internal pure returns (uint256 bits) {
        assembly ("memory-safe") {
            // The first eight bytes in reverse: halves, then pairs, then bytes change places. What follows is cut off.
            bits := shr(192, calldataload(pointer))
            bits := or(shr(32, bits), shl(32, and(bits, 0xffffffff)))
            bits := or(and(shr(16, bits), 0x0000ffff0000ffff), shl(16, and(bits, 0x0000ffff0000ffff)))
            bits := or(and(shr(8, bits), 0x00ff00ff00ff00ff), shl(8, and(bits, 0x00ff00ff00ff00ff)))
            bits := and(bits, sub(shl(shl(3, width), 1), 1))
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
        int8 axis = v.axis;
        return axis == -1 ? index : storedAt(axis, v.dims, index);
    }

    /// @notice Stored position of a row-major index in a tensor with this axis stored last.
    function storedAt(int8 axis_, uint32[] calldata dims, uint256 index) internal pure returns (uint256) {
        uint256 rank = dims.length;
        uint256 axis = storedLast(axis_, rank);
        if (axis + 1 >= rank) return index;
        // index = (before · size + own) · inner + rest
        unchecked {
            // At most 2^40, or there is a dimension of zero. Then it may be anything, and the tensor has no byte to be read.
            uint256 size = dims[axis];
            uint256 inner = 1;
            for (uint256 i = axis + 1; i < rank; ++i) {
                inner *= dims[i];
            }
            uint256 outer = index / inner;
            return (outer / size * inner + index % inner) * size + outer % size;
        }
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
        for (uint256 i = dims.length; i > 0; --i) {
            at_[i - 1] = index % dims[i - 1];
            index /= dims[i - 1];
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
    function broadcast(uint32[] calldata to, uint32[] calldata from, uint256 index, uint256 skip)
        internal
        pure
        returns (uint256 source)
    {
        unchecked {
            // All of them numbers of elements of verified views, at most 2^40, but for a target: that has 32 bits. Where `to`
            // has fewer axes, its index wraps and is out of bounds.
            uint256 step = 1;
            for (uint256 i = skip; i < from.length; ++i) {
                uint256 target = to[to.length - 1 - i];
                uint256 own = from[from.length - 1 - i];
                if (own != 1) source += index % target * step;
                step *= own;
                index /= target;
            }
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

    /// @dev The last run that starts at or before the bytes, found by halving: a proof may have hundreds. That offsets in
    /// calldata are what they should be needs no check: the checker wrote them (`Queries`).
    function _pointer(View calldata v, uint256 start, uint256 length, uint256 position)
        private
        pure
        returns (uint256 pointer)
    {
        bool shown;
        assembly ("memory-safe") {
            let starts := add(add(v, calldataload(add(v, 0x80))), 0x20)
            let list := add(add(v, calldataload(add(v, 0xa0))), 0x20)
            let high := calldataload(sub(list, 0x20))
            let low := 0
            for {} gt(high, add(low, 1)) {} {
                let middle := shr(1, add(low, high))
                switch gt(calldataload(add(starts, shl(5, middle))), start)
                case 0 { low := middle }
                default { high := middle }
            }
            if high {
                let begins := calldataload(add(starts, shl(5, low)))
                let run := add(list, calldataload(add(list, shl(5, low))))
                let size := calldataload(run)
                let within := sub(start, begins)
                if iszero(or(gt(begins, start), gt(length, size))) {
                    shown := iszero(gt(within, sub(size, length)))
                }
                pointer := add(add(run, 0x20), within)
            }
        }
        if (!shown) revert NotShown(position);
    }
}
