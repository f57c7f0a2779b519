// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {Handler} from "./Handler.sol";
import {IConviction} from "../src/conviction/IConviction.sol";
import {ConvictionTest} from "./conviction/ConvictionTest.sol";
import {DisputeHandler} from "./conviction/DisputeHandler.sol";
import {GasBurner, Reentrant, Refuser, ReturnBomber} from "./mocks/Hostile.sol";

/// @title What holds after any moves of anybody, some of them hostile receivers
/// @dev The handlers check, move by move, that what is lawful goes through and what is not does not. The invariants
/// compare the protocol's state with the handlers' own books.
contract InvariantsTest is ConvictionTest {
    address private constant BURN = 0x000000000000000000000000000000000000dEaD;

    DisputeHandler private handler;
    Reentrant private reentrant;
    /// @dev Each person's wei in the protocol outside the handler's moves: none.
    address[] private people;

    function setUp() public override {
        super.setUp();
        vm.prank(node);
        gainsay.unbond(10 ether);
        vm.prank(node);
        gainsay.withdraw(node);

        reentrant = new Reentrant(gainsay);
        people = [requester, node, challenger, stranger];
        people.push(address(new Refuser()));
        people.push(address(new GasBurner()));
        people.push(address(new ReturnBomber()));
        people.push(address(reentrant)); // last: the handler knows that it takes money
        handler = new DisputeHandler(seat, checker, modelId, arbiter, people);
    }

    /// @notice Foundry asks whom to call.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @notice Foundry asks what to call. Settling everything is kept for the end of a run.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[27] memory chosen = [
            Handler.passTime.selector,
            Handler.bond.selector,
            Handler.unbond.selector,
            Handler.request.selector,
            Handler.post.selector,
            Handler.post.selector, // twice: without posted results nothing else happens
            Handler.expire.selector,
            Handler.challenge.selector,
            Handler.reveal.selector,
            Handler.claimSilence.selector,
            Handler.rule.selector,
            Handler.pretend.selector,
            DisputeHandler.dispute.selector,
            DisputeHandler.dispute.selector, // twice, for the same reason
            DisputeHandler.passBlock.selector,
            DisputeHandler.commit.selector,
            DisputeHandler.convict.selector,
            DisputeHandler.demand.selector,
            DisputeHandler.demand.selector,
            DisputeHandler.flood.selector,
            DisputeHandler.supply.selector,
            DisputeHandler.claimWithheld.selector,
            DisputeHandler.settleDemand.selector,
            DisputeHandler.settleDemand.selector,
            Handler.finalize.selector,
            DisputeHandler.appeal.selector,
            Handler.withdraw.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](chosen.length + 1);
        for (uint256 i; i < chosen.length; i++) {
            targets[0].selectors[i] = chosen[i];
        }
        targets[0].selectors[chosen.length] = Handler.donate.selector;
    }

    /// @dev One campaign for all: Foundry would play the same moves again for each.
    function invariant_TheProtocolAgreesWithTheBooks() public view {
        theBalanceIsBondsPlusEscrowsPlusCredits();
        noStatusMovesAgainstTheDiagram();
        nobodyWithdrawsMoreThanItWasCredited();
        lockedBondIsNodeBondTimesOpenResults();
        onlyTheBurntShareIsBurnt();
        theSeatHoldsTheFeesOfUnsettledDemandsAndNothingElse();
        aDemandsFeeEndsWithOneAccount();
        eachFurtherDemandOfAResultCostsAsMuchOrMore();
        anHonestNodeThatAnswersInTimeNeverLosesItsBond();
        aWrongResultThatIsWatchedIsNeverFinalized();
        demandsDelayASettlementByNoMoreThanTheirTerms();
    }

    function theSeatHoldsTheFeesOfUnsettledDemandsAndNothingElse() private view {
        vm.assertEq(address(seat).balance, handler.escrowedDemandFees(), "the seat holds fees of unsettled demands");
    }

    /// @dev Whose credit it is, the books say: see nobodyWithdrawsMoreThanItWasCredited.
    function aDemandsFeeEndsWithOneAccount() private view {
        for (uint256 i; i < handler.demandCount(); i++) {
            DisputeHandler.Asked memory d = handler.demandAt(i);
            IConviction.DemandRecord memory stored = seat.demandOf(d.id);
            vm.assertEq(uint256(stored.status), uint256(d.status), "a demand's status");
            vm.assertEq(stored.fee, d.fee, "what a demand cost");
        }
    }

    /// @dev For the same number of chunks. The demands are in the order in which they were made.
    function eachFurtherDemandOfAResultCostsAsMuchOrMore() private view {
        uint256[] memory last = new uint256[](handler.entryCount());
        uint256[] memory made = new uint256[](handler.entryCount());
        for (uint256 i; i < handler.demandCount(); i++) {
            DisputeHandler.Asked memory d = handler.demandAt(i);
            vm.assertLe(last[d.entry], d.fee / d.plain, "each further demand costs as much or more");
            last[d.entry] = d.fee / d.plain;
            made[d.entry]++;
        }
        for (uint256 i; i < made.length; i++) {
            bytes32 resultId = handler.entryAt(i).resultId;
            vm.assertEq(seat.demandCountOf(resultId), made[i], "how many demands were made");
            uint256 next = seat.feeOf(resultId, 0);
            vm.assertLe(last[i] * BASE_FEE, next, "the next demand costs as much or more");
            vm.assertEq(next, BASE_FEE << (made[i] / 8), "the price doubles with every eighth demand");
        }
    }

    /// @dev Whatever it was challenged for, demanded of, or copied; also when it is its own challenger.
    function anHonestNodeThatAnswersInTimeNeverLosesItsBond() private view {
        for (uint256 i; i < handler.entryCount(); i++) {
            Handler.Entry memory e = handler.entryAt(i);
            if (e.node != node) continue;
            bool lost = gainsay.statusOf(e.resultId) == IGainsay.Status.Rejected;
            vm.assertTrue(!lost, "an honest node that answers in time never loses its bond");
        }
    }

    function aWrongResultThatIsWatchedIsNeverFinalized() private view {
        for (uint256 i; i < handler.entryCount(); i++) {
            Handler.Entry memory e = handler.entryAt(i);
            if (!e.wrong) continue;
            bool stood = gainsay.statusOf(e.resultId) == IGainsay.Status.Finalized;
            vm.assertTrue(!stood, "a wrong result that is watched is never finalized");
        }
    }

    function demandsDelayASettlementByNoMoreThanTheirTerms() private view {
        for (uint256 i; i < handler.entryCount(); i++) {
            Handler.Entry memory e = handler.entryAt(i);
            if (e.convictionEnd == 0) continue;
            IGainsay.Result memory result = gainsay.resultOf(e.resultId);
            vm.assertEq(result.convictionEnd, e.convictionEnd, "convictionEnd");
            uint256 most = uint256(e.convictionEnd) + SUPPLY_WINDOW + USE_WINDOW;
            vm.assertLe(result.windowEnd, most, "demands delay a settlement by no more than their terms");
        }
    }

    function theBalanceIsBondsPlusEscrowsPlusCredits() private view {
        uint256 owed = handler.escrowedFees() + handler.escrowedChallengeBonds();
        for (uint256 i; i < people.length; i++) {
            owed += gainsay.freeBondOf(people[i]) + gainsay.lockedBondOf(people[i]) + gainsay.creditOf(people[i]);
        }
        vm.assertEq(address(gainsay).balance, owed, "the balance is bonds plus escrows plus credits");
    }

    function noStatusMovesAgainstTheDiagram() private view {
        for (uint256 i; i < handler.entryCount(); i++) {
            Handler.Entry memory e = handler.entryAt(i);
            vm.assertEq(
                uint256(gainsay.statusOf(e.requestId)),
                uint256(e.status),
                "no status moves against the diagram: request"
            );
            if (e.resultId == 0) continue;
            vm.assertEq(
                uint256(gainsay.statusOf(e.resultId)), uint256(e.status), "no status moves against the diagram: result"
            );
            vm.assertEq(gainsay.resultOf(e.resultId).windowEnd, e.end, "windowEnd");
        }
    }

    function nobodyWithdrawsMoreThanItWasCredited() private view {
        for (uint256 i; i < people.length; i++) {
            uint256 left = handler.credited(people[i]) - handler.withdrawn(people[i]);
            vm.assertEq(gainsay.creditOf(people[i]), left, "credit is what was credited less what was withdrawn");
        }
        vm.assertEq(reentrant.gains(), 0, "paid twice in one withdrawal");
    }

    function lockedBondIsNodeBondTimesOpenResults() private view {
        uint256 sum;
        for (uint256 i; i < people.length; i++) {
            uint256 locked = gainsay.lockedBondOf(people[i]);
            vm.assertEq(locked, handler.locked(people[i]), "a node's locked bond");
            vm.assertEq(gainsay.freeBondOf(people[i]), handler.free(people[i]), "a node's free bond");
            sum += locked;
        }
        vm.assertEq(sum, NODE_BOND * handler.openResults(), "locked bond is nodeBond times open results");
    }

    function onlyTheBurntShareIsBurnt() private view {
        vm.assertEq(BURN.balance, handler.burnt(), "only the burnt share is burnt, and what floods cost");
    }

    /// @notice Runs after each run: whatever was reached, everything can still be settled and everybody paid, to the
    /// last wei.
    function afterInvariant() public {
        handler.settleEverything();
        for (uint256 i; i < people.length; i++) {
            vm.assertEq(gainsay.lockedBondOf(people[i]), 0, "bond left locked");
        }
        vm.assertEq(address(gainsay).balance, 0, "wei left behind");
        vm.assertEq(address(seat).balance, 0, "a demand's fee left behind");
        // Once more: what was open when the run ended is settled now.
        this.invariant_TheProtocolAgreesWithTheBooks();
    }
}
