// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../src/Gainsay.sol";
import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title What an id commits to
contract IdsTest is GainsayTest {
    struct Terms {
        address requester;
        uint256 nonce;
        bytes32 modelId;
        address node;
        bytes32 inputHash;
        string inputUri;
        uint256 fee;
        uint64 deadline;
    }

    function testFuzz_ARequestsIdIsTheHashOfItsTermsItsContractAndItsChain(Terms calldata t) public view {
        bytes32 expected = keccak256(
            abi.encode(
                block.chainid,
                address(gainsay),
                t.requester,
                t.nonce,
                t.modelId,
                t.node,
                t.inputHash,
                keccak256(bytes(t.inputUri)),
                t.fee,
                t.deadline
            )
        );
        vm.assertEq(requestIdOf(gainsay, t), expected);
    }

    function testFuzz_AResultsIdIsTheHashOfItsRequestItsNodeAndItsOutput(
        bytes32 requestId,
        address poster,
        bytes32 outputHash,
        string calldata uri
    ) public view {
        bytes32 expected = keccak256(abi.encode(requestId, poster, outputHash, keccak256(bytes(uri))));
        vm.assertEq(gainsay.resultIdOf(requestId, poster, outputHash, uri), expected);
    }

    function testFuzz_TheSameRequestElsewhereHasAnotherId(Terms calldata t, uint32 chain) public {
        vm.assume(chain != block.chainid && chain != 0);
        bytes32 here = requestIdOf(gainsay, t);
        Gainsay other = new Gainsay(parametersWith(address(conviction)));
        vm.assertNotEq(here, requestIdOf(other, t), "another contract");
        vm.chainId(chain);
        vm.assertNotEq(here, requestIdOf(gainsay, t), "another chain");
    }

    function testFuzz_TheIdsForetoldAreTheIdsGiven(bytes calldata data, string calldata uri, uint96 fee, uint64 ahead)
        public
    {
        vm.assume(bytes(uri).length <= 2048 && (data.length > 0 || bytes(uri).length > 0));
        IGainsay.Payload memory payload = IGainsay.Payload(sha256(data), uri, data);
        uint64 deadline = START + uint64(bound(ahead, 1, 365 days));
        vm.deal(requester, fee);

        for (uint256 nonce; nonce < 2; nonce++) {
            uint256 sent = nonce == 0 ? fee : 0;
            bytes32 requestId = gainsay.requestIdOf(requester, nonce, modelId, node, payload.hash, uri, sent, deadline);
            vm.prank(requester);
            vm.assertEq(gainsay.request{value: sent}(modelId, node, payload, deadline), requestId);

            bytes32 resultId = gainsay.resultIdOf(requestId, node, payload.hash, uri);
            vm.prank(node);
            vm.assertEq(gainsay.post(requestId, payload), resultId);
        }
    }

    function testFuzz_WhatWasNeverMadeHasNoStatus(bytes32 id) public {
        toPosted();
        vm.assume(gainsay.requestOf(id).requester == address(0) && gainsay.resultOf(id).node == address(0));
        assertStatus(id, IGainsay.Status.None);
    }

    function requestIdOf(IGainsay where, Terms calldata t) private view returns (bytes32) {
        return where.requestIdOf(t.requester, t.nonce, t.modelId, t.node, t.inputHash, t.inputUri, t.fee, t.deadline);
    }
}
