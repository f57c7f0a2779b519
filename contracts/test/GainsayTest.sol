// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../src/Gainsay.sol";
import {IGainsay} from "../src/IGainsay.sol";
import {MockConviction} from "./mocks/MockConviction.sol";
import {Test} from "./Test.sol";

/// @title A deployed protocol, its people, and a way to bring a result into any status
abstract contract GainsayTest is Test {
    uint64 internal constant CHALLENGE_WINDOW = 100;
    uint64 internal constant REVEAL_WINDOW = 60;
    uint64 internal constant CONVICTION_WINDOW = 200;
    uint256 internal constant NODE_BOND = 2 ether;
    uint256 internal constant CHALLENGE_BOND = 0.5 ether;
    uint256 internal constant FEE = 0.01 ether;
    /// @dev 6,000 and 1,000 of 10,000: what a rejected result's 2 ether become.
    uint256 internal constant REWARD = 1.2 ether;
    uint256 internal constant BURNT = 0.2 ether;
    uint256 internal constant COMPENSATION = 0.6 ether;
    uint64 internal constant START = 1_800_000_000;
    uint64 internal constant DEADLINE = START + 1000;
    bytes32 internal constant MODEL_HASH = keccak256("any hash: the contract never sees the file");
    bytes32 internal constant TRACE_ROOT = keccak256("trace");

    IGainsay internal gainsay;
    MockConviction internal conviction;
    bytes32 internal modelId;
    /// @dev Made in advance: sha256 is a call, and would use up a prank or an expected revert.
    IGainsay.Payload internal input;
    IGainsay.Payload internal output;

    address internal requester;
    address internal node;
    address internal challenger;
    address internal arbiter;
    address internal convictor;
    address internal stranger;

    function setUp() public virtual {
        vm.warp(START);
        input = byValue("input");
        output = byValue("output");
        requester = actor("requester");
        node = actor("node");
        challenger = actor("challenger");
        arbiter = actor("arbiter");
        convictor = actor("convictor");
        stranger = actor("stranger");
        vm.deal(requester, 1000 ether);
        vm.deal(node, 1000 ether);
        vm.deal(challenger, 1000 ether);
        vm.deal(stranger, 1000 ether);

        deploy();
        modelId = gainsay.registerModel(exampleModel());
        vm.prank(node);
        gainsay.bond{value: 10 ether}();
    }

    /// @dev Tests of the conviction contract put it into the seat here.
    function deploy() internal virtual {
        conviction = new MockConviction();
        gainsay = new Gainsay(parametersWith(address(conviction)));
    }

    // ------------------------------------------------------------------------------------------------- examples

    function parametersWith(address conviction_) internal pure returns (IGainsay.Parameters memory) {
        return IGainsay.Parameters({
            challengeWindow: CHALLENGE_WINDOW,
            revealWindow: REVEAL_WINDOW,
            convictionWindow: CONVICTION_WINDOW,
            nodeBond: NODE_BOND,
            challengeBond: CHALLENGE_BOND,
            rewardBps: 6000,
            burnBps: 1000,
            conviction: conviction_
        });
    }

    function exampleModel() internal view virtual returns (IGainsay.Model memory) {
        return IGainsay.Model({
            modelHash: MODEL_HASH,
            graphRoot: keccak256("graph"),
            uri: "ipfs://model",
            precision: IGainsay.Precision.Fp32,
            tolerance: 1e13,
            arbiter: arbiter,
            rule: IGainsay.Rule.Arbiter,
            lambda: 0
        });
    }

    function byValue(bytes memory data) internal pure returns (IGainsay.Payload memory) {
        return IGainsay.Payload({hash: sha256(data), uri: "", data: data});
    }

    function byUri(bytes32 hash, string memory uri) internal pure returns (IGainsay.Payload memory) {
        return IGainsay.Payload({hash: hash, uri: uri, data: ""});
    }

    function uriOf(uint256 length) internal pure returns (string memory) {
        return string(new bytes(length));
    }

    // ----------------------------------------------------------------------------------------------- statuses

    function toRequested() internal returns (bytes32 requestId) {
        vm.prank(requester);
        requestId = gainsay.request{value: FEE}(modelId, node, input, DEADLINE);
    }

    function toPosted() internal returns (bytes32 resultId) {
        resultId = toPostedFrom(toRequested());
    }

    function toPostedFrom(bytes32 requestId) internal returns (bytes32 resultId) {
        vm.prank(node);
        resultId = gainsay.post(requestId, output);
    }

    function toChallenged() internal returns (bytes32 resultId) {
        resultId = toPosted();
        vm.prank(challenger);
        gainsay.challenge{value: CHALLENGE_BOND}(resultId);
    }

    function toRevealed() internal returns (bytes32 resultId) {
        resultId = toChallenged();
        vm.prank(node);
        gainsay.reveal(resultId, TRACE_ROOT, "ipfs://trace");
    }

    function toRejected() internal returns (bytes32 resultId) {
        resultId = toRevealed();
        vm.prank(arbiter);
        gainsay.rule(resultId);
    }

    function toFinalized() internal returns (bytes32 resultId) {
        resultId = toPosted();
        pass(CHALLENGE_WINDOW + 1);
        gainsay.finalize(resultId);
    }

    function toExpired() internal returns (bytes32 requestId) {
        requestId = toRequested();
        vm.warp(DEADLINE + 1);
        gainsay.expire(requestId);
    }

    // ------------------------------------------------------------------------------------------------- checks

    function pass(uint256 secs) internal {
        vm.warp(block.timestamp + secs);
    }

    function assertStatus(bytes32 id, IGainsay.Status expected) internal view {
        vm.assertEq(uint256(gainsay.statusOf(id)), uint256(expected));
    }

    function expectWrongStatus(bytes32 id, IGainsay.Status status) internal {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.WrongStatus.selector, id, status));
    }

    function expectNotAllowed(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.NotAllowed.selector, caller));
    }

    function expectWindowOver(uint256 windowEnd) internal {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.WindowOver.selector, uint64(windowEnd)));
    }

    function expectWindowOpen(uint256 windowEnd) internal {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.WindowOpen.selector, uint64(windowEnd)));
    }

    function expectCredited(address account, bytes32 id, IGainsay.Reason reason, uint256 amount) internal {
        vm.expectEmit(address(gainsay));
        emit IGainsay.Credited(account, id, reason, amount);
    }
}
