// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../src/Gainsay.sol";
import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";
import {GasBurner, Refuser} from "./mocks/Hostile.sol";

/// @title Who is paid what, for which reason
contract SettlementsTest is GainsayTest {
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;

    function test_AnUnchallengedResultPaysTheFeeAndFreesTheBond() public {
        bytes32 id = toPosted();
        pass(CHALLENGE_WINDOW + 1);
        expectCredited(node, id, IGainsay.Reason.Fee, FEE);
        gainsay.finalize(id);
        vm.assertEq(gainsay.creditOf(node), FEE);
        vm.assertEq(gainsay.freeBondOf(node), 10 ether);
        vm.assertEq(gainsay.lockedBondOf(node), 0);
    }

    function test_AChallengeThatProvedNothingPaysItsBondToTheNode() public {
        bytes32 id = toRevealed();
        pass(CONVICTION_WINDOW + 1);
        expectCredited(node, id, IGainsay.Reason.Fee, FEE);
        expectCredited(node, id, IGainsay.Reason.ChallengeBondForfeited, CHALLENGE_BOND);
        gainsay.finalize(id);
        vm.assertEq(gainsay.creditOf(node), FEE + CHALLENGE_BOND);
        vm.assertEq(gainsay.creditOf(challenger), 0);
        vm.assertEq(gainsay.freeBondOf(node), 10 ether);
    }

    function test_SilenceRewardsTheChallengerWhoeverClaimsIt() public {
        bytes32 id = toChallenged();
        pass(REVEAL_WINDOW + 1);
        expectRejectionPaid(id, challenger);
        vm.prank(stranger);
        gainsay.claimSilence(id);
        assertRejectionPaid();
        vm.assertEq(gainsay.creditOf(stranger), 0);
        vm.assertEq(gainsay.creditOf(challenger), REWARD + CHALLENGE_BOND);
    }

    function test_ARulingRewardsTheChallenger() public {
        bytes32 id = toRevealed();
        expectRejectionPaid(id, challenger);
        vm.prank(arbiter);
        gainsay.rule(id);
        assertRejectionPaid();
        vm.assertEq(gainsay.creditOf(arbiter), 0);
        vm.assertEq(gainsay.creditOf(challenger), REWARD + CHALLENGE_BOND);
    }

    function test_AConvictionRewardsTheConvictorAndReturnsTheChallengersBond() public {
        bytes32 id = toRevealed();
        expectRejectionPaid(id, convictor);
        vm.prank(convictor);
        conviction.prove(gainsay, id);
        assertRejectionPaid();
        vm.assertEq(gainsay.creditOf(convictor), REWARD);
        vm.assertEq(gainsay.creditOf(challenger), CHALLENGE_BOND);
    }

    /// A node that is its own requester, challenger and convictor gets everything back but the burnt share.
    function test_ANodeThatConvictsItselfLosesTheBurntShare() public {
        (requester, challenger, convictor) = (node, node, node);
        uint256 before = node.balance + gainsay.freeBondOf(node);
        bytes32 id = toRevealed();
        vm.prank(node);
        conviction.prove(gainsay, id);
        vm.prank(node);
        gainsay.withdraw(node);
        vm.assertEq(before - node.balance - gainsay.freeBondOf(node), BURNT);
    }

    function test_NothingIsCreditedWhenNothingIsLeftForTheRequester() public {
        IGainsay.Parameters memory p = parametersWith(address(conviction));
        p.burnBps = 4000;
        gainsay = new Gainsay(p);
        modelId = gainsay.registerModel(exampleModel());
        vm.prank(node);
        gainsay.bond{value: NODE_BOND}();
        vm.prank(requester);
        bytes32 requestId = gainsay.request(modelId, node, input, DEADLINE);
        bytes32 id = toPostedFrom(requestId);
        vm.prank(challenger);
        gainsay.challenge{value: CHALLENGE_BOND}(id);
        pass(REVEAL_WINDOW + 1);

        vm.recordLogs();
        gainsay.claimSilence(id);
        // Rejected, reward, challenge bond: no refund of no fee, no compensation of zero.
        vm.assertEq(vm.getRecordedLogs().length, 3);
        vm.assertEq(gainsay.creditOf(requester), 0);
    }

    function test_HostileReceiversBlockNoSettlement() public {
        address[2] memory hostile = [address(new Refuser()), address(new GasBurner())];
        for (uint256 i; i < hostile.length; i++) {
            (requester, node, challenger) = (hostile[i], hostile[i], hostile[i]);
            vm.deal(hostile[i], 100 ether);
            vm.prank(hostile[i]);
            gainsay.bond{value: 10 ether}();
            vm.warp(START);
            bytes32 silent = toChallenged();
            bytes32 revealed = toRevealed();
            bytes32 convicted = toRevealed();
            bytes32 posted = toPosted();
            bytes32 unanswered = toRequested();

            vm.prank(convictor);
            conviction.prove{gas: 300_000}(gainsay, convicted);
            vm.warp(DEADLINE + 1);
            gainsay.claimSilence{gas: 300_000}(silent);
            gainsay.finalize{gas: 300_000}(revealed);
            gainsay.finalize{gas: 300_000}(posted);
            gainsay.expire{gas: 300_000}(unanswered);

            // What it is owed can still leave, to somebody who takes it.
            uint256 owed = gainsay.creditOf(hostile[i]);
            vm.prank(hostile[i]);
            vm.assertEq(gainsay.withdraw(actor("receiver")), owed);
        }
    }

    function testFuzz_EveryWeiOfASlashedBondGoesSomewhere(uint256 nodeBond, uint16 rewardBps, uint16 burnBps) public {
        IGainsay.Parameters memory p = parametersWith(address(conviction));
        p.nodeBond = bound(nodeBond, 1 gwei, 1_000_000 ether);
        p.rewardBps = uint16(bound(rewardBps, 1000, 9500));
        p.burnBps = uint16(bound(burnBps, 500, 10_000 - p.rewardBps));
        gainsay = new Gainsay(p);
        modelId = gainsay.registerModel(exampleModel());
        vm.deal(node, p.nodeBond);
        vm.prank(node);
        gainsay.bond{value: p.nodeBond}();

        bytes32 id = toRevealed();
        vm.prank(convictor);
        conviction.prove(gainsay, id);

        uint256 reward = gainsay.creditOf(convictor);
        uint256 compensation = gainsay.creditOf(requester) - FEE;
        vm.assertEq(reward, p.nodeBond * p.rewardBps / 10_000);
        vm.assertEq(BURN.balance, p.nodeBond * p.burnBps / 10_000);
        vm.assertEq(reward + BURN.balance + compensation, p.nodeBond);
        vm.assertEq(address(gainsay).balance, reward + compensation + FEE + CHALLENGE_BOND);
    }

    /// Two results of one node settle apart: one node's fraud costs it one bond, not all.
    function testFuzz_OneRejectionCostsOneBond(uint8 open) public {
        uint256 count = bound(open, 1, 5);
        for (uint256 i = 1; i < count; i++) {
            toPosted();
        }
        toRejected();
        vm.assertEq(gainsay.lockedBondOf(node), NODE_BOND * (count - 1));
        vm.assertEq(gainsay.freeBondOf(node), 10 ether - NODE_BOND * count);
    }

    /// @dev In the order in which they are credited: the index relies on none, the reader of a trace does.
    function expectRejectionPaid(bytes32 id, address rewarded) private {
        expectCredited(requester, id, IGainsay.Reason.Refund, FEE);
        expectCredited(rewarded, id, IGainsay.Reason.Reward, REWARD);
        expectCredited(requester, id, IGainsay.Reason.Compensation, COMPENSATION);
        expectCredited(challenger, id, IGainsay.Reason.ChallengeBondReturned, CHALLENGE_BOND);
    }

    function assertRejectionPaid() private view {
        vm.assertEq(gainsay.creditOf(requester), FEE + COMPENSATION);
        vm.assertEq(gainsay.creditOf(node), 0);
        vm.assertEq(gainsay.freeBondOf(node), 10 ether - NODE_BOND);
        vm.assertEq(gainsay.lockedBondOf(node), 0);
        vm.assertEq(BURN.balance, BURNT);
    }
}
