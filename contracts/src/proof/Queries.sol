// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Terms} from "../operators/IOperator.sol";
import {Run, Tensor, Tensors} from "./Tensors.sol";

/// @title What an operator is asked, written as calldata straight out of a proof
/// @notice The ABI encoding of a call with one `Query`: `begin`, then whatever is to be told, then `finish`. By way of a
/// `Query` in memory, copying and encoding would cost more than everything that a proof is checked by.
/// @dev Copies the very slices of calldata that were hashed, so no operator sees other bytes than those that were checked.
/// Each function writes at the free memory pointer and moves it on; what is allocated in between is a gap that nobody reads.
library Queries {
    /// @notice Begins a call about `count` inputs, all of them left out; terms, dimensions and index are zero.
    function begin(bytes4 selector, uint256 count) internal pure returns (bytes memory asked) {
        assembly ("memory-safe") {
            asked := mload(0x40)
            mstore(add(asked, 0x20), selector)
            // Where the only argument is: right here. Its seven words: rule, lambda, attributes, inputs, output, dims, index.
            mstore(add(asked, 0x24), 0x20)
            let query := add(asked, 0x44)
            let list := add(query, 0x100)
            let nothing := add(list, shl(5, count))
            // Beyond the end of calldata there are zeros.
            calldatacopy(query, calldatasize(), add(sub(nothing, query), 0xe0))
            mstore(add(query, 0x40), sub(nothing, query))
            mstore(add(query, 0x60), 0xe0)
            mstore(add(query, 0xa0), sub(nothing, query))
            mstore(sub(list, 0x20), count)
            // An input that is left out: six words, with lists that begin, and end, behind them.
            mstore(add(nothing, 0x60), 0xc0)
            mstore(add(nothing, 0x80), 0xc0)
            mstore(add(nothing, 0xa0), 0xc0)
            for { let at := list } lt(at, nothing) { at := add(at, 0x20) } { mstore(at, sub(nothing, list)) }
            mstore(0x40, add(nothing, 0xe0))
        }
    }

    /// @notice Tells the operator's attributes, and which of its outputs it is about.
    function about(bytes memory asked, int256[] calldata attributes, uint256 output) internal pure {
        assembly ("memory-safe") {
            let query := add(asked, 0x44)
            let at := mload(0x40)
            mstore(add(query, 0x40), sub(at, query))
            mstore(add(query, 0x80), output)
            mstore(at, attributes.length)
            let end := add(add(at, 0x20), shl(5, attributes.length))
            calldatacopy(add(at, 0x20), attributes.offset, shl(5, attributes.length))
            mstore(0x40, end)
        }
    }

    /// @notice Tells by which terms, in an output of which dimensions, which element.
    function element(bytes memory asked, Terms calldata terms, uint32[] calldata dims, uint256 index) internal pure {
        uint256 rule = uint256(terms.rule);
        uint256 lambda = terms.lambda;
        assembly ("memory-safe") {
            let query := add(asked, 0x44)
            let at := mload(0x40)
            mstore(query, rule)
            mstore(add(query, 0x20), lambda)
            mstore(add(query, 0xa0), sub(at, query))
            mstore(add(query, 0xc0), index)
            mstore(at, dims.length)
            let end := add(add(at, 0x20), shl(5, dims.length))
            calldatacopy(add(at, 0x20), dims.offset, shl(5, dims.length))
            mstore(0x40, end)
        }
    }

    /// @notice Tells what of an input is shown.
    /// @param dims the tensor's own
    /// @param runs which `Tensors.check` has accepted
    function input(bytes memory asked, uint256 place, Tensor calldata t, uint32[] calldata dims, Run[] calldata runs)
        internal
        pure
    {
        // Operators multiply dimensions without fear. With a run, they have been looked at.
        if (runs.length == 0) Tensors.count(dims);
        (uint256 head, uint256 dtype, int256 axis) = (0, t.dtype, t.axis);
        assembly ("memory-safe") {
            let list := add(asked, 0x144)
            head := mload(0x40)
            mstore(add(list, shl(5, place)), sub(head, list))
            mstore(head, 1)
            mstore(add(head, 0x20), dtype)
            mstore(add(head, 0x40), axis)
            mstore(add(head, 0x60), 0xc0)
            mstore(add(head, 0xc0), dims.length)
            let end := add(add(head, 0xe0), shl(5, dims.length))
            calldatacopy(add(head, 0xe0), dims.offset, shl(5, dims.length))
            mstore(0x40, end)
        }
        _runs(head, runs);
    }

    /// @notice The call's length is known now.
    function finish(bytes memory asked) internal pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(asked, sub(free, add(asked, 0x20)))
            mstore(0x40, and(add(free, 31), not(31)))
        }
    }

    /// @dev Where each run begins, then its bytes. Offsets in calldata are those that the checks have followed.
    function _runs(uint256 head, Run[] calldata runs) private pure {
        uint256 chunk = Tensors.CHUNK;
        assembly ("memory-safe") {
            let starts := mload(0x40)
            mstore(add(head, 0x80), sub(starts, head))
            mstore(starts, runs.length)
            starts := add(starts, 0x20)
            let list := add(starts, shl(5, runs.length))
            mstore(add(head, 0xa0), sub(list, head))
            mstore(list, runs.length)
            list := add(list, 0x20)
            let slots := shl(5, runs.length)
            let free := add(list, slots)
            for { let slot := 0 } lt(slot, slots) { slot := add(slot, 0x20) } {
                let run := add(runs.offset, calldataload(add(runs.offset, slot)))
                mstore(add(starts, slot), mul(calldataload(run), chunk))
                mstore(add(list, slot), sub(free, list))
                let data := add(run, calldataload(add(run, 0x20)))
                let length := calldataload(data)
                let padded := and(add(length, 31), not(31))
                // The last word first: what the bytes leave of it is zero.
                mstore(add(free, padded), 0)
                mstore(free, length)
                free := add(free, 0x20)
                calldatacopy(free, add(data, 0x20), length)
                free := add(free, padded)
            }
            mstore(0x40, free)
        }
    }
}
