// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../../src/Gainsay.sol";
import {IGainsay} from "../../src/IGainsay.sol";
import {Conviction} from "../../src/conviction/Conviction.sol";
import {IConviction} from "../../src/conviction/IConviction.sol";
import {Demand} from "../../src/proof/IChecker.sol";
import {MockChecker} from "../mocks/MockChecker.sol";
import {ConvictionTest} from "./ConvictionTest.sol";

/// @title Demand, supply, withholding: who may, when, and who pays
contract DemandsTest is ConvictionTest {
    uint256 private constant DEMAND_FEE = BASE_FEE + 4 * CHUNK_FEE;

    // ------------------------------------------------------------------------------------------------------ demand

    function test_ADemandIsStoredAndAnnounced() public {
        bytes32 id = toRevealed();
        pass(10);
        uint64 until = START + 10 + SUPPLY_WINDOW;
        bytes32 demandId = seat.demandIdOf(id, exampleDemand());
        vm.expectEmit(address(seat));
        emit IConviction.Demanded(id, demandId, stranger, 2, 3, 4, until, DEMAND_FEE);
        vm.assertEq(demand(stranger, id), demandId);

        IConviction.DemandRecord memory d = seat.demandOf(demandId);
        vm.assertEq(d.resultId, id);
        vm.assertEq(d.demander, stranger);
        vm.assertEq(d.until, until);
        vm.assertEq(d.fee, DEMAND_FEE);
        vm.assertEq(keccak256(abi.encode(d.demand)), keccak256(abi.encode(exampleDemand())));
        assertDemandStatus(demandId, IConviction.DemandStatus.Open);
        vm.assertEq(address(seat).balance, DEMAND_FEE);
    }

    function test_ADemandKeepsTheResultOpenUntilItsSupplyCanBeUsed() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        uint64 end = CONVICTION_END + SUPPLY_WINDOW + USE_WINDOW;
        vm.expectEmit(address(gainsay));
        emit IGainsay.Extended(id, end);
        demand(stranger, id);
        vm.assertEq(gainsay.resultOf(id).windowEnd, end);
        vm.warp(end);
        expectWindowOpen(end);
        gainsay.finalize(id);
    }

    function test_AnEarlyDemandExtendsNothing() public {
        bytes32 id = toRevealed();
        demand(stranger, id);
        vm.assertEq(gainsay.resultOf(id).windowEnd, CONVICTION_END);
    }

    function test_AHeaderAloneCostsTheBaseFee() public {
        bytes32 id = toRevealed();
        demandWith(stranger, id, Demand(1, 0, 0));
        vm.assertEq(address(seat).balance, BASE_FEE);
    }

    function test_AsManyChunksAsAllowedCanBeDemanded() public {
        bytes32 id = toRevealed();
        demandWith(stranger, id, Demand(0, 0, 16));
        vm.assertEq(address(seat).balance, BASE_FEE + 16 * CHUNK_FEE);
    }

    function test_RevertWhen_TooManyChunksAreDemanded() public {
        bytes32 id = toRevealed();
        uint256 fee = seat.feeOf(id, 17);
        vm.expectRevert(abi.encodeWithSelector(IConviction.TooManyChunks.selector, 17));
        vm.prank(stranger);
        seat.demand{value: fee}(id, Demand(0, 0, 17), "opens");
    }

    function test_RevertWhen_NoHonestNodeCouldSupplyIt() public {
        bytes32 id = toRevealed();
        Demand[3] memory impossible = [Demand(8, 0, 1), Demand(0, 64, 1), Demand(0, 1, 0)];
        for (uint256 i; i < impossible.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IConviction.NotDemandable.selector, id));
            this.demandAs(stranger, id, impossible[i], "opens");
        }
        vm.expectRevert(abi.encodeWithSelector(MockChecker.BadProof.selector));
        this.demandAs(stranger, id, exampleDemand(), "does not open");
    }

    function test_RevertWhen_TheSameIsDemandedAgain() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(stranger, id);
        vm.expectRevert(abi.encodeWithSelector(IConviction.DemandExists.selector, demandId));
        this.demandAs(convictor, id, exampleDemand(), "opens");
        supply(node, demandId);
        vm.expectRevert(abi.encodeWithSelector(IConviction.DemandExists.selector, demandId));
        this.demandAs(stranger, id, exampleDemand(), "opens");
    }

    function test_TheSameCanBeDemandedOfAnotherResult() public {
        bytes32 one = demand(stranger, toRevealed());
        bytes32 other = demand(stranger, toRevealed());
        supply(node, one);
        assertDemandStatus(one, IConviction.DemandStatus.Supplied);
        assertDemandStatus(other, IConviction.DemandStatus.Open);
    }

    /// Within the window as the reveal set it: demands must not breed time for demands.
    function test_RevertWhen_DemandingInAnExtendedWindow() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        demand(stranger, id);
        pass(1);
        expectWindowOver(CONVICTION_END);
        this.demandAs(stranger, id, Demand(0, 0, 1), "opens");
    }

    function test_RevertWhen_DemandingOfWhatIsNotRevealed() public {
        bytes32[5] memory ids = [bytes32("unknown"), toPosted(), toChallenged(), toRejected(), toFinalized()];
        for (uint256 i; i < ids.length; i++) {
            expectWrongStatus(ids[i], gainsay.statusOf(ids[i]));
            this.demandAs(stranger, ids[i], exampleDemand(), "opens");
        }
    }

    function testFuzz_NoDemandsDelayASettlementBeyondTheTerms(uint256[8] calldata seeds) public {
        bytes32 id = toRevealed();
        for (uint256 i; i < seeds.length; i++) {
            vm.warp(bound(seeds[i], block.timestamp, CONVICTION_END));
            demandWith(stranger, id, Demand(uint32(i), uint32(seeds[i] % 32), uint32(1 + seeds[i] % 16)));
        }
        vm.warp(CONVICTION_END + SUPPLY_WINDOW + USE_WINDOW + 1);
        gainsay.finalize(id);
    }

    // ------------------------------------------------------------------------------------------------------ supply

    function test_AnybodySuppliesUntilTheLastSecondAndTheDataAreInTheLog() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(stranger, id);
        pass(SUPPLY_WINDOW);
        vm.expectEmit(address(seat));
        emit IConviction.Supplied(id, demandId, requester, checker.partOf(TRACE_ROOT, exampleDemand()));
        supply(requester, demandId);
        assertDemandStatus(demandId, IConviction.DemandStatus.Supplied);
    }

    function test_WhatWasSuppliedAtTheLastSecondCanStillConvict() public {
        bytes32 id = toGuilty();
        pass(CONVICTION_WINDOW);
        bytes32 demandId = demand(convictor, id);
        pass(SUPPLY_WINDOW);
        supply(node, demandId);
        pass(USE_WINDOW - 1);
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        pass(1);
        convict(convictor, id, proofOf(TRACE_ROOT));
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function test_RevertWhen_SupplyingAfterTheTime() public {
        bytes32 demandId = demand(stranger, toRevealed());
        pass(SUPPLY_WINDOW + 1);
        bytes memory data = checker.partOf(TRACE_ROOT, exampleDemand());
        expectWindowOver(START + SUPPLY_WINDOW);
        this.supplyAs(node, demandId, data);
    }

    function test_RevertWhen_SomethingElseIsSupplied() public {
        bytes32 demandId = demand(stranger, toRevealed());
        bytes memory data = checker.partOf(TRACE_ROOT, Demand(2, 3, 5));
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotDemanded.selector, demandId));
        this.supplyAs(node, demandId, data);
    }

    function test_RevertWhen_SupplyingTwiceOrWhatNobodyDemanded() public {
        bytes32 demandId = demand(stranger, toRevealed());
        supply(node, demandId);
        expectWrongDemandStatus(demandId, IConviction.DemandStatus.Supplied);
        this.supplyAs(node, demandId, "");
        expectWrongDemandStatus("unknown", IConviction.DemandStatus.None);
        this.supplyAs(node, "unknown", "");
    }

    function test_RevertWhen_SupplyingForWhatIsSettled() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(stranger, id);
        vm.prank(arbiter);
        gainsay.rule(id);
        expectWrongStatus(id, IGainsay.Status.Rejected);
        this.supplyAs(node, demandId, "");
    }

    // -------------------------------------------------------------------------------------------------- withholding

    function test_WhoWithholdsLosesAndTheDemanderIsRewardedWhoeverClaims() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(convictor, id);
        pass(SUPPLY_WINDOW + 1);
        vm.expectEmit(address(seat));
        emit IConviction.Withheld(id, demandId, convictor);
        vm.expectEmit(address(gainsay));
        emit IGainsay.Rejected(id, IGainsay.Cause.Withheld, convictor, NODE_BOND, BURNT);
        vm.expectEmit(address(seat));
        emit IConviction.DemandSettled(id, demandId, IConviction.DemandStatus.Returned, 0);
        expectCredited(convictor, id, IGainsay.Reason.DemandReturned, DEMAND_FEE);
        vm.prank(stranger);
        seat.claimWithheld(demandId);
        vm.assertEq(gainsay.creditOf(convictor), REWARD + DEMAND_FEE);
        assertDemandStatus(demandId, IConviction.DemandStatus.Returned);
        vm.assertEq(address(seat).balance, 0);
    }

    function test_RevertWhen_TheFeeOfAClaimedDemandIsFetchedAgain() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(convictor, id);
        // So that there would be wei to be paid again.
        demandWith(stranger, id, Demand(0, 0, 0));
        pass(SUPPLY_WINDOW + 1);
        seat.claimWithheld(demandId);
        expectWrongDemandStatus(demandId, IConviction.DemandStatus.Returned);
        seat.settleDemand(demandId);
    }

    function test_WithholdingCanBeClaimedUntilTheEndOfTheExtendedWindow() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW);
        bytes32 demandId = demand(convictor, id);
        pass(SUPPLY_WINDOW + USE_WINDOW);
        seat.claimWithheld(demandId);
        assertStatus(id, IGainsay.Status.Rejected);
    }

    function test_RevertWhen_ThereIsStillTimeToSupply() public {
        bytes32 demandId = demand(convictor, toRevealed());
        pass(SUPPLY_WINDOW);
        expectWindowOpen(START + SUPPLY_WINDOW);
        seat.claimWithheld(demandId);
    }

    function test_RevertWhen_ItWasSupplied() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(convictor, id);
        supply(node, demandId);
        pass(SUPPLY_WINDOW + 1);
        expectWrongDemandStatus(demandId, IConviction.DemandStatus.Supplied);
        seat.claimWithheld(demandId);
        assertStatus(id, IGainsay.Status.Revealed);
    }

    function test_RevertWhen_WithholdingIsClaimedAfterTheWindow() public {
        bytes32 demandId = demand(convictor, toRevealed());
        pass(CONVICTION_WINDOW + 1);
        expectWindowOver(CONVICTION_END);
        seat.claimWithheld(demandId);
    }

    function test_RevertWhen_WithholdingIsClaimedTwice() public {
        bytes32 id = toRevealed();
        bytes32 one = demand(convictor, id);
        bytes32 other = demandWith(stranger, id, Demand(0, 0, 0));
        pass(SUPPLY_WINDOW + 1);
        seat.claimWithheld(one);
        expectWrongDemandStatus(one, IConviction.DemandStatus.Returned);
        seat.claimWithheld(one);
        expectWrongStatus(id, IGainsay.Status.Rejected);
        seat.claimWithheld(other);
    }

    // --------------------------------------------------------------------------------------------------- settlement

    function test_AnHonestNodeIsPaidForWhatItSupplied() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(stranger, id);
        supply(requester, demandId);
        pass(CONVICTION_WINDOW + 1);
        gainsay.finalize(id);
        vm.expectEmit(address(seat));
        emit IConviction.DemandSettled(id, demandId, IConviction.DemandStatus.Paid, 0);
        expectCredited(node, id, IGainsay.Reason.DemandPaid, DEMAND_FEE);
        seat.settleDemand(demandId);
        assertDemandStatus(demandId, IConviction.DemandStatus.Paid);
        vm.assertEq(address(seat).balance, 0);
    }

    function test_WhoDemandedOfAGuiltyNodeLosesNothing() public {
        bytes32 id = toGuilty();
        bytes32 demandId = demand(stranger, id);
        supply(node, demandId);
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        convict(convictor, id, proofOf(TRACE_ROOT));
        vm.expectEmit(address(seat));
        emit IConviction.DemandSettled(id, demandId, IConviction.DemandStatus.Returned, 0);
        expectCredited(stranger, id, IGainsay.Reason.DemandReturned, DEMAND_FEE);
        seat.settleDemand(demandId);
        assertDemandStatus(demandId, IConviction.DemandStatus.Returned);
    }

    function test_WhatWasNotSuppliedIsNotPaid() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(stranger, id);
        pass(CONVICTION_WINDOW + 1);
        gainsay.finalize(id);
        expectCredited(stranger, id, IGainsay.Reason.DemandReturned, DEMAND_FEE);
        seat.settleDemand(demandId);
    }

    function test_RevertWhen_TheResultIsNotSettled() public {
        bytes32 id = toRevealed();
        bytes32 demandId = demand(stranger, id);
        expectWrongStatus(id, IGainsay.Status.Revealed);
        seat.settleDemand(demandId);
        supply(node, demandId);
        expectWrongStatus(id, IGainsay.Status.Revealed);
        seat.settleDemand(demandId);
    }

    function test_RevertWhen_ADemandIsSettledTwice() public {
        bytes32 id = toRevealed();
        bytes32 paid = demand(stranger, id);
        bytes32 returned = demandWith(stranger, id, Demand(0, 0, 0));
        // So that a second settlement would find the wei to be paid again.
        bytes32 other = toRevealed();
        demand(stranger, other);
        supply(node, paid);
        vm.warp(gainsay.resultOf(id).windowEnd + 1);
        gainsay.finalize(id);
        seat.settleDemand(paid);
        seat.settleDemand(returned);
        expectWrongDemandStatus(paid, IConviction.DemandStatus.Paid);
        seat.settleDemand(paid);
        expectWrongDemandStatus(returned, IConviction.DemandStatus.Returned);
        seat.settleDemand(returned);
        expectWrongDemandStatus("unknown", IConviction.DemandStatus.None);
        seat.settleDemand("unknown");
        vm.assertEq(address(seat).balance, DEMAND_FEE);
    }

    // ------------------------------------------------------------------------------------------------------- terms

    function test_TheTermsAreWhatWasDeployed() public view {
        vm.assertEq(keccak256(abi.encode(seat.demandTerms())), keccak256(abi.encode(demandTerms())));
    }

    function test_TheTermsHaveBounds() public {
        IConviction.DemandTerms memory t = demandTerms();
        (t.supplyWindow, t.useWindow) = (5, 5);
        deployWith(t, "");
        (t.supplyWindow, t.useWindow) = (CONVICTION_WINDOW - 5, 5);
        deployWith(t, "");
        (t.baseFee, t.chunkFee) = (1 gwei, 1 gwei);
        deployWith(t, "");
        (t.baseFee, t.chunkFee) = (1 ether, 1 ether);
        deployWith(t, "");
    }

    function test_RevertWhen_ATermIsOutOfBounds() public {
        uint64[3] memory windows = [uint64(4), CONVICTION_WINDOW + 1, type(uint64).max];
        uint256[3] memory fees = [uint256(1 gwei - 1), 1 ether + 1, type(uint256).max];
        for (uint256 i; i < 3; i++) {
            IConviction.DemandTerms memory t = demandTerms();
            t.supplyWindow = windows[i];
            deployWith(t, "supplyWindow");
            t = demandTerms();
            t.useWindow = windows[i];
            deployWith(t, "useWindow");
            t = demandTerms();
            t.baseFee = fees[i];
            deployWith(t, "baseFee");
            t = demandTerms();
            t.chunkFee = fees[i];
            deployWith(t, "chunkFee");
        }
        IConviction.DemandTerms memory together = demandTerms();
        together.useWindow = CONVICTION_WINDOW - SUPPLY_WINDOW + 1;
        deployWith(together, "useWindow");
    }

    // ------------------------------------------------------------------------------------------------------ helpers

    function deployWith(IConviction.DemandTerms memory terms, string memory refused) private {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        IGainsay fresh = new Gainsay(parametersWith(predicted));
        if (bytes(refused).length != 0) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.ParameterOutOfBounds.selector, refused));
        }
        new Conviction(fresh, checker, terms);
    }

    /// @dev External, so that an expected revert is of this call and not of the view that precedes it.
    function demandAs(address account, bytes32 id, Demand calldata what, bytes calldata proof) external {
        uint256 fee = seat.feeOf(id, what.count);
        vm.prank(account);
        seat.demand{value: fee}(id, what, proof);
    }

    function supplyAs(address account, bytes32 demandId, bytes calldata data) external {
        vm.prank(account);
        seat.supply(demandId, data);
    }
}
