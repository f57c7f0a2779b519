// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Merkle} from "./Merkle.sol";

/// @notice What a model's registration commits to: its operators, inputs and outputs.
/// @param operators how many there are
/// @param operatorsRoot Merkle root over them, in topological order
/// @param inputs how many of the trace's entries are the request's inputs; they come first
/// @param entries how many tensors an honest trace has: inputs, then every operator's outputs
/// @param inputsHash names, types and stored order of the inputs
/// @param outputsHash names of the outputs, and which entries they are
struct Graph {
    uint256 operators;
    bytes32 operatorsRoot;
    uint256 inputs;
    uint256 entries;
    bytes32 inputsHash;
    bytes32 outputsHash;
}

/// @notice One operator of a model.
/// @param name ONNX name in ASCII, padded with zeros
/// @param attributes in the operator's canonical order
/// @param operands two words each: 0 left out, 1 constant, 2 trace entry; then the constant's commitment or the entry
/// @param firstOutput entry of its first output; the others follow
/// @param axes of each output, which axis is stored last
struct Operator {
    bytes32 name;
    int256[] attributes;
    bytes32[] operands;
    uint256 firstOutput;
    int8[] axes;
}

/// @title Graph commitments
/// @notice Anyone recomputes them from the ONNX file. The same in TypeScript: `protocol/proof/graph.ts`.
library Graphs {
    /// @notice Thrown when a graph does not have the registered root.
    error WrongGraph();
    /// @notice Thrown when an operator is not the graph's own.
    error WrongOperator();

    /// @notice Reverts unless it is the graph with this root.
    function check(Graph calldata g, bytes32 root) internal view {
        bytes32 own;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 4)
            calldatacopy(add(buffer, 1), g, 192)
            if iszero(staticcall(gas(), 2, buffer, 193, 0, 32)) { revert(0, 0) }
            own := mload(0)
        }
        if (own != root) revert WrongGraph();
    }

    /// @notice Reverts unless it is the graph's operator at this index.
    function check(Operator calldata o, Graph calldata g, uint256 index, bytes32[] calldata path) internal view {
        if (Merkle.rootOf(_hash(o), index, g.operators, path) != g.operatorsRoot) revert WrongOperator();
    }

    /// @dev sha256(0x03 ‖ name ‖ number of attributes ‖ attributes ‖ number of operands ‖ operands ‖ firstOutput ‖ number of
    /// axes ‖ axes), a word each, as the ABI has them. What is no int8 makes another hash than any graph commits to.
    function _hash(Operator calldata o) private view returns (bytes32 own) {
        (bytes32 name, uint256 first) = (o.name, o.firstOutput);
        int256[] calldata attributes = o.attributes;
        bytes32[] calldata operands = o.operands;
        int8[] calldata axes = o.axes;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 3)
            let at := add(buffer, 1)
            mstore(at, name)
            mstore(add(at, 0x20), attributes.length)
            calldatacopy(add(at, 0x40), attributes.offset, shl(5, attributes.length))
            at := add(add(at, 0x40), shl(5, attributes.length))
            mstore(at, shr(1, operands.length))
            calldatacopy(add(at, 0x20), operands.offset, shl(5, operands.length))
            at := add(add(at, 0x20), shl(5, operands.length))
            mstore(at, first)
            mstore(add(at, 0x20), axes.length)
            calldatacopy(add(at, 0x40), axes.offset, shl(5, axes.length))
            at := add(add(at, 0x40), shl(5, axes.length))
            if iszero(staticcall(gas(), 2, buffer, sub(at, buffer), 0, 32)) { revert(0, 0) }
            own := mload(0)
        }
    }
}
