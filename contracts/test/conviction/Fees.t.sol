// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../../src/Gainsay.sol";
import {IGainsay} from "../../src/IGainsay.sol";
import {Conviction} from "../../src/conviction/Conviction.sol";
import {IConviction} from "../../src/conviction/IConviction.sol";
import {Demand} from "../../src/proof/IChecker.sol";
import {ConvictionTest} from "./ConvictionTest.sol";

/// @title What many demands of one result cost, and whom
contract FeesTest is ConvictionTest {
    uint256 private constant DEMAND_FEE = BASE_FEE + 4 * CHUNK_FEE;
    address private constant BURN = 0x000000000000000000000000000000000000dEaD;

    function setUp() public override {
        super.setUp();
        checker.enlarge(1000);
    }

    // ------------------------------------------------------------------------------------------------------ the fee

    function test_TheFeeDoublesWithEveryEighthDemandOfAResult() public {
        bytes32 id = toRevealed();
        bytes32 other = toRevealed();
        for (uint256 i; i < 40; i++) {
            vm.assertEq(seat.demandCountOf(id), i);
            vm.assertEq(seat.feeOf(id, 0), BASE_FEE << (i / 8));
            vm.assertEq(seat.feeOf(id, 16), (BASE_FEE + 16 * CHUNK_FEE) << (i / 8));
            vm.assertEq(seat.demandOf(demandNth(stranger, id, i)).fee, BASE_FEE << (i / 8));
        }
        vm.assertEq(seat.feeOf(other, 0), BASE_FEE);
        vm.assertEq(seat.feeOf("unknown", 0), BASE_FEE);
    }

    /// What was supplied counts as well: else a node that answers itself at once would pay the plain fee each time.
    function test_SuppliedDemandsCount() public {
        bytes32 id = toRevealed();
        for (uint256 i; i < 8; i++) {
            supply(node, demandNth(node, id, i));
        }
        vm.assertEq(seat.feeOf(id, 0), 2 * BASE_FEE);
    }

    function test_RefusedDemandsDoNotCount() public {
        bytes32 id = toRevealed();
        demand(stranger, id);
        vm.expectRevert(abi.encodeWithSelector(IConviction.DemandExists.selector, seat.demandIdOf(id, exampleDemand())));
        this.send(stranger, id, exampleDemand(), DEMAND_FEE);
        vm.assertEq(seat.demandCountOf(id), 1);
    }

    function test_RevertWhen_LessThanTheFeeIsSent() public {
        bytes32 id = toRevealed();
        uint256[2] memory little = [uint256(0), DEMAND_FEE - 1];
        for (uint256 i; i < little.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.WrongValue.selector, little[i], DEMAND_FEE));
            this.send(stranger, id, exampleDemand(), little[i]);
        }
    }

    /// Others may be faster and raise the fee: whoever sent enough for that is served, and gets the rest back.
    function test_WhatIsSentAboveTheFeeIsCreditedAtOnce() public {
        bytes32 id = toRevealed();
        for (uint256 i; i < 7; i++) {
            demandNth(node, id, i);
        }
        uint256 sent = 2 * seat.feeOf(id, 4);
        demandNth(node, id, 7);
        this.send(stranger, id, exampleDemand(), sent);
        vm.assertEq(gainsay.creditOf(stranger), 0);

        expectCredited(convictor, id, IGainsay.Reason.DemandReturned, 1 ether);
        this.send(convictor, id, Demand(2, 4, 4), sent + 1 ether);
        vm.assertEq(gainsay.creditOf(convictor), 1 ether);
        vm.assertEq(address(seat).balance, 8 * BASE_FEE + 2 * sent);
    }

    /// With the smallest fee that there can be, and more ether than there is.
    function test_TheLimitCostsMoreThanAllEther() public {
        bytes32 id = atTheSmallestFee();
        vm.deal(stranger, 200_000_000 ether);
        uint256 made;
        while (seat.feeOf(id, 0) <= stranger.balance) {
            demandNth(stranger, id, made++);
        }
        vm.assertTrue(made < 8 * 64, "the limit was reached");
    }

    function test_RevertWhen_TheFeeWouldBeNoNumberAnyMore() public {
        bytes32 id = atTheSmallestFee();
        vm.deal(stranger, type(uint128).max);
        for (uint256 i; i < 8 * 65; i++) {
            demandNth(stranger, id, i);
        }
        vm.expectRevert(abi.encodeWithSelector(IConviction.TooManyDemands.selector, id));
        seat.feeOf(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IConviction.TooManyDemands.selector, id));
        this.send(stranger, id, exampleDemand(), 1 ether);
    }

    /// The largest terms, the last doubling: nothing is shifted out, and every wei is accounted for.
    function test_TheLargestFeeIsStillANumber() public {
        IConviction.DemandTerms memory terms = demandTerms();
        (terms.baseFee, terms.chunkFee) = (1 ether, 1 ether);
        bytes32 id = revealedUnder(terms);
        vm.deal(stranger, type(uint160).max);
        for (uint256 i; i < 8 * 64; i++) {
            demandNth(stranger, id, i);
        }
        vm.assertEq(seat.feeOf(id, 16), 17 ether * 2 ** 64);
        vm.assertEq(seat.feeOf(id, type(uint32).max), (1 ether + uint256(type(uint32).max) * 1 ether) * 2 ** 64);
        vm.assertEq(seat.demandOf(demandWith(stranger, id, Demand(999, 0, 16))).fee, 17 ether * 2 ** 64);
    }

    // --------------------------------------------------------------------------------------------------- who pays it

    function test_FeesAreBurntWhereBondsAre() public view {
        vm.assertEq(seat.BURN(), BURN);
        vm.assertEq(Gainsay(address(gainsay)).BURN(), BURN);
    }

    /// The node gets what its answers cost. What the flood cost above that is nobody's.
    function test_AFloodIsPaidByWhoeverMadeIt() public {
        bytes32 id = toRevealed();
        (bytes32[] memory ids, uint256 paid) = flood(stranger, id, 24);
        for (uint256 i; i < ids.length; i++) {
            supply(node, ids[i]);
        }
        stand(id);
        uint256 before = gainsay.creditOf(node);
        vm.expectEmit(address(seat));
        emit IConviction.DemandSettled(id, ids[23], IConviction.DemandStatus.Paid, 3 * BASE_FEE);
        seat.settleDemand(ids[23]);
        settleAll(ids, 23);
        vm.assertEq(gainsay.creditOf(node) - before, 24 * BASE_FEE);
        vm.assertEq(gainsay.creditOf(stranger), 0);
        vm.assertEq(paid, 8 * (1 + 2 + 4) * BASE_FEE);
        vm.assertEq(BURN.balance, paid - 24 * BASE_FEE);
        vm.assertEq(address(seat).balance, 0);
    }

    /// A node that fills the queue with demands it answers itself pays for that as anybody would.
    function test_ANodeCannotShieldItselfByAnsweringItself() public {
        bytes32 id = toRevealed();
        uint256 before = node.balance + gainsay.freeBondOf(node) + gainsay.lockedBondOf(node);
        (bytes32[] memory ids, uint256 paid) = flood(node, id, 40);
        for (uint256 i; i < ids.length; i++) {
            supply(node, ids[i]);
        }
        vm.assertEq(seat.feeOf(id, 0), 32 * BASE_FEE); // what somebody else needs, and gets back
        stand(id);
        settleAll(ids, ids.length);
        vm.prank(node);
        gainsay.withdraw(node);
        uint256 gained = FEE + CHALLENGE_BOND;
        uint256 left = node.balance + gainsay.freeBondOf(node);
        vm.assertEq(before + gained - left, paid - 40 * BASE_FEE);
        vm.assertEq(BURN.balance, paid - 40 * BASE_FEE);
    }

    /// Nor by demands that it neither answers nor claims: they are burnt above the plain fee, too.
    function test_ANodeCannotShieldItselfByDemandsThatNobodyAnswers() public {
        bytes32 id = toRevealed();
        (bytes32[] memory ids, uint256 paid) = flood(node, id, 16);
        stand(id);
        uint256 before = gainsay.creditOf(node);
        vm.expectEmit(address(seat));
        emit IConviction.DemandSettled(id, ids[15], IConviction.DemandStatus.Returned, BASE_FEE);
        seat.settleDemand(ids[15]);
        settleAll(ids, 15);
        vm.assertEq(gainsay.creditOf(node) - before, 16 * BASE_FEE);
        vm.assertEq(BURN.balance, paid - 16 * BASE_FEE);
    }

    /// However many others there were, and whether it was supplied or not: who was right pays nothing in the end.
    function testFuzz_WhoDemandsOfAGuiltyNodeLosesNothing(uint256 others, bool isSupplied, uint256 extra) public {
        bytes32 id = toGuilty();
        flood(node, id, bound(others, 0, 64));
        uint256 fee = seat.feeOf(id, 4);
        extra = bound(extra, 0, 10 ether);
        this.send(stranger, id, exampleDemand(), fee + extra);
        bytes32 demandId = seat.demandIdOf(id, exampleDemand());
        if (isSupplied) supply(node, demandId);
        commit(convictor, id, proofOf(TRACE_ROOT));
        nextBlock();
        convict(convictor, id, proofOf(TRACE_ROOT));
        uint256 burnt = BURN.balance;
        vm.expectEmit(address(seat));
        emit IConviction.DemandSettled(id, demandId, IConviction.DemandStatus.Returned, 0);
        seat.settleDemand(demandId);
        vm.assertEq(gainsay.creditOf(stranger), fee + extra);
        vm.assertEq(BURN.balance, burnt);
    }

    /// The node's, the demander's or nobody's, and never two of them.
    function testFuzz_EveryWeiOfAFeeHasOneEnd(uint256 many, uint256 seed, bool stands) public {
        bytes32 id = toGuilty();
        (bytes32[] memory ids, uint256 paid) = flood(stranger, id, bound(many, 1, 64));
        uint256 supplied;
        for (uint256 i; i < ids.length; i++) {
            if ((seed >> i) % 2 == 0) continue;
            supply(requester, ids[i]);
            supplied++;
        }
        if (stands) {
            stand(id);
        } else {
            commit(convictor, id, proofOf(TRACE_ROOT));
            nextBlock();
            convict(convictor, id, proofOf(TRACE_ROOT));
        }
        (uint256 nodes, uint256 burnt) = (gainsay.creditOf(node), BURN.balance);
        settleAll(ids, ids.length);
        nodes = gainsay.creditOf(node) - nodes;
        burnt = BURN.balance - burnt;
        vm.assertEq(nodes, stands ? supplied * BASE_FEE : 0);
        vm.assertEq(gainsay.creditOf(stranger), stands ? (ids.length - supplied) * BASE_FEE : paid);
        vm.assertEq(burnt, stands ? paid - ids.length * BASE_FEE : 0);
        vm.assertEq(address(seat).balance, 0);
    }

    /// The cost of a flood rises with every demand, and from doubling to doubling it more than doubles.
    function testFuzz_AFloodCostsExponentially(uint256 many) public {
        bytes32 id = toRevealed();
        many = bound(many, 8, 64);
        (, uint256 paid) = flood(stranger, id, many);
        (, uint256 more) = flood(stranger, toRevealed(), many + 8);
        vm.assertGt(more, 2 * paid, "eight more more than double the cost");
        vm.assertLe(many, 8 * (1 + log2(1 + paid / (8 * BASE_FEE))), "what so much pays for");
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    /// @dev The nth of many demands, each for a header.
    function demandNth(address account, bytes32 id, uint256 n) private returns (bytes32) {
        return demandWith(account, id, Demand(uint32(n), 0, 0));
    }

    function flood(address account, bytes32 id, uint256 many) private returns (bytes32[] memory ids, uint256 paid) {
        ids = new bytes32[](many);
        for (uint256 i; i < many; i++) {
            paid += seat.feeOf(id, 0);
            ids[i] = demandNth(account, id, i);
        }
    }

    function settleAll(bytes32[] memory ids, uint256 many) private {
        for (uint256 i; i < many; i++) {
            seat.settleDemand(ids[i]);
        }
    }

    function stand(bytes32 id) private {
        vm.warp(gainsay.resultOf(id).windowEnd + 1);
        gainsay.finalize(id);
    }

    function atTheSmallestFee() private returns (bytes32 id) {
        IConviction.DemandTerms memory terms = demandTerms();
        (terms.baseFee, terms.chunkFee) = (1 gwei, 1 gwei);
        return revealedUnder(terms);
    }

    /// @dev A revealed result of a protocol with other terms, which takes the place of the first.
    function revealedUnder(IConviction.DemandTerms memory terms) private returns (bytes32 id) {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        gainsay = new Gainsay(parametersWith(predicted));
        seat = new Conviction(gainsay, checker, terms);
        modelId = gainsay.registerModel(exampleModel());
        vm.prank(node);
        gainsay.bond{value: 10 ether}();
        return toRevealed();
    }

    /// @dev External, so that an expected revert is of this call.
    function send(address account, bytes32 id, Demand calldata what, uint256 value) external {
        vm.prank(account);
        seat.demand{value: value}(id, what, "opens");
    }

    function log2(uint256 x) private pure returns (uint256 n) {
        while (x > 1) {
            x >>= 1;
            n++;
        }
    }
}
