// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {Query, Terms, View} from "../src/operators/IOperator.sol";
import {Opening, OperatorProof} from "../src/proof/Proofs.sol";
import {Queries} from "../src/proof/Queries.sol";
import {Run, Tensor, Tensors} from "../src/proof/Tensors.sol";
import {Test} from "./Test.sol";

/// @dev What arrives at an operator.
contract Echo {
    function echo(Query memory q) external pure returns (bytes memory) {
        return abi.encode(q);
    }
}

/// @title What operators are asked, written by hand and by the compiler
contract QueriesTest is Test {
    Echo private immutable echo = new Echo();
    uint256 private state;

    function testFuzz_an_operator_is_asked_what_the_compiler_would_ask(uint256 seed) public {
        state = seed;
        OperatorProof memory p;
        p.operator.attributes = new int256[](random(4));
        for (uint256 i = 0; i < p.operator.attributes.length; ++i) {
            p.operator.attributes[i] = int256(uint256(keccak256(abi.encode(seed, i)))) >> random(250);
        }
        (p.output, p.element) = (random(3), random(1 << 40));
        p.made.tensor.dims = randomDims();
        p.inputs = new Opening[](random(5));
        uint256 given = random(32);
        for (uint256 i = 0; i < p.inputs.length; ++i) {
            Tensor memory t = Tensor(uint8(random(14)), int8(int256(random(9)) - 4), randomDims(), "root");
            p.inputs[i] = Opening({tensor: t, path: new bytes32[](random(3)), runs: new Run[](random(4))});
            for (uint256 r = 0; r < p.inputs[i].runs.length; ++r) {
                bytes memory data = new bytes(random(4) == 0 ? 256 * random(3) : random(300));
                for (uint256 at = 0; at < data.length; ++at) {
                    data[at] = bytes1(uint8(random(256)));
                }
                p.inputs[i].runs[r] = Run(uint32(random(1 << 32)), data, new bytes32[](random(3)));
            }
        }
        Terms memory terms = Terms(IGainsay.Rule(random(4)), uint16(random(100)));
        for (uint256 i = 0; i < 2; ++i) {
            bool element = i == 1;
            (bool done, bytes memory answer) = address(echo).staticcall(this.written(terms, p, given, element));
            vm.assertTrue(done, "it is no query");
            vm.assertEq(
                keccak256(abi.decode(answer, (bytes))), keccak256(abi.encode(queryOf(terms, p, given, element)))
            );
        }
    }

    function test_RevertWhen_AnInputIsLargerThanAnyTensor() public {
        OperatorProof memory p;
        p.inputs = new Opening[](1);
        p.inputs[0].tensor.dims = new uint32[](2);
        (p.inputs[0].tensor.dims[0], p.inputs[0].tensor.dims[1]) = (1 << 20, (1 << 20) + 1);
        vm.expectRevert(abi.encodeWithSelector(Tensors.BadTensor.selector));
        this.written(Terms(IGainsay.Rule.WorstCase, 0), p, 1, true);
    }

    /// @dev As the checker does it, with memory in between that is not free any more, and dirt beyond.
    function written(Terms calldata terms, OperatorProof calldata p, uint256 given, bool element)
        external
        pure
        returns (bytes memory call)
    {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for { let at := free } lt(at, add(free, 0x8000)) { at := add(at, 32) } { mstore(at, not(0)) }
        }
        call = Queries.begin(Echo.echo.selector, p.inputs.length);
        Queries.about(call, p.operator.attributes, p.output);
        for (uint256 i = 0; i < p.inputs.length; ++i) {
            bytes memory other = new bytes(i * 7);
            other;
            if ((given >> i) & 1 == 0) continue;
            Opening calldata o = p.inputs[i];
            Queries.input(call, i, o.tensor, o.tensor.dims, o.runs);
        }
        if (element) Queries.element(call, terms, p.made.tensor.dims, p.element);
        Queries.finish(call);
    }

    function queryOf(Terms memory terms, OperatorProof memory p, uint256 given, bool element)
        private
        pure
        returns (Query memory q)
    {
        (q.attributes, q.output, q.inputs) = (p.operator.attributes, p.output, new View[](p.inputs.length));
        if (element) (q.terms, q.dims, q.index) = (terms, p.made.tensor.dims, p.element);
        for (uint256 i = 0; i < p.inputs.length; ++i) {
            if ((given >> i) & 1 == 0) continue;
            Opening memory o = p.inputs[i];
            View memory v = q.inputs[i];
            (v.given, v.dtype, v.axis, v.dims) = (true, o.tensor.dtype, o.tensor.axis, o.tensor.dims);
            (v.starts, v.runs) = (new uint256[](o.runs.length), new bytes[](o.runs.length));
            for (uint256 r = 0; r < o.runs.length; ++r) {
                (v.starts[r], v.runs[r]) = (uint256(o.runs[r].first) * 256, o.runs[r].data);
            }
        }
    }

    function randomDims() private returns (uint32[] memory dims) {
        dims = new uint32[](random(6));
        for (uint256 i = 0; i < dims.length; ++i) {
            dims[i] = uint32(random(200));
        }
    }

    function random(uint256 below) private returns (uint256) {
        state = uint256(keccak256(abi.encode(state)));
        return state % below;
    }
}
