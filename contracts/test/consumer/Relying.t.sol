// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../../src/IGainsay.sol";
import {Relying} from "../../src/consumer/Relying.sol";
import {ScoreGate} from "../../src/consumer/ScoreGate.sol";
import {GainsayTest} from "../GainsayTest.sol";

/// @title A consumer that refuses what is not settled, and what answers another question
contract RelyingTest is GainsayTest {
    ScoreGate internal gate;
    /// @dev Two bytes, then 0.75 as a little-endian float32.
    bytes internal posted = hex"aabb0000403f";
    bytes32 internal inputHash;

    function setUp() public override {
        super.setUp();
        output = byValue(posted);
        inputHash = input.hash;
        gate = new ScoreGate(gainsay, modelId, 2, 0x3f000000);
    }

    function test_AFinalizedResultPasses() public {
        bytes32 id = toFinalized();
        vm.expectEmit(address(gate));
        emit ScoreGate.Passed(inputHash, id, 0x3f400000);
        gate.pass(inputHash, id, posted);
        vm.assertTrue(gate.hasPassed(inputHash), "not passed");
    }

    function test_AnythingElseIsRefused() public {
        expectRefused(toPosted(), IGainsay.Status.Posted);
        expectRefused(toChallenged(), IGainsay.Status.Challenged);
        expectRefused(toRevealed(), IGainsay.Status.Revealed);
        expectRefused(toRejected(), IGainsay.Status.Rejected);
        expectRefused(keccak256("nobody posted this"), IGainsay.Status.None);
        // Ids of requests are no results, whatever became of them.
        bytes32 requestId = toRequested();
        bytes32 id = toPostedFrom(requestId);
        pass(CHALLENGE_WINDOW + 1);
        gainsay.finalize(id);
        expectRefused(requestId, IGainsay.Status.None);
    }

    function test_AnotherModelInputOrOutputIsRefused() public {
        bytes32 id = toFinalized();
        ScoreGate other = new ScoreGate(gainsay, keccak256("another model"), 2, 0);
        vm.expectRevert(abi.encodeWithSelector(Relying.OtherModel.selector, id, modelId));
        other.pass(inputHash, id, posted);
        vm.expectRevert(abi.encodeWithSelector(Relying.OtherInput.selector, id, inputHash));
        gate.pass(keccak256("another input"), id, posted);
        bytes32 outputHash = output.hash;
        vm.expectRevert(abi.encodeWithSelector(Relying.OtherOutput.selector, id, outputHash));
        gate.pass(inputHash, id, hex"aabb0000803f");
    }

    function test_AScoreThatIsTooLowOrNoneIsRefused() public {
        expectTooLow(hex"aabb0000803e", 0x3e800000); // 0.25
        expectTooLow(hex"aabb000080bf", 0xbf800000); // -1
        expectTooLow(hex"aabb0000c07f", 0x7fc00000); // NaN
        expectTooLow(hex"aabb0000807f", 0x7f800000); // infinity
        posted = hex"aabb0000";
        output = byValue(posted);
        bytes32 short = toFinalized();
        vm.expectRevert(abi.encodeWithSelector(ScoreGate.NoScore.selector));
        gate.pass(inputHash, short, posted);
    }

    function expectTooLow(bytes memory low, uint32 score) private {
        output = byValue(low);
        bytes32 id = toFinalized();
        vm.expectRevert(abi.encodeWithSelector(ScoreGate.TooLow.selector, score));
        gate.pass(inputHash, id, low);
    }

    function expectRefused(bytes32 id, IGainsay.Status status) private {
        vm.expectRevert(abi.encodeWithSelector(Relying.NotFinalized.selector, id, status));
        gate.pass(inputHash, id, posted);
    }
}
