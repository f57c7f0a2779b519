// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IGainsay} from "../IGainsay.sol";
import {IOperator} from "../operators/IOperator.sol";
import {Range, Ranges} from "../operators/Range.sol";
import {Views} from "../operators/Views.sol";
import {Encodings} from "./Encodings.sol";
import {Graph, Graphs, Operator} from "./Graphs.sol";
import {Demand, IChecker, Subject} from "./IChecker.sol";
import {Merkle} from "./Merkle.sol";
import {Claim, HashProof, Opening, OperatorProof, PartProof, PayloadProof} from "./Proofs.sol";
import {Queries} from "./Queries.sol";
import {Sha256} from "./Sha256.sol";
import {Run, Tensor, Tensors} from "./Tensors.sol";

/// @title Checks proofs against a trace and a graph
/// @notice A trace's root is a Merkle root over its tensors' commitments: the graph's entries, then four more: the
/// request's input as encoded, the states of its sha256, the posted output as encoded, the states of its sha256. The
/// last two steps tie the trace to the hashes on chain without anybody hashing a whole file there.
contract Checker is IChecker {
    using Graphs for Graph;
    using Graphs for Operator;
    using Tensors for Tensor;

    /// @notice Entries beyond those of the graph.
    uint256 internal constant EXTRA = 4;
    uint8 private constant UINT8 = 2;

    mapping(bytes32 name => IOperator) private _operators;

    /// @notice Thrown when a proof is none of the kinds there are.
    error UnknownClaim(uint8 claim);
    /// @notice Thrown when a model uses an operator that no contract checks.
    error UnknownOperator(bytes32 name);
    /// @notice Thrown when the rule of the model's registration is none that elements are checked by.
    error NoRule();
    /// @notice Thrown when an opened tensor is not the one that the proof needs.
    error WrongTensor();

    /// @param names of the operators in ASCII, padded with zeros
    /// @param contracts that check them, in the same order
    constructor(bytes32[] memory names, IOperator[] memory contracts) {
        for (uint256 i = 0; i < names.length; ++i) {
            _operators[names[i]] = contracts[i];
        }
    }

    /// @notice Who checks an operator; zero if nobody does.
    function operatorOf(bytes32 name) external view returns (IOperator) {
        return _operators[name];
    }

    /// @inheritdoc IChecker
    function isGuilty(Subject calldata s, bytes calldata proof) external view returns (bool) {
        uint8 claim = uint8(proof[0]);
        uint256 body = _pointer(proof[1:]);
        if (claim <= uint8(Claim.Shape)) {
            OperatorProof calldata o;
            assembly ("memory-safe") {
                o := body
            }
            return _operator(s, o, claim == uint8(Claim.Shape));
        }
        if (claim <= uint8(Claim.Link)) {
            PayloadProof calldata p;
            assembly ("memory-safe") {
                p := body
            }
            return _payload(s, p, Claim(claim));
        }
        if (claim > uint8(Claim.End)) revert UnknownClaim(claim);
        HashProof calldata h;
        assembly ("memory-safe") {
            h := body
        }
        return _hash(s, h, claim == uint8(Claim.End));
    }

    /// @inheritdoc IChecker
    function isDemandable(Subject calldata s, Demand calldata d, bytes calldata proof) external view returns (bool) {
        PartProof calldata p = _part(s, proof);
        if (d.entry >= p.graph.entries + EXTRA) return false;
        if (d.count == 0) return d.first == 0;
        _checkEntry(s, p.graph, p.part, d.entry);
        uint256 chunks = (p.part.tensor.size() + Tensors.CHUNK - 1) / Tensors.CHUNK;
        return uint256(d.first) + d.count <= chunks;
    }

    /// @inheritdoc IChecker
    function isSupplied(Subject calldata s, Demand calldata d, bytes calldata supply) external view returns (bool) {
        PartProof calldata p = _part(s, supply);
        _checkEntry(s, p.graph, p.part, d.entry);
        if (d.count == 0) return true;
        if (p.part.runs.length != 1) return false;
        Run calldata run = p.part.runs[0];
        return run.first == d.first && (run.data.length + Tensors.CHUNK - 1) / Tensors.CHUNK == d.count;
    }

    // ------------------------------------------------------------------------------------------------ the claims

    function _operator(Subject calldata s, OperatorProof calldata p, bool shape) private view returns (bool) {
        Operator calldata o = p.operator;
        p.graph.check(s.graphRoot);
        o.check(p.graph, p.index, p.path);
        if (p.output >= o.axes.length) revert WrongTensor();
        IOperator operator = _operators[o.name];
        if (address(operator) == address(0)) revert UnknownOperator(o.name);
        Opening calldata made = p.made;
        _checkEntry(s, p.graph, made, o.firstOutput + p.output);

        bytes4 selector = shape ? IOperator.shape.selector : IOperator.element.selector;
        bytes memory query = Queries.begin(selector, p.inputs.length);
        Queries.about(query, o.attributes, p.output);
        _tellInputs(query, s, p, o.operands);
        Tensor calldata t = made.tensor;
        if (shape) {
            Queries.finish(query);
            (uint8 dtype, uint32[] memory dims) = abi.decode(_answer(operator, query), (uint8, uint32[]));
            return !_is(t, dtype, o.axes[p.output], dims);
        }
        if (s.terms.rule != IGainsay.Rule.WorstCase && s.terms.rule != IGainsay.Rule.Probabilistic) revert NoRule();
        Queries.element(query, s.terms, t.dims, p.element);
        Queries.finish(query);
        Range memory range = abi.decode(_answer(operator, query), (Range));
        return Ranges.excludes(range, _posted(t, made.runs, p.element));
    }

    /// @dev What an operator says, or its reason not to.
    function _answer(IOperator operator, bytes memory query) private view returns (bytes memory) {
        if (!LowLevelCall.staticcallNoReturn(address(operator), query)) LowLevelCall.bubbleRevert();
        return LowLevelCall.returnData();
    }

    /// @dev The operands' shown parts, each proven to be the trace's or the model's own.
    function _tellInputs(bytes memory query, Subject calldata s, OperatorProof calldata p, bytes32[] calldata operands)
        private
        view
    {
        Opening[] calldata inputs = p.inputs;
        if (inputs.length != operands.length / 2) revert WrongTensor();
        for (uint256 i = 0; i < inputs.length; ++i) {
            uint256 kind = uint256(operands[2 * i]);
            if (kind == 0) continue;
            Opening calldata o = inputs[i];
            bytes32 own = _tellInput(query, i, o);
            bytes32 operand = operands[2 * i + 1];
            if (kind == 2) _checkPath(s, p.graph, own, uint256(operand), o.path);
            else if (own != operand) revert WrongTensor();
        }
    }

    /// @return own the commitment to the tensor of which these are parts
    function _tellInput(bytes memory query, uint256 place, Opening calldata o) private view returns (bytes32 own) {
        Tensor calldata t = o.tensor;
        uint32[] calldata dims = t.dims;
        Run[] calldata runs = o.runs;
        t.check(dims, runs);
        Queries.input(query, place, t, dims, runs);
        own = t.hash(dims);
    }

    /// @dev Bits of the element of an output at a row-major index.
    function _posted(Tensor calldata t, Run[] calldata runs, uint256 index) private pure returns (uint256) {
        uint32[] calldata dims = t.dims;
        if (index >= Tensors.count(dims)) revert WrongTensor();
        uint256 width = Views.widthOf(t.dtype);
        return Views.load(Tensors.pointerTo(runs, Views.storedAt(t.axis, dims, index) * width, width), width);
    }

    function _payload(Subject calldata s, PayloadProof calldata p, Claim claim) private view returns (bool) {
        p.graph.check(s.graphRoot);
        bytes memory listed;
        for (uint256 i = 0; i < p.names.length; ++i) {
            listed = p.outputs
                ? abi.encodePacked(listed, p.names[i].length, p.names[i], p.marks[i])
                : abi.encodePacked(listed, p.names[i].length, p.names[i], uint16(p.marks[i]));
            _checkEntry(s, p.graph, p.tensors[i], p.outputs ? p.marks[i] : i);
        }
        if (sha256(listed) != (p.outputs ? p.graph.outputsHash : p.graph.inputsHash)) revert Graphs.WrongGraph();
        if (p.tensors.length != p.names.length) revert WrongTensor();

        if (claim == Claim.Input) {
            Tensor calldata t = p.tensors[p.position].tensor;
            if (p.outputs) revert WrongTensor();
            return t.dtype != uint8(p.marks[p.position] >> 8) || t.axis != int8(uint8(p.marks[p.position]));
        }
        uint256 entry = p.graph.entries + (p.outputs ? 2 : 0);
        uint256 total = Encodings.length(p);
        if (claim == Claim.Length) {
            _checkEntry(s, p.graph, p.encoded, entry + (p.position == 0 ? 0 : 1));
            return !_is(p.encoded.tensor, UINT8, -1, p.position == 0 ? _dims(total) : _dims(_steps(total), 32));
        }
        _checkEntry(s, p.graph, p.encoded, entry);
        return Tensors.byteAt(p.encoded.runs, p.position) != Encodings.byteAt(p);
    }

    function _hash(Subject calldata s, HashProof calldata p, bool end) private view returns (bool) {
        p.graph.check(s.graphRoot);
        uint256 entry = p.graph.entries + (p.outputs ? 2 : 0);
        _checkEntry(s, p.graph, p.states, entry + 1);
        Tensor calldata states = p.states.tensor;
        if (states.dims.length != 2 || states.dims[1] != 32 || states.dtype != UINT8) revert WrongTensor();
        if (end) {
            bytes32 last = _state(p.states, states.dims[0] - 1);
            return last != (p.outputs ? s.outputHash : s.inputHash);
        }
        _checkEntry(s, p.graph, p.encoded, entry);
        if (p.encoded.tensor.dims.length != 1 || p.encoded.tensor.dtype != UINT8) revert WrongTensor();
        uint256 length = p.encoded.tensor.dims[0];
        if (p.step >= _steps(length) || p.step >= states.dims[0]) revert WrongTensor();
        bytes32 before = p.step == 0 ? Sha256.INITIAL : _state(p.states, p.step - 1);
        return Sha256.compress(before, _padded(p.encoded, p.step, length)) != _state(p.states, p.step);
    }

    // ----------------------------------------------------------------------------------------------------- helpers

    /// @dev Where in calldata the structure is that these bytes are the ABI encoding of.
    function _pointer(bytes calldata body) private pure returns (uint256 pointer) {
        if (body.length < 32) revert WrongTensor();
        assembly ("memory-safe") {
            let offset := calldataload(body.offset)
            if gt(offset, body.length) { revert(0, 0) }
            pointer := add(body.offset, offset)
        }
    }

    function _part(Subject calldata s, bytes calldata proof) private view returns (PartProof calldata p) {
        uint256 body = _pointer(proof);
        assembly ("memory-safe") {
            p := body
        }
        p.graph.check(s.graphRoot);
    }

    /// @dev That a tensor is this entry of the trace, and the chunks shown are its own.
    function _checkEntry(Subject calldata s, Graph calldata g, Opening calldata o, uint256 entry) private view {
        Tensor calldata t = o.tensor;
        uint32[] calldata dims = t.dims;
        _checkPath(s, g, t.hash(dims), entry, o.path);
        t.check(dims, o.runs);
    }

    /// @dev That a commitment is this entry of the trace.
    function _checkPath(Subject calldata s, Graph calldata g, bytes32 own, uint256 entry, bytes32[] calldata path)
        private
        view
    {
        if (Merkle.rootOf(own, entry, g.entries + EXTRA, path) != s.traceRoot) revert WrongTensor();
    }

    function _is(Tensor calldata t, uint8 dtype, int8 axis, uint32[] memory dims) private pure returns (bool) {
        return
            t.dtype == dtype && t.axis == axis
                && keccak256(abi.encodePacked(t.dims)) == keccak256(abi.encodePacked(dims));
    }

    function _dims(uint256 size) private pure returns (uint32[] memory dims) {
        dims = new uint32[](1);
        dims[0] = uint32(size);
    }

    function _dims(uint256 rows, uint256 columns) private pure returns (uint32[] memory dims) {
        dims = new uint32[](2);
        dims[0] = uint32(rows);
        dims[1] = uint32(columns);
    }

    /// @dev States that hashing so many bytes goes through: one each 256 bytes of the padded message.
    function _steps(uint256 length) private pure returns (uint256) {
        return (length + 9 + 255) / 256;
    }

    function _state(Opening calldata states, uint256 row) private pure returns (bytes32 state) {
        uint256 pointer = Tensors.pointerTo(states.runs, row * 32, 32);
        assembly ("memory-safe") {
            state := calldataload(pointer)
        }
    }

    /// @dev The message's next 256 bytes, or what is left of it, padded as FIPS 180-4, §5.1.1 says.
    function _padded(Opening calldata encoded, uint256 step, uint256 length) private pure returns (bytes memory data) {
        uint256 start = step * 256;
        uint256 blocks = (length + 9 + 63) / 64;
        uint256 size = blocks * 64 - start;
        data = new bytes(size > 256 ? 256 : size);
        for (uint256 i = 0; i < data.length; ++i) {
            uint256 at = start + i;
            if (at < length) data[i] = bytes1(Tensors.byteAt(encoded.runs, at));
            else if (at == length) data[i] = 0x80;
            else if (at >= blocks * 64 - 8) data[i] = bytes1(uint8((length * 8) >> (8 * (blocks * 64 - 1 - at))));
        }
    }
}

