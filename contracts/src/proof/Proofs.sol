// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Graph, Operator} from "./Graphs.sol";
import {Run, Tensor} from "./Tensors.sol";

/// @notice What a proof says. Its first byte; the rest is the ABI encoding of the structure named. Append only.
/// - Element: one element of an operator's output is none that its inputs can give (`OperatorProof`)
/// - Shape: an output's type, dimensions or stored order are not the operator's (`OperatorProof`)
/// - Input: an input's type or stored order is not the graph's (`PayloadProof`, `position` is the input)
/// - Length: the encoded input or output, or the list of its hash states, is not as long as its tensors make it
///   (`PayloadProof`, `position` 0 or 1)
/// - Link: one byte of the encoded input or output is not what the trace's tensors say (`PayloadProof`)
/// - Step: one step of hashing the encoded input or output is wrong (`HashProof`)
/// - End: the hash that it ends in is not the one on chain (`HashProof`)
enum Claim {
    Element,
    Shape,
    Input,
    Length,
    Link,
    Step,
    End
}

/// @notice A tensor of a trace or a constant of the model, with those of its chunks that matter.
/// @param path from the tensor's commitment to the trace's root; empty for a constant
struct Opening {
    Tensor tensor;
    bytes32[] path;
    Run[] runs;
}

/// @param index of the operator
/// @param path from the operator to `graph.operatorsRoot`
/// @param inputs in canonical order; for those left out anything
/// @param output which of the operator's outputs
/// @param made that output
/// @param element row-major index of the element in it
struct OperatorProof {
    Graph graph;
    Operator operator;
    uint256 index;
    bytes32[] path;
    Opening[] inputs;
    uint256 output;
    Opening made;
    uint256 element;
}

/// @param outputs whether it is about the posted output rather than the request's input
/// @param names of the tensors, in order
/// @param marks of each tensor: for inputs its type and stored axis (type · 256 + axis as a byte), for outputs its entry
/// @param tensors of the trace, in this order: at least their headers
/// @param encoded the tensors' encoding as the trace has it
/// @param position of a byte in it
struct PayloadProof {
    Graph graph;
    bool outputs;
    bytes[] names;
    uint256[] marks;
    Opening[] tensors;
    Opening encoded;
    uint256 position;
}

/// @param states of sha256 after every 256 bytes, as the trace has them
/// @param step which state is wrong; for `End` it is not looked at
struct HashProof {
    Graph graph;
    bool outputs;
    Opening encoded;
    Opening states;
    uint256 step;
}

/// @notice What shows that a demand can be met, and what meets one.
struct PartProof {
    Graph graph;
    Opening part;
}
