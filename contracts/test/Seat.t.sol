// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title What the contract in the conviction seat can do, and how far it can go
contract SeatTest is GainsayTest {
    uint64 private constant CONVICTION_END = START + CONVICTION_WINDOW;
    uint64 private constant LATEST = CONVICTION_END + 2 * CONVICTION_WINDOW;

    // ------------------------------------------------------------------------------------------------- convict

    function test_WhatIsWithheldIsRejectedForThatCause() public {
        bytes32 id = toRevealed();
        vm.expectEmit(address(gainsay));
        emit IGainsay.Rejected(id, IGainsay.Cause.Withheld, convictor, NODE_BOND, BURNT);
        vm.prank(address(conviction));
        gainsay.convict(id, convictor, IGainsay.Cause.Withheld);
        vm.assertEq(gainsay.creditOf(convictor), REWARD);
    }

    function test_RevertWhen_TheCauseIsNotTheSeatsOwn() public {
        bytes32 id = toRevealed();
        IGainsay.Cause[2] memory causes = [IGainsay.Cause.Silence, IGainsay.Cause.Ruling];
        for (uint256 i; i < causes.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.BadCause.selector, causes[i]));
            vm.prank(address(conviction));
            gainsay.convict(id, convictor, causes[i]);
        }
    }

    // -------------------------------------------------------------------------------------------------- extend

    function test_AnExtensionIsStoredAndAnnounced() public {
        bytes32 id = toRevealed();
        vm.assertEq(gainsay.resultOf(id).convictionEnd, CONVICTION_END);
        vm.expectEmit(address(gainsay));
        emit IGainsay.Extended(id, LATEST);
        extend(id, LATEST);
        vm.assertEq(gainsay.resultOf(id).windowEnd, LATEST);
        vm.assertEq(gainsay.resultOf(id).convictionEnd, CONVICTION_END);
    }

    function test_AnExtendedResultCanBeConvictedAndNotFinalized() public {
        bytes32 id = toRevealed();
        extend(id, CONVICTION_END + 1);
        pass(CONVICTION_WINDOW + 1);
        expectWindowOpen(CONVICTION_END + 1);
        gainsay.finalize(id);
        vm.prank(address(conviction));
        gainsay.convict(id, convictor, IGainsay.Cause.Conviction);
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function test_AnExtensionNeverEndsAWindowEarlierAndSaysNothingThen() public {
        bytes32 id = toRevealed();
        extend(id, CONVICTION_END + 10);
        vm.recordLogs();
        extend(id, CONVICTION_END + 9);
        extend(id, CONVICTION_END + 10);
        extend(id, 0);
        vm.assertEq(vm.getRecordedLogs().length, 0);
        vm.assertEq(gainsay.resultOf(id).windowEnd, CONVICTION_END + 10);
    }

    function test_RevertWhen_AnExtensionGoesBeyondTheBound() public {
        bytes32 id = toRevealed();
        uint64[2] memory tooFar = [LATEST + 1, type(uint64).max];
        for (uint256 i; i < tooFar.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.TooLate.selector, LATEST));
            extend(id, tooFar[i]);
        }
    }

    /// @dev The bound counts from the reveal, so that many small steps lead no further than one.
    function testFuzz_NoSeriesOfExtensionsDelaysASettlementBeyondTheBound(uint64[8] calldata steps) public {
        bytes32 id = toRevealed();
        uint64 end = CONVICTION_END;
        for (uint256 i; i < steps.length; i++) {
            uint64 until = end + uint64(bound(steps[i], 0, CONVICTION_WINDOW));
            vm.warp(bound(steps[i], block.timestamp, end));
            if (until > LATEST) vm.expectRevert(abi.encodeWithSelector(IGainsay.TooLate.selector, LATEST));
            else end = until;
            extend(id, until);
        }
        vm.warp(LATEST + 1);
        gainsay.finalize(id);
    }

    function test_RevertWhen_AWindowThatIsOverIsExtended() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW + 1);
        expectWindowOver(CONVICTION_END);
        extend(id, LATEST);
    }

    function test_RevertWhen_SomebodyElseExtends() public {
        bytes32 id = toRevealed();
        expectNotAllowed(node);
        vm.prank(node);
        gainsay.extend(id, LATEST);
    }

    // -------------------------------------------------------------------------------------------------- credit

    function test_ACreditIsWhatWasSentAlong() public {
        IGainsay.Reason[2] memory reasons = [IGainsay.Reason.DemandPaid, IGainsay.Reason.DemandReturned];
        vm.deal(address(conviction), 3 ether);
        for (uint256 i; i < reasons.length; i++) {
            expectCredited(stranger, "result", reasons[i], 1 ether);
            vm.prank(address(conviction));
            gainsay.credit{value: 1 ether}(stranger, "result", reasons[i]);
        }
        vm.assertEq(gainsay.creditOf(stranger), 2 ether);
        vm.prank(stranger);
        vm.assertEq(gainsay.withdraw(stranger), 2 ether);
    }

    function test_RevertWhen_AReasonIsNotTheSeatsOwn() public {
        for (uint8 i; i < uint8(IGainsay.Reason.DemandPaid); i++) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.BadReason.selector, i));
            vm.prank(address(conviction));
            gainsay.credit(stranger, "result", IGainsay.Reason(i));
        }
    }

    function test_RevertWhen_NobodyIsCredited() public {
        expectNotAllowed(address(0));
        vm.prank(address(conviction));
        gainsay.credit(address(0), "result", IGainsay.Reason.DemandPaid);
    }

    function test_RevertWhen_SomebodyElseCredits() public {
        expectNotAllowed(stranger);
        vm.prank(stranger);
        gainsay.credit{value: 1 ether}(stranger, "result", IGainsay.Reason.DemandPaid);
    }

    function extend(bytes32 id, uint64 until) private {
        vm.prank(address(conviction));
        gainsay.extend(id, until);
    }
}
