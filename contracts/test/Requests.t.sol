// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title From a request to a posted result, or to its expiry
contract RequestsTest is GainsayTest {
    // ------------------------------------------------------------------------------------------------- request

    function test_ARequestEscrowsItsFeeAndIsAnnounced() public {
        bytes32 id = gainsay.requestIdOf(requester, 0, modelId, node, input.hash, "", FEE, DEADLINE);
        uint256 before = address(gainsay).balance;
        vm.expectEmit(address(gainsay));
        emit IGainsay.Requested(id, modelId, requester, node, FEE, DEADLINE, input);
        vm.assertEq(toRequested(), id);

        IGainsay.Request memory r = gainsay.requestOf(id);
        vm.assertEq(r.requester, requester);
        vm.assertEq(r.node, node);
        vm.assertEq(r.modelId, modelId);
        vm.assertEq(r.fee, FEE);
        vm.assertEq(r.deadline, DEADLINE);
        vm.assertEq(r.resultId, 0);
        assertStatus(id, IGainsay.Status.Requested);
        vm.assertEq(address(gainsay).balance - before, FEE);
        vm.assertEq(gainsay.nonceOf(requester), 1);
    }

    function test_TheSameRequestTwiceIsTwoRequests() public {
        vm.assertNotEq(toRequested(), toRequested(), "the nonce tells them apart");
        vm.assertEq(gainsay.nonceOf(requester), 2);
    }

    function test_ARequestNeedNotCarryAFee() public {
        vm.prank(requester);
        bytes32 id = gainsay.request(modelId, node, input, DEADLINE);
        vm.warp(DEADLINE + 1);
        gainsay.expire(id);
        vm.assertEq(gainsay.creditOf(requester), 0);
    }

    function test_TheFurthestDeadlineIsAYearAhead() public {
        gainsay.request(modelId, node, input, START + 365 days);
    }

    function test_RevertWhen_TheModelIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.UnknownModel.selector, bytes32("none")));
        gainsay.request("none", node, input, DEADLINE);
    }

    function test_RevertWhen_TheDeadlineIsNowOrEarlierOrTooFar() public {
        uint64[5] memory deadlines = [0, START - 1, START, START + 365 days + 1, type(uint64).max];
        for (uint256 i; i < deadlines.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.BadDeadline.selector, deadlines[i]));
            gainsay.request(modelId, node, input, deadlines[i]);
        }
    }

    function test_RevertWhen_AnInputHasNeitherDataNorUri() public {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.EmptyPayload.selector));
        gainsay.request(modelId, node, byUri(input.hash, ""), DEADLINE);
    }

    function test_RevertWhen_InlineInputDoesNotHaveItsHash() public {
        IGainsay.Payload memory lie = input;
        lie.hash = bytes32("lie");
        vm.expectRevert(abi.encodeWithSelector(IGainsay.HashMismatch.selector, bytes32("lie"), input.hash));
        gainsay.request(modelId, node, lie, DEADLINE);
    }

    function test_RevertWhen_AnInputsUriIsTooLong() public {
        gainsay.request(modelId, node, byUri(input.hash, uriOf(2048)), DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IGainsay.UriTooLong.selector, 2049));
        gainsay.request(modelId, node, byUri(input.hash, uriOf(2049)), DEADLINE);
    }

    // ---------------------------------------------------------------------------------------------------- post

    function test_APostedResultIsStoredAndAnnounced() public {
        bytes32 requestId = toRequested();
        bytes32 id = gainsay.resultIdOf(requestId, node, output.hash, "");
        vm.expectEmit(address(gainsay));
        emit IGainsay.Posted(id, requestId, node, START + CHALLENGE_WINDOW, NODE_BOND, output);
        vm.assertEq(toPostedFrom(requestId), id);

        IGainsay.Result memory s = gainsay.resultOf(id);
        vm.assertEq(s.requestId, requestId);
        vm.assertEq(s.node, node);
        vm.assertEq(s.windowEnd, START + CHALLENGE_WINDOW);
        vm.assertEq(s.challenger, address(0));
        vm.assertEq(s.traceRoot, 0);
        vm.assertEq(gainsay.requestOf(requestId).resultId, id);
        assertStatus(id, IGainsay.Status.Posted);
        assertStatus(requestId, IGainsay.Status.Posted);
    }

    function test_AnyBondedNodeMayAnswerAnOpenRequest() public {
        vm.prank(requester);
        bytes32 requestId = gainsay.request{value: FEE}(modelId, address(0), input, DEADLINE);
        vm.prank(stranger);
        gainsay.bond{value: NODE_BOND}();
        vm.prank(stranger);
        bytes32 resultId = gainsay.post(requestId, byUri(output.hash, "ipfs://output"));
        vm.assertEq(gainsay.resultOf(resultId).node, stranger);
        vm.assertEq(gainsay.lockedBondOf(stranger), NODE_BOND);
    }

    function test_APostInTheLastSecondIsInTime() public {
        bytes32 requestId = toRequested();
        vm.warp(DEADLINE);
        toPostedFrom(requestId);
    }

    function test_RevertWhen_PostingAfterTheDeadline() public {
        bytes32 requestId = toRequested();
        vm.warp(DEADLINE + 1);
        expectWindowOver(DEADLINE);
        vm.prank(node);
        gainsay.post(requestId, output);
    }

    function test_RevertWhen_AnotherNodePosts() public {
        bytes32 requestId = toRequested();
        vm.prank(stranger);
        gainsay.bond{value: NODE_BOND}();
        expectNotAllowed(stranger);
        vm.prank(stranger);
        gainsay.post(requestId, output);
    }

    function test_RevertWhen_AnUnbondedNodeAnswersAnOpenRequest() public {
        vm.prank(requester);
        bytes32 requestId = gainsay.request{value: FEE}(modelId, address(0), input, DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IGainsay.BondTooSmall.selector, 0, NODE_BOND));
        vm.prank(stranger);
        gainsay.post(requestId, output);
    }

    function test_RevertWhen_PostingTwice() public {
        bytes32 requestId = toRequested();
        toPostedFrom(requestId);
        expectWrongStatus(requestId, IGainsay.Status.Posted);
        vm.prank(node);
        gainsay.post(requestId, output);
    }

    function test_RevertWhen_PostingForNoRequest() public {
        expectWrongStatus("none", IGainsay.Status.None);
        vm.prank(node);
        gainsay.post("none", output);
    }

    function test_RevertWhen_AnOutputHasNeitherDataNorUri() public {
        bytes32 requestId = toRequested();
        vm.expectRevert(abi.encodeWithSelector(IGainsay.EmptyPayload.selector));
        vm.prank(node);
        gainsay.post(requestId, byUri(output.hash, ""));
    }

    function test_RevertWhen_InlineOutputDoesNotHaveItsHash() public {
        bytes32 requestId = toRequested();
        IGainsay.Payload memory lie = output;
        lie.hash = 0;
        vm.expectRevert(abi.encodeWithSelector(IGainsay.HashMismatch.selector, bytes32(0), output.hash));
        vm.prank(node);
        gainsay.post(requestId, lie);
    }

    function test_RevertWhen_AnOutputsUriIsTooLong() public {
        bytes32 requestId = toRequested();
        vm.expectRevert(abi.encodeWithSelector(IGainsay.UriTooLong.selector, 2049));
        vm.prank(node);
        gainsay.post(requestId, byUri(output.hash, uriOf(2049)));
    }

    function testFuzz_InlineDataAreTakenUnderTheirHashOnly(bytes calldata data, bytes32 hash) public {
        vm.assume(data.length > 0 && hash != sha256(data));
        bytes32 actual = sha256(data);
        gainsay.request(modelId, node, IGainsay.Payload(actual, "", data), DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IGainsay.HashMismatch.selector, hash, actual));
        gainsay.request(modelId, node, IGainsay.Payload(hash, "", data), DEADLINE);
    }

    // -------------------------------------------------------------------------------------------------- expire

    function test_AnExpiredRequestGivesItsFeeBack() public {
        bytes32 requestId = toRequested();
        vm.warp(DEADLINE + 1);
        vm.expectEmit(address(gainsay));
        emit IGainsay.Expired(requestId);
        expectCredited(requester, requestId, IGainsay.Reason.Refund, FEE);
        vm.prank(stranger);
        gainsay.expire(requestId);
        assertStatus(requestId, IGainsay.Status.Expired);
        vm.assertEq(gainsay.creditOf(requester), FEE);
    }

    function test_RevertWhen_ExpiringBeforeTheDeadlineIsOver() public {
        bytes32 requestId = toRequested();
        vm.warp(DEADLINE);
        expectWindowOpen(DEADLINE);
        gainsay.expire(requestId);
    }

    function test_RevertWhen_ExpiringAnAnsweredRequest() public {
        bytes32 requestId = toRequested();
        toPostedFrom(requestId);
        vm.warp(DEADLINE + 1);
        expectWrongStatus(requestId, IGainsay.Status.Posted);
        gainsay.expire(requestId);
    }
}
