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

    function check(Graph calldata g, bytes32 root) internal pure {
        bytes32 own = sha256(
            abi.encodePacked(
                bytes1(0x04), g.operators, g.operatorsRoot, g.inputs, g.entries, g.inputsHash, g.outputsHash
            )
        );
        if (own != root) revert WrongGraph();
    }

    function check(Operator calldata o, Graph calldata g, uint256 index, bytes32[] calldata path) internal view {
        bytes memory head = abi.encodePacked(bytes1(0x03), o.name, o.attributes.length, o.attributes);
        bytes memory middle = abi.encodePacked(o.operands.length / 2, o.operands, o.firstOutput);
        bytes32 own = sha256(abi.encodePacked(head, middle, o.axes.length, o.axes));
        if (Merkle.rootOf(own, index, g.operators, path) != g.operatorsRoot) revert WrongOperator();
    }
}
