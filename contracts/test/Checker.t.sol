// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {Checker} from "../src/proof/Checker.sol";
import {Graph, Graphs} from "../src/proof/Graphs.sol";
import {Demand, Subject} from "../src/proof/IChecker.sol";
import {Merkle} from "../src/proof/Merkle.sol";
import {Claim, HashProof, Opening, OperatorProof, PartProof, PayloadProof} from "../src/proof/Proofs.sol";
import {Tensors} from "../src/proof/Tensors.sol";
import {Part, TinyTrace} from "./TinyTrace.sol";
import {Trees} from "./Trees.sol";

/// @title Each claim against an honest trace, against the lie it is there for, and by a prover who cheats himself
contract CheckerTest is TinyTrace {
    uint32 private constant NAN = 0x7fc00000;
    uint32 private constant INFINITY = 0x7f800000;

    // ------------------------------------------------------------------------------------------ an honest trace

    function test_no_claim_convicts_an_honest_trace() public view {
        Part[] memory trace = honest();
        Subject memory s = subjectOf(trace);
        for (uint256 index = 0; index < 2; ++index) {
            OperatorProof memory o = _operator(trace, index, 0);
            _acquits(s, Claim.Shape, abi.encode(o));
            for (o.element = 0; o.element < COUNT; ++o.element) {
                _acquits(s, Claim.Element, abi.encode(o));
            }
        }
        for (uint256 side = 0; side < 2; ++side) {
            bool outputs = side == 1;
            _acquits(s, Claim.Length, abi.encode(_states(trace, outputs)));
            PayloadProof memory p = _payload(trace, outputs, 0);
            _acquits(s, Claim.Length, abi.encode(p));
            for (p.position = 0; p.position < 271; ++p.position) {
                _acquits(s, Claim.Link, abi.encode(p));
            }
            _acquits(s, Claim.Step, abi.encode(_hash(trace, outputs, 0)));
            _acquits(s, Claim.Step, abi.encode(_hash(trace, outputs, 1)));
            _acquits(s, Claim.End, abi.encode(_hash(trace, outputs, 0)));
        }
        _acquits(s, Claim.Input, abi.encode(_payload(trace, false, 0)));
    }

    function test_zero_may_be_negative() public view {
        Part[] memory trace = honest();
        lie(trace, Y, 1, 0x80000000);
        lie(trace, Z, 1, 0x80000000);
        vm.assertTrue(!_judged(trace, Claim.Element, _operator(trace, 0, 1)), "Relu");
        vm.assertTrue(!_judged(trace, Claim.Element, _operator(trace, 1, 1)), "Mul");
    }

    function test_the_last_bit_may_be_off() public view {
        Part[] memory trace = honest();
        lie(trace, Z, 6, zAt(6) + 1);
        vm.assertTrue(!_judged(trace, Claim.Element, _operator(trace, 1, 6)), "one unit in the last place");
    }

    // ---------------------------------------------------------------------------------------------- a lying trace

    function test_an_element_that_the_operator_cannot_give_convicts() public view {
        uint32[5] memory lies = [zAt(6) + 8, zAt(6) | 0x80000000, NAN, INFINITY, 0];
        for (uint256 i = 0; i < lies.length; ++i) {
            Part[] memory trace = honest();
            lie(trace, Z, 6, lies[i]);
            vm.assertTrue(_judged(trace, Claim.Element, _operator(trace, 1, 6)), "the element");
            vm.assertTrue(!_judged(trace, Claim.Element, _operator(trace, 1, 7)), "its neighbour");
        }
    }

    function test_whoever_makes_a_NaN_is_convicted_and_not_who_passes_it_on() public view {
        Part[] memory trace = honest();
        lie(trace, Y, 6, NAN);
        lie(trace, Z, 6, NAN);
        vm.assertTrue(_judged(trace, Claim.Element, _operator(trace, 0, 6)), "Relu made it");
        vm.assertTrue(!_judged(trace, Claim.Element, _operator(trace, 1, 6)), "Mul passed it on");
    }

    function test_another_shape_type_or_order_convicts() public view {
        for (uint256 i = 0; i < 3; ++i) {
            Part[] memory trace = honest();
            if (i == 0) trace[Z].tensor.dims = dims(8, 8);
            if (i == 1) trace[Z].tensor.dtype = 12;
            if (i == 2) trace[Z].tensor.axis = 0;
            vm.assertTrue(_judged(trace, Claim.Shape, _operator(trace, 1, 0)), "shape");
        }
    }

    function test_an_input_of_another_type_or_order_convicts() public view {
        for (uint256 i = 0; i < 2; ++i) {
            Part[] memory trace = honest();
            if (i == 0) trace[X].tensor.dtype = 12;
            else trace[X].tensor.axis = 0;
            vm.assertTrue(_judged(trace, Claim.Input, _payload(trace, false, 0)), "input");
        }
    }

    function test_an_encoding_that_is_not_the_tensors_convicts() public view {
        for (uint256 side = 0; side < 2; ++side) {
            Part[] memory trace = honest();
            lie(trace, side == 0 ? X : Z, 5, 0x3f800000);
            // Seven bytes of header, eight of the tensor's own, then element 5; its third byte tells.
            vm.assertTrue(_judged(trace, Claim.Link, _payload(trace, side == 1, 15 + 4 * 5 + 2)), "link");
            vm.assertTrue(!_judged(trace, Claim.Link, _payload(trace, side == 1, 15 + 4 * 6 + 2)), "another byte");
        }
    }

    function test_an_encoding_or_states_of_another_length_convict() public view {
        for (uint256 side = 0; side < 2; ++side) {
            bool outputs = side == 1;
            uint256 entry = outputs ? OUTPUT : INPUT;
            Part[] memory trace = honest();
            trace[entry] = part(UINT8, dims(272), abi.encodePacked(trace[entry].data, uint8(0)));
            vm.assertTrue(_judged(trace, Claim.Length, _payload(trace, outputs, 0)), "encoding");
            trace = honest();
            trace[entry + 1] = part(UINT8, dims(1, 32), slice(trace[entry + 1].data, 32, 64));
            vm.assertTrue(_judged(trace, Claim.Length, _states(trace, outputs)), "states");
        }
    }

    function test_a_wrong_step_convicts_wherever_it_is() public view {
        for (uint256 i = 0; i < 4; ++i) {
            (bool outputs, uint256 step) = (i >= 2, i % 2);
            Part[] memory trace = honest();
            lie(trace, outputs ? OUTPUT_STATES : INPUT_STATES, 8 * step + 7, 0xdeadbeef);
            vm.assertTrue(_judged(trace, Claim.Step, _hash(trace, outputs, step)), "step");
        }
    }

    function test_a_hash_that_ends_elsewhere_convicts() public view {
        for (uint256 side = 0; side < 2; ++side) {
            Part[] memory trace = honest();
            uint256 entry = side == 1 ? OUTPUT : INPUT;
            bytes memory other = slice(trace[entry].data, 0, 271);
            other[270] ^= 0x01;
            encode(trace, entry, other);
            vm.assertTrue(_judged(trace, Claim.End, _hash(trace, side == 1, 0)), "end");
            vm.assertTrue(!_judged(trace, Claim.Step, _hash(trace, side == 1, 1)), "its steps are right");
        }
    }

    // ------------------------------------------------------------------------- a prover who cheats himself

    function test_RevertWhen_a_constant_is_not_the_models() public {
        OperatorProof memory p = _operator(honest(), 1, 6);
        p.inputs[1] = shown(part(FLOAT32, dims(1), abi.encodePacked(little(0x40400000))));
        _refused(Checker.WrongTensor.selector, Claim.Element, abi.encode(p));
    }

    function test_RevertWhen_an_operand_is_another_entry() public {
        Part[] memory trace = honest();
        OperatorProof memory p = _operator(trace, 1, 6);
        p.inputs[0] = open(trace, X);
        _refused(Checker.WrongTensor.selector, Claim.Element, abi.encode(p));
        p.inputs[0].path = Trees.siblings(hashes(trace), Y, 1);
        _refused(Checker.WrongTensor.selector, Claim.Element, abi.encode(p));
    }

    function test_RevertWhen_an_operand_is_left_out() public {
        OperatorProof memory p = _operator(honest(), 1, 6);
        assembly ("memory-safe") {
            mstore(mload(add(p, 0x80)), 1)
        }
        _refused(Checker.WrongTensor.selector, Claim.Element, abi.encode(p));
    }

    function test_RevertWhen_the_output_is_the_next_operators() public {
        Part[] memory trace = honest();
        OperatorProof memory p = _operator(trace, 0, 6);
        p.output = 1;
        p.made = open(trace, Z);
        _refused(Checker.WrongTensor.selector, Claim.Element, abi.encode(p));
    }

    function test_RevertWhen_the_operator_is_not_the_graphs() public {
        OperatorProof memory p = _operator(honest(), 0, 6);
        p.operator.name = "Mul";
        _refused(Graphs.WrongOperator.selector, Claim.Element, abi.encode(p));
        p = _operator(honest(), 0, 6);
        p.operator.firstOutput = Z;
        _refused(Graphs.WrongOperator.selector, Claim.Element, abi.encode(p));
        p = _operator(honest(), 0, 6);
        p.index = 2;
        _refused(Merkle.BadProof.selector, Claim.Element, abi.encode(p));
    }

    function test_RevertWhen_the_element_is_beyond_the_tensor() public {
        _refused(Checker.WrongTensor.selector, Claim.Element, abi.encode(_operator(honest(), 1, COUNT)));
    }

    function test_RevertWhen_bytes_are_not_the_tensors() public {
        OperatorProof memory p = _operator(honest(), 1, 6);
        p.made.runs[0].data[24] ^= 0x80;
        _refused(Tensors.WrongChunks.selector, Claim.Element, abi.encode(p));
        p = _operator(honest(), 1, 6);
        p.inputs[0].runs[0].data[24] ^= 0x80;
        _refused(Tensors.WrongChunks.selector, Claim.Element, abi.encode(p));
        p = _operator(honest(), 1, 6);
        p.inputs[1].runs[0].data[3] ^= 0x80;
        _refused(Tensors.WrongChunks.selector, Claim.Element, abi.encode(p));
    }

    function test_RevertWhen_names_or_marks_are_not_the_graphs() public {
        for (uint256 i = 0; i < 4; ++i) {
            Part[] memory trace = honest();
            PayloadProof memory p = _payload(trace, i >= 2, 40);
            if (i == 0) p.marks[0] = (12 << 8) | 0xff;
            if (i == 1 || i == 2) p.names[0] = "w";
            if (i == 3) (p.marks[0], p.tensors[0]) = (Y, open(trace, Y));
            _refused(Graphs.WrongGraph.selector, i == 0 ? Claim.Input : Claim.Link, abi.encode(p));
        }
    }

    function test_RevertWhen_the_encoding_is_another_entry() public {
        Part[] memory trace = honest();
        PayloadProof memory p = _payload(trace, true, 40);
        p.encoded = open(trace, INPUT);
        _refused(Checker.WrongTensor.selector, Claim.Link, abi.encode(p));
        HashProof memory h = _hash(trace, true, 0);
        h.encoded = open(trace, INPUT);
        _refused(Checker.WrongTensor.selector, Claim.Step, abi.encode(h));
        h = _hash(trace, true, 0);
        h.states = open(trace, INPUT_STATES);
        h.states.path = Trees.siblings(hashes(trace), OUTPUT_STATES, 1);
        _refused(Checker.WrongTensor.selector, Claim.End, abi.encode(h));
    }

    function test_RevertWhen_a_step_is_beyond_the_last() public {
        _refused(Checker.WrongTensor.selector, Claim.Step, abi.encode(_hash(honest(), true, 2)));
    }

    /// @dev Its counts say where in a trace everything is looked for.
    function test_RevertWhen_the_graph_is_not_the_registered_one() public {
        Part[] memory trace = honest();
        Graph memory other = graph();
        ++other.entries;
        OperatorProof memory o = _operator(trace, 1, 6);
        PayloadProof memory p = _payload(trace, true, 40);
        HashProof memory h = _hash(trace, true, 0);
        (o.graph, p.graph, h.graph) = (other, other, other);
        _refused(Graphs.WrongGraph.selector, Claim.Element, abi.encode(o));
        _refused(Graphs.WrongGraph.selector, Claim.Shape, abi.encode(o));
        _refused(Graphs.WrongGraph.selector, Claim.Link, abi.encode(p));
        _refused(Graphs.WrongGraph.selector, Claim.Step, abi.encode(h));
        _refused(Graphs.WrongGraph.selector, Claim.End, abi.encode(h));
    }

    function test_RevertWhen_no_rule_of_bounds_is_registered() public {
        Part[] memory trace = honest();
        lie(trace, Z, 6, NAN);
        Subject memory s = subjectOf(trace);
        s.terms.rule = IGainsay.Rule.EqualBits;
        bytes memory proof = abi.encodePacked(uint8(Claim.Element), abi.encode(_operator(trace, 1, 6)));
        vm.expectRevert(abi.encodeWithSelector(Checker.NoRule.selector));
        checker.isGuilty(s, proof);
    }

    function test_RevertWhen_there_is_no_such_claim() public {
        bytes memory proof = abi.encodePacked(uint8(7), abi.encode(_hash(honest(), true, 0)));
        Subject memory s = subjectOf(honest());
        vm.expectRevert(abi.encodeWithSelector(Checker.UnknownClaim.selector, uint8(7)));
        checker.isGuilty(s, proof);
    }

    // ------------------------------------------------------------------------------------------ parts of a trace

    function test_what_the_trace_has_can_be_demanded_and_supplied() public view {
        Part[] memory trace = honest();
        Subject memory s = subjectOf(trace);
        bytes memory proof = abi.encode(PartProof({graph: graph(), part: open(trace, INPUT)}));
        Demand memory d = Demand({entry: uint32(INPUT), first: 0, count: 2});
        vm.assertTrue(checker.isDemandable(s, d, proof), "both chunks");
        vm.assertTrue(checker.isSupplied(s, d, proof), "both chunks supplied");
        (d.first, d.count) = (1, 2);
        vm.assertTrue(!checker.isDemandable(s, d, proof), "beyond the end");
        (d.first, d.count) = (0, 1);
        vm.assertTrue(!checker.isSupplied(s, d, proof), "more than was demanded");
        (d.first, d.count) = (1, 1);
        vm.assertTrue(!checker.isSupplied(s, d, proof), "another chunk than was demanded");
        (d.first, d.count) = (0, 0);
        vm.assertTrue(checker.isDemandable(s, d, proof) && checker.isSupplied(s, d, proof), "the header");
        d.entry = 7;
        vm.assertTrue(!checker.isDemandable(s, d, proof), "no such entry");
    }

    function test_RevertWhen_another_part_is_supplied() public {
        Part[] memory trace = honest();
        Subject memory s = subjectOf(trace);
        for (uint32 count = 0; count <= 1; ++count) {
            bytes memory supply = abi.encode(PartProof({graph: graph(), part: open(trace, Y)}));
            vm.expectRevert(abi.encodeWithSelector(Checker.WrongTensor.selector));
            checker.isSupplied(s, Demand({entry: uint32(Z), first: 0, count: count}), supply);
        }
        Part[] memory made = honest();
        lie(made, Z, 6, NAN);
        bytes memory invented = abi.encode(PartProof({graph: graph(), part: open(made, Z)}));
        vm.expectRevert(abi.encodeWithSelector(Checker.WrongTensor.selector));
        checker.isSupplied(s, Demand({entry: uint32(Z), first: 0, count: 1}), invented);
    }

    // ------------------------------------------------------------------------------------------------- the proofs

    function _operator(Part[] memory trace, uint256 index, uint256 element)
        private
        pure
        returns (OperatorProof memory p)
    {
        p.graph = graph();
        p.operator = operatorAt(index);
        p.index = index;
        p.path = Trees.siblings(operatorHashes(), index, 1);
        p.inputs = new Opening[](index + 1);
        p.inputs[0] = open(trace, index == 0 ? X : Y);
        if (index == 1) p.inputs[1] = shown(two());
        p.made = open(trace, index == 0 ? Y : Z);
        p.element = element;
    }

    function _payload(Part[] memory trace, bool outputs, uint256 position)
        private
        pure
        returns (PayloadProof memory p)
    {
        p.graph = graph();
        p.outputs = outputs;
        (p.names, p.marks, p.tensors) = (new bytes[](1), new uint256[](1), new Opening[](1));
        p.names[0] = outputs ? bytes("z") : bytes("x");
        p.marks[0] = outputs ? Z : (uint256(FLOAT32) << 8) | 0xff;
        p.tensors[0] = open(trace, outputs ? Z : X);
        p.encoded = open(trace, outputs ? OUTPUT : INPUT);
        p.position = position;
    }

    /// @dev For the claim that the states are too many or too few.
    function _states(Part[] memory trace, bool outputs) private pure returns (PayloadProof memory p) {
        p = _payload(trace, outputs, 1);
        p.encoded = open(trace, outputs ? OUTPUT_STATES : INPUT_STATES);
    }

    function _hash(Part[] memory trace, bool outputs, uint256 step) private pure returns (HashProof memory p) {
        p.graph = graph();
        p.outputs = outputs;
        p.encoded = open(trace, outputs ? OUTPUT : INPUT);
        p.states = open(trace, outputs ? OUTPUT_STATES : INPUT_STATES);
        p.step = step;
    }

    function _judged(Part[] memory trace, Claim claim, OperatorProof memory p) private view returns (bool) {
        return checker.isGuilty(subjectOf(trace), abi.encodePacked(uint8(claim), abi.encode(p)));
    }

    function _judged(Part[] memory trace, Claim claim, PayloadProof memory p) private view returns (bool) {
        return checker.isGuilty(subjectOf(trace), abi.encodePacked(uint8(claim), abi.encode(p)));
    }

    function _judged(Part[] memory trace, Claim claim, HashProof memory p) private view returns (bool) {
        return checker.isGuilty(subjectOf(trace), abi.encodePacked(uint8(claim), abi.encode(p)));
    }

    function _acquits(Subject memory s, Claim claim, bytes memory body) private view {
        vm.assertTrue(!checker.isGuilty(s, abi.encodePacked(uint8(claim), body)), "an honest trace is convicted");
    }

    /// @dev That a proof about the honest trace is none.
    function _refused(bytes4 why, Claim claim, bytes memory body) private {
        Subject memory s = subjectOf(honest());
        vm.expectRevert(abi.encodeWithSelector(why));
        checker.isGuilty(s, abi.encodePacked(uint8(claim), body));
    }
}
