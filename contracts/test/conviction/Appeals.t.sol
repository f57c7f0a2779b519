// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../../src/IGainsay.sol";
import {IConviction} from "../../src/conviction/IConviction.sol";
import {Demand} from "../../src/proof/IChecker.sol";
import {ConvictionTest} from "./ConvictionTest.sol";

/// @title Appeals to a model's arbiter
contract AppealsTest is ConvictionTest {
    /// @dev Made in advance: sha256 is a call, and would use up an expected revert.
    bytes32 private immutable REPLAY = sha256("replay");

    function test_AnAppealIsAnnouncedAndChangesNothing() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        vm.expectEmit(address(seat));
        emit IConviction.Appealed(id, stranger, REPLAY, "ipfs://replay", "replay");
        appeal(stranger, id, REPLAY, "ipfs://replay", "replay");
        vm.assertTrue(seat.hasAppealed(id, stranger), "appealed");
        vm.assertTrue(!seat.hasAppealed(id, convictor), "not appealed");
        assertStatus(id, IGainsay.Status.Revealed);
        vm.assertEq(gainsay.resultOf(id).windowEnd, CONVICTION_END);
        vm.prank(arbiter);
        gainsay.rule(id);
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function test_AModelThatOnlyItsArbiterJudgesHasAppeals() public {
        IGainsay.Model memory model = exampleModel();
        model.rule = IGainsay.Rule.Arbiter;
        modelId = gainsay.registerModel(model);
        appeal(stranger, toRevealed(), REPLAY, "", "replay");
    }

    function test_AnExtendedWindowIsOpenToAppeals() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        demandWith(convictor, id, Demand(0, 0, 0));
        pass(SUPPLY_WINDOW + USE_WINDOW);
        appeal(stranger, id, REPLAY, "", "replay");
    }

    function test_EverybodyMayAppealOnceAndNobodyTwice() public {
        bytes32 id = toRevealed();
        appeal(stranger, id, REPLAY, "", "replay");
        appeal(convictor, id, REPLAY, "", "replay");
        appeal(stranger, toRevealed(), REPLAY, "", "replay");
        vm.expectRevert(abi.encodeWithSelector(IConviction.AppealExists.selector, id, stranger));
        appeal(stranger, id, REPLAY, "", "replay");
    }

    function test_RevertWhen_ThereIsNoArbiter() public {
        IGainsay.Model memory model = exampleModel();
        model.arbiter = address(0);
        modelId = gainsay.registerModel(model);
        bytes32 id = toRevealed();
        vm.expectRevert(abi.encodeWithSelector(IConviction.NoArbiter.selector, modelId));
        appeal(stranger, id, REPLAY, "", "replay");
    }

    function test_RevertWhen_AppealingAfterTheWindow() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW + 1);
        expectWindowOver(CONVICTION_END);
        appeal(stranger, id, REPLAY, "", "replay");
    }

    function test_RevertWhen_TheResultIsNotRevealed() public {
        bytes32[5] memory ids = [bytes32("unknown"), toPosted(), toChallenged(), toRejected(), toFinalized()];
        for (uint256 i; i < ids.length; i++) {
            expectWrongStatus(ids[i], gainsay.statusOf(ids[i]));
            appeal(stranger, ids[i], keccak256("any"), "ipfs://replay", "");
        }
    }

    function test_RevertWhen_TheEvidenceIsMissingOrNotWhatItsHashSays() public {
        bytes32 id = toRevealed();
        vm.expectRevert(abi.encodeWithSelector(IGainsay.EmptyPayload.selector));
        appeal(stranger, id, keccak256("any"), "", "");
        vm.expectRevert(abi.encodeWithSelector(IGainsay.HashMismatch.selector, keccak256("any"), REPLAY));
        appeal(stranger, id, keccak256("any"), "", "replay");
        vm.expectRevert(abi.encodeWithSelector(IGainsay.UriTooLong.selector, 2049));
        appeal(stranger, id, keccak256("any"), uriOf(2049), "");
    }

    function appeal(address account, bytes32 id, bytes32 hash, string memory uri, bytes memory data) private {
        vm.prank(account);
        seat.appeal(id, hash, uri, data);
    }
}
