// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../IGainsay.sol";
import {Range} from "./Range.sol";

/// @notice A tensor with those of its bytes that a proof shows. Verified before an operator sees it.
/// @param given whether the operator has this input at all: ONNX lets some be left out
/// @param dtype ONNX `TensorProto.DataType` code
/// @param axis which axis is stored last, see `Tensor`
/// @param dims dimensions; at most 16, at most 2^40 elements together
/// @param starts where each run begins in the stored bytes, ascending
/// @param runs the bytes shown
struct View {
    bool given;
    uint8 dtype;
    int8 axis;
    uint32[] dims;
    uint256[] starts;
    bytes[] runs;
}

/// @notice How wide a model's registration lets honest machines differ.
/// @param lambda of the probabilistic bound; zero with the worst-case one
struct Terms {
    IGainsay.Rule rule;
    uint16 lambda;
}

/// @notice What an operator is asked.
/// @param attributes in the operator's canonical order, see its file
/// @param inputs in the order of ONNX; those left out have `given` false
/// @param output which of the operator's outputs
/// @param dims the output's dimensions, which `shape` confirms or somebody else can convict; empty when it is asked
/// @param index of the element, in row-major order whatever the stored order is
struct Query {
    Terms terms;
    int256[] attributes;
    View[] inputs;
    uint256 output;
    uint32[] dims;
    uint256 index;
}

/// @title An ONNX operator that the chain can check
/// @notice One contract an operator, without state. Its counterpart is the file of the same name in
/// `protocol/operators/`.
/// @dev Reading an element that the proof does not show reverts, and so does any input that the operator's rules do not
/// allow: what reverts convicts nobody.
interface IOperator {
    /// @notice Type and dimensions that the output must have, given the inputs.
    function shape(Query calldata q) external pure returns (uint8 dtype, uint32[] memory dims);

    /// @notice What honest hardware can give for one element of the output, computed from the operator's own inputs.
    function element(Query calldata q) external pure returns (Range memory);
}
