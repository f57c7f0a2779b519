// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../src/Gainsay.sol";
import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title Challenge, reveal, and the three ways to a rejection: who may, and when
/// @dev What each settlement pays is in Settlements.t.sol; wrong statuses of every kind are in Diagram.t.sol.
contract DisputesTest is GainsayTest {
    // ----------------------------------------------------------------------------------------------- challenge

    function test_AChallengeIsStoredAndAnnounced() public {
        bytes32 id = toPosted();
        pass(CHALLENGE_WINDOW);
        uint64 windowEnd = START + CHALLENGE_WINDOW + REVEAL_WINDOW;
        vm.expectEmit(address(gainsay));
        emit IGainsay.Challenged(id, challenger, CHALLENGE_BOND, windowEnd);
        vm.prank(challenger);
        gainsay.challenge{value: CHALLENGE_BOND}(id);

        assertStatus(id, IGainsay.Status.Challenged);
        vm.assertEq(gainsay.resultOf(id).challenger, challenger);
        vm.assertEq(gainsay.resultOf(id).windowEnd, windowEnd);
    }

    function test_RevertWhen_ChallengingAfterTheWindow() public {
        bytes32 id = toPosted();
        pass(CHALLENGE_WINDOW + 1);
        expectWindowOver(START + CHALLENGE_WINDOW);
        vm.prank(challenger);
        gainsay.challenge{value: CHALLENGE_BOND}(id);
    }

    function test_RevertWhen_AChallengePutsUpAnythingButTheBond() public {
        bytes32 id = toPosted();
        uint256[3] memory wrong = [uint256(0), CHALLENGE_BOND - 1, CHALLENGE_BOND + 1];
        for (uint256 i; i < wrong.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.WrongValue.selector, wrong[i], CHALLENGE_BOND));
            vm.prank(challenger);
            gainsay.challenge{value: wrong[i]}(id);
        }
    }

    function test_RevertWhen_ChallengingTwice() public {
        bytes32 id = toChallenged();
        expectWrongStatus(id, IGainsay.Status.Challenged);
        vm.prank(stranger);
        gainsay.challenge{value: CHALLENGE_BOND}(id);
    }

    /// A chain that reorganised may hold another result for the same request: a challenge signed for the old one must
    /// not hit it.
    function test_RevertWhen_TheResultIsNotTheOneThatWasJudged() public {
        bytes32 requestId = toRequested();
        bytes32 judged = gainsay.resultIdOf(requestId, node, keccak256("bad output"), "");
        toPostedFrom(requestId);
        expectWrongStatus(judged, IGainsay.Status.None);
        vm.prank(challenger);
        gainsay.challenge{value: CHALLENGE_BOND}(judged);
    }

    /// A request's id is not a result's id, whatever its status is.
    function test_RevertWhen_ARequestIsChallenged() public {
        bytes32 requestId = toRequested();
        toPostedFrom(requestId);
        expectWrongStatus(requestId, IGainsay.Status.None);
        vm.prank(challenger);
        gainsay.challenge{value: CHALLENGE_BOND}(requestId);
    }

    // -------------------------------------------------------------------------------------------------- reveal

    function test_ARevealIsStoredAndAnnounced() public {
        bytes32 id = toChallenged();
        pass(REVEAL_WINDOW);
        uint64 windowEnd = START + REVEAL_WINDOW + CONVICTION_WINDOW;
        vm.expectEmit(address(gainsay));
        emit IGainsay.Revealed(id, TRACE_ROOT, "ipfs://trace", windowEnd);
        vm.prank(node);
        gainsay.reveal(id, TRACE_ROOT, "ipfs://trace");

        assertStatus(id, IGainsay.Status.Revealed);
        vm.assertEq(gainsay.resultOf(id).traceRoot, TRACE_ROOT);
        vm.assertEq(gainsay.resultOf(id).windowEnd, windowEnd);
    }

    function test_RevertWhen_SomebodyElseReveals() public {
        bytes32 id = toChallenged();
        expectNotAllowed(challenger);
        vm.prank(challenger);
        gainsay.reveal(id, TRACE_ROOT, "");
    }

    function test_RevertWhen_RevealingAfterTheWindow() public {
        bytes32 id = toChallenged();
        pass(REVEAL_WINDOW + 1);
        expectWindowOver(START + REVEAL_WINDOW);
        vm.prank(node);
        gainsay.reveal(id, TRACE_ROOT, "");
    }

    function test_RevertWhen_TheTraceIsEmpty() public {
        bytes32 id = toChallenged();
        vm.expectRevert(abi.encodeWithSelector(IGainsay.EmptyTrace.selector));
        vm.prank(node);
        gainsay.reveal(id, 0, "");
    }

    function test_RevertWhen_ATracesUriIsTooLong() public {
        bytes32 id = toChallenged();
        vm.expectRevert(abi.encodeWithSelector(IGainsay.UriTooLong.selector, 2049));
        vm.prank(node);
        gainsay.reveal(id, TRACE_ROOT, uriOf(2049));
    }

    // ------------------------------------------------------------------------------------------- claim silence

    function test_SilenceLosesAndAnyoneMaySaySo() public {
        bytes32 id = toChallenged();
        pass(REVEAL_WINDOW + 1);
        vm.expectEmit(address(gainsay));
        emit IGainsay.Rejected(id, IGainsay.Cause.Silence, stranger, NODE_BOND, BURNT);
        vm.prank(stranger);
        gainsay.claimSilence(id);
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function test_RevertWhen_SilenceIsClaimedTooEarly() public {
        bytes32 id = toChallenged();
        pass(REVEAL_WINDOW);
        expectWindowOpen(START + REVEAL_WINDOW);
        vm.prank(challenger);
        gainsay.claimSilence(id);
    }

    // ---------------------------------------------------------------------------------------------------- rule

    function test_TheArbiterMayRuleUntilTheLastSecond() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        vm.expectEmit(address(gainsay));
        emit IGainsay.Rejected(id, IGainsay.Cause.Ruling, arbiter, NODE_BOND, BURNT);
        vm.prank(arbiter);
        gainsay.rule(id);
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function test_RevertWhen_SomebodyElseRules() public {
        bytes32 id = toRevealed();
        expectNotAllowed(challenger);
        vm.prank(challenger);
        gainsay.rule(id);
    }

    function test_RevertWhen_TheArbiterOfAnotherModelRules() public {
        IGainsay.Model memory model = exampleModel();
        model.arbiter = stranger;
        gainsay.registerModel(model);
        bytes32 id = toRevealed();
        expectNotAllowed(stranger);
        vm.prank(stranger);
        gainsay.rule(id);
    }

    function test_RevertWhen_TheModelHasNoArbiter() public {
        IGainsay.Model memory model = exampleModel();
        model.arbiter = address(0);
        modelId = gainsay.registerModel(model);
        bytes32 id = toRevealed();
        expectNotAllowed(arbiter);
        vm.prank(arbiter);
        gainsay.rule(id);
    }

    function test_RevertWhen_RulingAfterTheWindow() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW + 1);
        expectWindowOver(START + CONVICTION_WINDOW);
        vm.prank(arbiter);
        gainsay.rule(id);
    }

    // ------------------------------------------------------------------------------------------------- convict

    function test_TheConvictionContractMayConvictUntilTheLastSecond() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        vm.expectEmit(address(gainsay));
        emit IGainsay.Rejected(id, IGainsay.Cause.Conviction, convictor, NODE_BOND, BURNT);
        vm.prank(convictor);
        conviction.prove(gainsay, id);
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function test_RevertWhen_SomebodyElseConvicts() public {
        bytes32 id = toRevealed();
        expectNotAllowed(arbiter);
        vm.prank(arbiter);
        gainsay.convict(id, convictor, IGainsay.Cause.Conviction);
    }

    function test_RevertWhen_NobodyConvicted() public {
        bytes32 id = toRevealed();
        expectNotAllowed(address(0));
        vm.prank(address(conviction));
        gainsay.convict(id, address(0), IGainsay.Cause.Conviction);
    }

    function test_RevertWhen_TheSeatOfTheConvictionContractIsEmpty() public {
        gainsay = new Gainsay(parametersWith(address(0)));
        modelId = gainsay.registerModel(exampleModel());
        vm.prank(node);
        gainsay.bond{value: NODE_BOND}();
        bytes32 id = toRevealed();
        expectNotAllowed(convictor);
        vm.prank(convictor);
        gainsay.convict(id, convictor, IGainsay.Cause.Conviction);
    }

    function test_RevertWhen_ConvictingAfterTheWindow() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW + 1);
        expectWindowOver(START + CONVICTION_WINDOW);
        vm.prank(convictor);
        conviction.prove(gainsay, id);
    }

    // ------------------------------------------------------------------------------------------------ finalize

    function test_AResultThatStoodIsFinalizedByAnyone() public {
        bytes32 id = toPosted();
        pass(CHALLENGE_WINDOW + 1);
        vm.expectEmit(address(gainsay));
        emit IGainsay.Finalized(id);
        vm.prank(stranger);
        gainsay.finalize(id);
        assertStatus(id, IGainsay.Status.Finalized);
    }

    function test_RevertWhen_FinalizingWhileItCanBeChallenged() public {
        bytes32 id = toPosted();
        pass(CHALLENGE_WINDOW);
        expectWindowOpen(START + CHALLENGE_WINDOW);
        gainsay.finalize(id);
    }

    function test_RevertWhen_FinalizingWhileItCanBeConvicted() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        expectWindowOpen(START + CONVICTION_WINDOW);
        gainsay.finalize(id);
    }

    /// Silence loses: waiting out the reveal window must not lead to the pay.
    function test_RevertWhen_FinalizingWhatIsChallenged() public {
        bytes32 id = toChallenged();
        pass(REVEAL_WINDOW + 1);
        expectWrongStatus(id, IGainsay.Status.Challenged);
        gainsay.finalize(id);
    }
}
