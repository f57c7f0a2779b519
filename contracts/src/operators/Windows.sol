// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {View} from "./IOperator.sol";
import {Views} from "./Views.sol";

/// @notice How windows lie on one spatial axis of an input.
/// @param size of the input along the axis
/// @param kernel taps of a window
/// @param stride from one window to the next
/// @param dilation from one tap to the next
/// @param head padding before the input
/// @param tail padding after it
/// @param windows how many there are: the output's size
struct Axis {
    uint256 size;
    uint256 kernel;
    uint256 stride;
    uint256 dilation;
    uint256 head;
    uint256 tail;
    uint256 windows;
}

/// @title Sliding windows of convolutions and pools
/// @notice The same in TypeScript: `protocol/operators/windows.ts`.
/// Padding modes: 0 as the attribute `pads` has it, 1 SAME_UPPER, 2 SAME_LOWER. What runtimes are known to disagree on
/// reverts, and so convicts nobody: a last window (`ceil_mode`) that starts beyond the input, SAME with a dilation or
/// with strides that leave a part of the input out.
library Windows {
    uint256 private constant LARGEST = 1 << 20;

    /// @notice The spatial axes of an input.
    /// @param attributes from `from` on: strides, dilations, pads (all heads, then all tails), a number an axis each
    /// @param kernel dimensions that end with the kernel's
    function axes(
        int256[] calldata attributes,
        uint256 from,
        uint32[] calldata dims,
        uint256[] memory kernel,
        int256 mode,
        bool ceil
    ) internal pure returns (Axis[] memory all) {
        if (dims.length < 3 || attributes.length != from + 4 * (dims.length - 2)) {
            revert Views.BadInput();
        }
        uint256 rank = dims.length - 2;
        if (kernel.length != rank) revert Views.BadInput();
        all = new Axis[](rank);
        uint256 taps = 1;
        for (uint256 i = 0; i < rank; ++i) {
            Axis memory x = all[i];
            x.size = dims[i + 2];
            x.kernel = kernel[i];
            x.stride = whole(attributes[from + i], 1);
            x.dilation = whole(attributes[from + rank + i], 1);
            x.head = whole(attributes[from + 2 * rank + i], 0);
            x.tail = whole(attributes[from + 3 * rank + i], 0);
            taps *= whole(int256(x.kernel), 1);
            if (taps > LARGEST || x.size == 0) revert Views.BadInput();
            if (mode == 0) _slide(x, ceil);
            else _same(x, mode == 1);
        }
    }

    /// @notice An attribute that is a size. Reverts where it is none of a sane model.
    function whole(int256 attribute, int256 least) internal pure returns (uint256) {
        if (attribute < least || attribute > int256(LARGEST)) revert Views.BadInput();
        return uint256(attribute);
    }

    /// @notice Some attributes as sizes of at least one.
    function slice(int256[] calldata attributes, uint256 from, uint256 count)
        internal
        pure
        returns (uint256[] memory sizes)
    {
        if (attributes.length < from + count) revert Views.BadInput();
        sizes = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            sizes[i] = whole(attributes[from + i], 1);
        }
    }

    /// @notice The output's dimensions, the second one being `channels`.
    function dimsOf(uint32[] calldata dims, uint256 channels, Axis[] memory all)
        internal
        pure
        returns (uint32[] memory out)
    {
        out = new uint32[](dims.length);
        out[0] = dims[0];
        out[1] = uint32(channels);
        for (uint256 i = 0; i < all.length; ++i) {
            out[i + 2] = uint32(all[i].windows);
        }
    }

    /// @notice Product of the kernel's sizes.
    function tapsOf(Axis[] memory all) internal pure returns (uint256 taps) {
        taps = 1;
        for (uint256 i = 0; i < all.length; ++i) {
            taps *= all[i].kernel;
        }
    }

    /// @notice Where a window's tap reads.
    /// @param point coordinates of the output element
    /// @param step see `steps`
    /// @param tap taps of a window are counted with the last axis running fastest
    /// @return inside false in the padding
    /// @return offset in stored elements, from the input's first element of the same batch and channel
    function locate(Axis[] memory all, uint256[] memory point, uint256[] memory step, uint256 tap)
        internal
        pure
        returns (bool inside, uint256 offset)
    {
        inside = true;
        for (uint256 i = all.length; i > 0;) {
            --i;
            Axis memory x = all[i];
            uint256 padded = point[i + 2] * x.stride + tap % x.kernel * x.dilation;
            tap /= x.kernel;
            if (padded < x.head || padded >= x.head + x.size) inside = false;
            else offset += (padded - x.head) * step[i + 2];
        }
    }

    /// @notice How many stored elements lie from one element to the next along each axis.
    function steps(View calldata v) internal pure returns (uint256[] memory step) {
        uint256 rank = v.dims.length;
        step = new uint256[](rank);
        if (rank == 0) return step;
        uint256 last = Views.storedLast(v.axis, rank);
        step[last] = 1;
        uint256 next = v.dims[last];
        for (uint256 i = rank; i > 0;) {
            --i;
            if (i == last) continue;
            step[i] = next;
            next *= v.dims[i];
        }
    }

    function _slide(Axis memory x, bool ceil) private pure {
        uint256 extent = (x.kernel - 1) * x.dilation + 1;
        uint256 padded = x.size + x.head + x.tail;
        if (padded < extent) revert Views.BadInput();
        x.windows = (padded - extent) / x.stride + 1;
        if (ceil && (padded - extent) % x.stride != 0) {
            if (x.windows * x.stride >= x.size + x.head) revert Views.BadInput();
            ++x.windows;
        }
    }

    function _same(Axis memory x, bool upper) private pure {
        x.windows = (x.size + x.stride - 1) / x.stride;
        uint256 covered = (x.windows - 1) * x.stride + x.kernel;
        if (x.dilation != 1 || covered < x.size) revert Views.BadInput();
        uint256 padding = covered - x.size;
        x.head = upper ? padding / 2 : (padding + 1) / 2;
        x.tail = padding - x.head;
    }
}
