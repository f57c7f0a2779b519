// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {IOperator, Terms} from "../src/operators/IOperator.sol";
import {Mul} from "../src/operators/Mul.sol";
import {Relu} from "../src/operators/Relu.sol";
import {Checker} from "../src/proof/Checker.sol";
import {Graph, Operator} from "../src/proof/Graphs.sol";
import {Subject} from "../src/proof/IChecker.sol";
import {Opening} from "../src/proof/Proofs.sol";
import {Sha256} from "../src/proof/Sha256.sol";
import {Run, Tensor} from "../src/proof/Tensors.sol";
import {Test} from "./Test.sol";
import {Trees} from "./Trees.sol";

/// @notice A tensor with all of its bytes.
struct Part {
    Tensor tensor;
    bytes data;
}

/// @title A model of two operators with an honest trace, small enough to be computed here
/// @notice y = Relu(x), z = Mul(y, 2), each of 64 float32 numbers: encoded they take two steps of the hash. Commitments are
/// made as docs/fraud-proof.md has them, not by the libraries that check them.
abstract contract TinyTrace is Test {
    uint256 internal constant COUNT = 64;
    uint8 internal constant FLOAT32 = 1;
    uint8 internal constant UINT8 = 2;

    // Entries of the trace.
    uint256 internal constant X = 0;
    uint256 internal constant Y = 1;
    uint256 internal constant Z = 2;
    uint256 internal constant INPUT = 3;
    uint256 internal constant INPUT_STATES = 4;
    uint256 internal constant OUTPUT = 5;
    uint256 internal constant OUTPUT_STATES = 6;

    Checker internal checker;

    function setUp() public virtual {
        bytes32[] memory names = new bytes32[](2);
        IOperator[] memory operators = new IOperator[](2);
        (names[0], operators[0]) = ("Relu", new Relu());
        (names[1], operators[1]) = ("Mul", new Mul());
        checker = new Checker(names, operators);
    }

    // -------------------------------------------------------------------------------------------------- the trace

    /// @dev From one up, every other one negative.
    function xAt(uint256 i) internal pure returns (uint32) {
        return uint32(0x3f800000 + (i << 16) + (i % 2 << 31));
    }

    function yAt(uint256 i) internal pure returns (uint32) {
        return i % 2 == 1 ? 0 : xAt(i);
    }

    /// @dev Twice as much is one exponent more.
    function zAt(uint256 i) internal pure returns (uint32) {
        return i % 2 == 1 ? 0 : xAt(i) + (1 << 23);
    }

    function honest() internal pure returns (Part[] memory trace) {
        trace = new Part[](7);
        bytes memory x;
        bytes memory y;
        bytes memory z;
        for (uint256 i = 0; i < COUNT; ++i) {
            x = abi.encodePacked(x, little(xAt(i)));
            y = abi.encodePacked(y, little(yAt(i)));
            z = abi.encodePacked(z, little(zAt(i)));
        }
        trace[X] = part(FLOAT32, dims(COUNT), x);
        trace[Y] = part(FLOAT32, dims(COUNT), y);
        trace[Z] = part(FLOAT32, dims(COUNT), z);
        encode(trace, INPUT, encoded("x", x));
        encode(trace, OUTPUT, encoded("z", z));
    }

    /// @dev Puts an encoding into a trace, and after it the states of its hash.
    function encode(Part[] memory trace, uint256 entry, bytes memory encoding) internal pure {
        bytes32 first = Sha256.compress(Sha256.INITIAL, slice(encoding, 0, 256));
        trace[entry] = part(UINT8, dims(encoding.length), encoding);
        trace[entry + 1] = part(UINT8, dims(2, 32), abi.encodePacked(first, sha256(encoding)));
    }

    /// @dev One tensor of 64 numbers, as `Encodings` has it.
    function encoded(string memory name, bytes memory data) internal pure returns (bytes memory) {
        bytes memory head = abi.encodePacked("GST1", uint16(0x0100), uint16(0x0100), name);
        return abi.encodePacked(head, FLOAT32, uint8(1), little(uint32(COUNT)), data);
    }

    /// @dev The number that is doubled by: a constant of the model.
    function two() internal pure returns (Part memory) {
        return part(FLOAT32, dims(1), abi.encodePacked(little(0x40000000)));
    }

    /// @dev The trace with other bits at an element of 32 bits.
    function lie(Part[] memory trace, uint256 entry, uint256 index, uint32 bits) internal pure {
        bytes memory data = slice(trace[entry].data, 0, trace[entry].data.length);
        bytes4 own = little(bits);
        for (uint256 i = 0; i < 4; ++i) {
            data[4 * index + i] = own[i];
        }
        trace[entry] = part(trace[entry].tensor.dtype, trace[entry].tensor.dims, data);
    }

    // ---------------------------------------------------------------------------------------------- the commitments

    function graph() internal pure returns (Graph memory g) {
        g.operators = 2;
        g.operatorsRoot = Trees.root(operatorHashes());
        g.inputs = 1;
        g.entries = 3;
        g.inputsHash = sha256(abi.encodePacked(uint256(1), "x", FLOAT32, int8(-1)));
        g.outputsHash = sha256(abi.encodePacked(uint256(1), "z", Z));
    }

    function operatorAt(uint256 index) internal pure returns (Operator memory o) {
        o.name = index == 0 ? bytes32("Relu") : bytes32("Mul");
        o.operands = new bytes32[](index == 0 ? 2 : 4);
        o.operands[0] = bytes32(uint256(2));
        o.operands[1] = bytes32(index == 0 ? X : Y);
        if (index == 1) (o.operands[2], o.operands[3]) = (bytes32(uint256(1)), hash(two().tensor));
        o.firstOutput = index == 0 ? Y : Z;
        o.axes = new int8[](1);
        o.axes[0] = -1;
    }

    function operatorHashes() internal pure returns (bytes32[] memory all) {
        all = new bytes32[](2);
        for (uint256 i = 0; i < 2; ++i) {
            Operator memory o = operatorAt(i);
            bytes memory operands = abi.encodePacked(o.operands.length / 2, o.operands, o.firstOutput);
            all[i] =
                sha256(abi.encodePacked(bytes1(0x03), o.name, o.attributes.length, operands, o.axes.length, o.axes));
        }
    }

    function hash(Tensor memory t) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x02), t.dtype, t.axis, t.dims, t.root));
    }

    function hashes(Part[] memory trace) internal pure returns (bytes32[] memory all) {
        all = new bytes32[](trace.length);
        for (uint256 i = 0; i < trace.length; ++i) {
            all[i] = hash(trace[i].tensor);
        }
    }

    /// @dev The dispute about a trace of a result that is honest itself.
    function subjectOf(Part[] memory trace) internal pure returns (Subject memory s) {
        Graph memory g = graph();
        Part[] memory posted = honest();
        s.traceRoot = Trees.root(hashes(trace));
        bytes memory counts = abi.encodePacked(g.operators, g.operatorsRoot, g.inputs, g.entries);
        s.graphRoot = sha256(abi.encodePacked(bytes1(0x04), counts, g.inputsHash, g.outputsHash));
        s.terms = Terms({rule: IGainsay.Rule.WorstCase, lambda: 0});
        s.inputHash = sha256(posted[INPUT].data);
        s.outputHash = sha256(posted[OUTPUT].data);
    }

    /// @dev All of an entry.
    function open(Part[] memory trace, uint256 entry) internal pure returns (Opening memory o) {
        o = shown(trace[entry]);
        o.path = Trees.siblings(hashes(trace), entry, 1);
    }

    /// @dev All of a constant.
    function shown(Part memory p) internal pure returns (Opening memory o) {
        o.tensor = p.tensor;
        o.runs = new Run[](1);
        o.runs[0].data = p.data;
    }

    // ------------------------------------------------------------------------------------------------ small helpers

    function part(uint8 dtype, uint32[] memory dims_, bytes memory data) internal pure returns (Part memory p) {
        p.data = data;
        bytes32[] memory leaves = new bytes32[]((data.length + 255) / 256);
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = Trees.leaf(slice(data, 256 * i, 256 * (i + 1)));
        }
        p.tensor = Tensor({dtype: dtype, axis: -1, dims: dims_, root: Trees.root(leaves)});
    }

    function dims(uint256 size) internal pure returns (uint32[] memory all) {
        all = new uint32[](1);
        all[0] = uint32(size);
    }

    function dims(uint256 rows, uint256 columns) internal pure returns (uint32[] memory all) {
        all = new uint32[](2);
        (all[0], all[1]) = (uint32(rows), uint32(columns));
    }

    function little(uint32 bits) internal pure returns (bytes4) {
        return bytes4((bits << 24) | (bits & 0xff00) << 8 | (bits >> 8) & 0xff00 | bits >> 24);
    }

    /// @dev Bytes up to `to`, or to the end.
    function slice(bytes memory data, uint256 from, uint256 to) internal pure returns (bytes memory some) {
        if (to > data.length) to = data.length;
        some = new bytes(to - from);
        for (uint256 i = 0; i < some.length; ++i) {
            some[i] = data[from + i];
        }
    }
}
