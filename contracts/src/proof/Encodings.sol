// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Views} from "../operators/Views.sol";
import {Opening, PayloadProof} from "./Proofs.sol";
import {Tensor, Tensors} from "./Tensors.sol";

/// @title How named tensors are written as bytes
/// @notice "GST1", u16 count, then for each tensor u16 name length, name, u8 dtype, u8 rank, rank × u32 dimension,
/// elements in row-major order; whole numbers little-endian. The same in TypeScript: `protocol/tensor.ts`.
library Encodings {
    /// @notice Bytes of the whole encoding.
    function length(PayloadProof calldata p) internal pure returns (uint256 total) {
        total = 6;
        for (uint256 i = 0; i < p.tensors.length; ++i) {
            Tensor calldata t = p.tensors[i].tensor;
            total += 4 + p.names[i].length + 4 * t.dims.length + Tensors.size(t);
        }
    }

    /// @notice The byte that belongs at `p.position`.
    /// @dev Reverts beyond the end, and where the byte is an element's whose chunk the proof does not show.
    function byteAt(PayloadProof calldata p) internal pure returns (uint8) {
        uint256 at = p.position;
        bytes memory head = abi.encodePacked("GST1", _little(p.tensors.length, 2));
        if (at < head.length) return uint8(head[at]);
        at -= head.length;
        for (uint256 i = 0; i < p.tensors.length; ++i) {
            Tensor calldata t = p.tensors[i].tensor;
            head = abi.encodePacked(_little(p.names[i].length, 2), p.names[i], t.dtype, uint8(t.dims.length));
            for (uint256 d = 0; d < t.dims.length; ++d) {
                head = abi.encodePacked(head, _little(t.dims[d], 4));
            }
            if (at < head.length) return uint8(head[at]);
            at -= head.length;
            uint256 size = Tensors.size(t);
            if (at < size) return _elementByte(p.tensors[i], at);
            at -= size;
        }
        revert Tensors.BadTensor();
    }

    /// @dev Byte `at` of the elements in row-major order.
    function _elementByte(Opening calldata o, uint256 at) private pure returns (uint8) {
        uint256 width = Tensors.width(o.tensor.dtype);
        uint256 stored = Views.storedAt(o.tensor.axis, o.tensor.dims, at / width) * width + at % width;
        return Tensors.byteAt(o.runs, stored);
    }

    function _little(uint256 value, uint256 bytes_) private pure returns (bytes memory out) {
        out = new bytes(bytes_);
        for (uint256 i = 0; i < bytes_; ++i) {
            out[i] = bytes1(uint8(value >> (8 * i)));
        }
    }
}
