// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../../src/Gainsay.sol";
import {IGainsay} from "../../src/IGainsay.sol";
import {Conviction} from "../../src/conviction/Conviction.sol";
import {IConviction} from "../../src/conviction/IConviction.sol";
import {Terms} from "../../src/operators/IOperator.sol";
import {IChecker, Subject} from "../../src/proof/IChecker.sol";
import {MockChecker} from "../mocks/MockChecker.sol";
import {ConvictionTest} from "./ConvictionTest.sol";

/// @title Commit, then convict: who may, when, and what of
contract ConvictionsTest is ConvictionTest {
    // -------------------------------------------------------------------------------------------------- deployment

    function test_EachContractNamesTheOther() public view {
        vm.assertEq(gainsay.parameters().conviction, address(seat));
        vm.assertEq(address(seat.gainsay()), address(gainsay));
        vm.assertEq(address(seat.checker()), address(checker));
        vm.assertEq(seat.VERSION(), "gainsay-conviction/1");
    }

    function test_RevertWhen_GainsayNamesAnother() public {
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotSeated.selector, address(seat)));
        new Conviction(gainsay, checker, demandTerms());
    }

    function test_RevertWhen_TheCheckerHasNoCode() public {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        gainsay = new Gainsay(parametersWith(predicted));
        vm.expectRevert(abi.encodeWithSelector(IGainsay.ParameterOutOfBounds.selector, "checker"));
        new Conviction(gainsay, IChecker(stranger), demandTerms());
    }

    function test_PlainTransfersAreRefused() public {
        vm.prank(stranger);
        (bool ok,) = address(seat).call{value: 1 wei}("");
        vm.assertTrue(!ok, "wei without a purpose");
    }

    // ------------------------------------------------------------------------------------------------------ commit

    function test_ACommitmentIsStoredOnceAndAnnouncedOnce() public {
        vm.roll(77);
        vm.expectEmit(address(seat));
        emit IConviction.Committed("commitment");
        seat.commit("commitment");
        vm.assertEq(seat.committedAt("commitment"), 77);

        vm.roll(78);
        vm.recordLogs();
        vm.prank(stranger);
        seat.commit("commitment");
        vm.assertEq(vm.getRecordedLogs().length, 0);
        vm.assertEq(seat.committedAt("commitment"), 77);
    }

    function testFuzz_ACommitmentNamesConvictorResultProofAndSalt(
        address convictor_,
        bytes32 resultId,
        bytes32 proofHash,
        bytes32 salt
    ) public view {
        vm.assertEq(
            seat.commitmentOf(convictor_, resultId, proofHash, salt),
            keccak256(abi.encode(convictor_, resultId, proofHash, salt))
        );
    }

    // ----------------------------------------------------------------------------------------------------- convict

    function test_AProofConvictsAndItsConvictorIsRewarded() public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        commit(convictor, id, proof);
        nextBlock();
        vm.expectEmit(address(seat));
        emit IConviction.Convicted(id, convictor, keccak256(proof));
        vm.expectEmit(address(gainsay));
        emit IGainsay.Rejected(id, IGainsay.Cause.Conviction, convictor, NODE_BOND, BURNT);
        convict(convictor, id, proof);
        assertStatus(id, IGainsay.Status.Rejected);
        vm.assertEq(gainsay.creditOf(convictor), REWARD);
        vm.assertEq(gainsay.creditOf(challenger), CHALLENGE_BOND);
    }

    function test_TheCheckerJudgesWhatGainsayHas() public {
        checker.expect(
            Subject({
                traceRoot: TRACE_ROOT,
                graphRoot: keccak256("graph"),
                terms: Terms(IGainsay.Rule.WorstCase, 0),
                inputHash: sha256("input"),
                outputHash: sha256("output")
            })
        );
        bytes32 id = toGuilty();
        supply(node, demand(stranger, id));
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        convict(convictor, id, proofOf(TRACE_ROOT));
    }

    function test_TheCheckerJudgesByTheRegisteredLambda() public {
        IGainsay.Model memory model = exampleModel();
        (model.rule, model.lambda) = (IGainsay.Rule.Probabilistic, 11);
        modelId = gainsay.registerModel(model);
        checker.expect(
            Subject({
                traceRoot: TRACE_ROOT,
                graphRoot: keccak256("graph"),
                terms: Terms(IGainsay.Rule.Probabilistic, 11),
                inputHash: sha256("input"),
                outputHash: sha256("output")
            })
        );
        bytes32 id = toGuilty();
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        convict(convictor, id, proofOf(TRACE_ROOT));
    }

    function test_RevertWhen_TheProofShowsNothing() public {
        bytes32 id = toRevealed();
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotGuilty.selector, id));
        convict(convictor, id, proofOf(TRACE_ROOT));
    }

    function test_RevertWhen_TheProofIsMalformed() public {
        bytes32 id = toGuilty();
        commit(convictor, id, "nonsense");
        nextBlock();
        vm.expectRevert(abi.encodeWithSelector(MockChecker.BadProof.selector));
        convict(convictor, id, "nonsense");
    }

    /// A copycat sees the proof in the mempool. In the block in which it is shown, it can still commit.
    function test_RevertWhen_ACopycatCommitsInTheBlockOfTheConviction() public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        commit(convictor, id, proof);
        nextBlock();
        commit(stranger, id, proof);
        expectNotCommitted(stranger, id, proof);
        convict(stranger, id, proof);
        convict(convictor, id, proof);
        vm.assertEq(gainsay.creditOf(convictor), REWARD);
    }

    function test_RevertWhen_ACopycatUsesAnothersCommitment() public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        commit(convictor, id, proof);
        nextBlock();
        expectNotCommitted(stranger, id, proof);
        convict(stranger, id, proof);
    }

    /// A copycat with a commitment to every result, waiting for a proof to fill in.
    function test_RevertWhen_ACommitmentIsToAnotherProof() public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        commit(stranger, id, "whatever comes by");
        commit(stranger, id, "");
        nextBlock();
        expectNotCommitted(stranger, id, proof);
        convict(stranger, id, proof);
    }

    function test_RevertWhen_ACommitmentIsToAnotherResult() public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        commit(convictor, "another result", proof);
        nextBlock();
        expectNotCommitted(convictor, id, proof);
        convict(convictor, id, proof);
    }

    function test_RevertWhen_TheSaltIsAnother() public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        commit(convictor, id, proof);
        nextBlock();
        bytes32 commitment = seat.commitmentOf(convictor, id, keccak256(proof), "pepper");
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotCommitted.selector, commitment));
        vm.prank(convictor);
        seat.convict(id, proof, "pepper");
    }

    /// A copycat who repeats a commitment must not make it too young.
    function test_ACopycatCannotRenewACommitment() public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        commit(convictor, id, proof);
        nextBlock();
        bytes32 commitment = seat.commitmentOf(convictor, id, keccak256(proof), SALT);
        vm.prank(stranger);
        seat.commit(commitment);
        convict(convictor, id, proof);
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function testFuzz_OnlyTheVeryCommitmentOfAnEarlierBlockConvicts(uint8 differ, uint8 blocks) public {
        bytes32 id = toGuilty();
        bytes memory proof = proofOf(TRACE_ROOT);
        seat.commit(
            seat.commitmentOf(
                differ & 1 == 0 ? convictor : stranger,
                differ & 2 == 0 ? id : bytes32("another result"),
                differ & 4 == 0 ? keccak256(proof) : keccak256("another proof"),
                differ & 8 == 0 ? SALT : bytes32("another salt")
            )
        );
        vm.roll(block.number + blocks % 3);
        bool may = differ & 15 == 0 && blocks % 3 != 0;
        if (!may) expectNotCommitted(convictor, id, proof);
        convict(convictor, id, proof);
        assertStatus(id, may ? IGainsay.Status.Rejected : IGainsay.Status.Revealed);
    }

    function test_RevertWhen_ConvictingAfterTheWindow() public {
        bytes32 id = toGuilty();
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        pass(CONVICTION_WINDOW + 1);
        expectWindowOver(CONVICTION_END);
        convict(convictor, id, proofOf(TRACE_ROOT));
    }

    function test_RevertWhen_TheResultIsNotRevealed() public {
        checker.condemn(TRACE_ROOT);
        bytes32[5] memory ids = [bytes32("unknown"), toPosted(), toChallenged(), toRejected(), toFinalized()];
        for (uint256 i; i < ids.length; i++) {
            commit(convictor, ids[i], proofOf(TRACE_ROOT));
            nextBlock();
            expectWrongStatus(ids[i], gainsay.statusOf(ids[i]));
            convict(convictor, ids[i], proofOf(TRACE_ROOT));
        }
    }

    /// A graph root that no rule stands behind was never checked by anybody.
    function test_RevertWhen_TheModelLeavesDisputesToItsArbiter() public {
        modelId = gainsay.registerModel(arbitratedModel());
        bytes32 id = toGuilty();
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotProvable.selector, modelId));
        convict(convictor, id, proofOf(TRACE_ROOT));

        uint256 fee = seat.feeOf(id, 4);
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotProvable.selector, modelId));
        vm.prank(stranger);
        seat.demand{value: fee}(id, exampleDemand(), "opens");
    }

    /// What convicts one result leaves every other as it was, also of the same node with the same trace.
    function test_AConvictionTouchesOneResultOnly() public {
        bytes32 id = toGuilty();
        bytes32 other = toRevealed();
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        convict(convictor, id, proofOf(TRACE_ROOT));
        assertStatus(other, IGainsay.Status.Revealed);
        vm.assertEq(gainsay.lockedBondOf(node), NODE_BOND);
        expectNotCommitted(convictor, other, proofOf(TRACE_ROOT));
        convict(convictor, other, proofOf(TRACE_ROOT));
    }

    /// Whoever is guilty and convicts itself gets a part of its bond back, and always loses the rest.
    function test_ANodeThatChallengesAndConvictsItselfLoses() public {
        checker.condemn(TRACE_ROOT);
        bytes32 requestId = toRequested();
        uint256 before = gainsay.freeBondOf(node) + node.balance;
        bytes32 id = toPostedFrom(requestId);
        vm.prank(node);
        gainsay.challenge{value: CHALLENGE_BOND}(id);
        vm.prank(node);
        gainsay.reveal(id, TRACE_ROOT, "");
        commit(node, id, proofOf(TRACE_ROOT));
        nextBlock();
        convict(node, id, proofOf(TRACE_ROOT));
        vm.prank(node);
        gainsay.withdraw(node);
        vm.assertEq(before - gainsay.freeBondOf(node) - node.balance, BURNT + COMPENSATION);
    }

    function arbitratedModel() private view returns (IGainsay.Model memory model) {
        model = exampleModel();
        model.rule = IGainsay.Rule.Arbiter;
    }
}
