// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title The diagram as a table: from every status, every move, inside and after the window, by everyone
/// @dev What the table does not list must be refused with the reason it deserves. Two results exist in every case, so
/// that a move on one is seen not to touch the other.
contract DiagramTest is GainsayTest {
    enum Move {
        Post,
        Expire,
        Challenge,
        Reveal,
        ClaimSilence,
        Rule,
        Convict,
        Extend,
        Finalize
    }

    /// @dev Whether a move must come before a window is over, or after.
    enum When {
        Inside,
        After
    }

    struct Arrow {
        IGainsay.Status from;
        Move move;
        When when;
        IGainsay.Status to;
    }

    /// @dev One move tried in one situation.
    struct Case {
        IGainsay.Status from;
        Move move;
        When when;
        bytes32 id;
        bytes32 requestId;
    }

    uint256 private constant STATUSES = uint256(IGainsay.Status.Expired) + 1;
    uint256 private constant MOVES = uint256(Move.Finalize) + 1;

    /// @dev IGainsay's diagram, arrow by arrow, and the move that only lengthens a window.
    function diagram() private pure returns (Arrow[10] memory) {
        return [
            Arrow(IGainsay.Status.Requested, Move.Post, When.Inside, IGainsay.Status.Posted),
            Arrow(IGainsay.Status.Requested, Move.Expire, When.After, IGainsay.Status.Expired),
            Arrow(IGainsay.Status.Posted, Move.Challenge, When.Inside, IGainsay.Status.Challenged),
            Arrow(IGainsay.Status.Posted, Move.Finalize, When.After, IGainsay.Status.Finalized),
            Arrow(IGainsay.Status.Challenged, Move.Reveal, When.Inside, IGainsay.Status.Revealed),
            Arrow(IGainsay.Status.Challenged, Move.ClaimSilence, When.After, IGainsay.Status.Rejected),
            Arrow(IGainsay.Status.Revealed, Move.Rule, When.Inside, IGainsay.Status.Rejected),
            Arrow(IGainsay.Status.Revealed, Move.Convict, When.Inside, IGainsay.Status.Rejected),
            Arrow(IGainsay.Status.Revealed, Move.Extend, When.Inside, IGainsay.Status.Revealed),
            Arrow(IGainsay.Status.Revealed, Move.Finalize, When.After, IGainsay.Status.Finalized)
        ];
    }

    function test_OnlyTheDiagramsMovesSucceed() public {
        uint256 succeeded;
        for (uint256 from; from < STATUSES; from++) {
            for (uint256 move; move < MOVES; move++) {
                for (uint256 when; when < 2; when++) {
                    uint256 snapshot = vm.snapshotState();
                    bool ok = tryMove(Case(IGainsay.Status(from), Move(move), When(when), 0, 0));
                    if (ok) succeeded++;
                    vm.revertToState(snapshot);
                }
            }
        }
        vm.assertEq(succeeded, diagram().length);
    }

    function test_OnlyWhoMayMoveMoves() public {
        Arrow[10] memory arrows = diagram();
        address[6] memory people = [requester, node, challenger, arbiter, address(conviction), stranger];
        for (uint256 i; i < arrows.length; i++) {
            for (uint256 j; j < people.length; j++) {
                uint256 snapshot = vm.snapshotState();
                tryCaller(arrows[i], people[j]);
                vm.revertToState(snapshot);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------- one case

    /// @dev Makes one move by whoever may make it and compares what happens with the table.
    function tryMove(Case memory c) private returns (bool ok) {
        string memory name = label(c.from, c.move, c.when);
        bytes32 bystander = bystandingResult();
        (c.id, c.requestId) = arrange(c.from, c.when);
        uint64 end = windowEndOf(c.from, c.id, c.requestId);

        bytes memory answer;
        address only = onlyCaller(c.move);
        (ok, answer) = make(c.move, c.id, c.requestId, only == address(0) ? stranger : only);

        (bool known, Arrow memory arrow) = arrowOf(c.from, c.move);
        vm.assertTrue(ok == (known && arrow.when == c.when), name);
        if (!ok) vm.assertEq(keccak256(answer), keccak256(refusal(c, known, end)), name);

        uint256 expected = uint256(ok ? arrow.to : c.from);
        vm.assertEq(uint256(gainsay.statusOf(c.requestId)), expected, name);
        if (gainsay.resultOf(c.id).node != address(0)) vm.assertEq(uint256(gainsay.statusOf(c.id)), expected, name);
        vm.assertEq(uint256(gainsay.statusOf(bystander)), uint256(IGainsay.Status.Posted), name);
    }

    /// @dev Makes a lawful move at a lawful time, by somebody who may or may not make it.
    function tryCaller(Arrow memory arrow, address caller) private {
        string memory name = label(arrow.from, arrow.move, arrow.when);
        (bytes32 id, bytes32 requestId) = arrange(arrow.from, arrow.when);
        address only = onlyCaller(arrow.move);
        (bool ok, bytes memory answer) = make(arrow.move, id, requestId, caller);
        bool may = only == address(0) || only == caller;
        vm.assertTrue(ok == may, name);
        if (may) return;
        vm.assertEq(keccak256(answer), keccak256(abi.encodeWithSelector(IGainsay.NotAllowed.selector, caller)), name);
    }

    /// @dev A result in `from`, at the last second of its window or at the first after it.
    function arrange(IGainsay.Status from, When when) private returns (bytes32 id, bytes32 requestId) {
        if (from == IGainsay.Status.None) {
            requestId = gainsay.requestIdOf(
                requester, gainsay.nonceOf(requester), modelId, node, input.hash, input.uri, FEE, DEADLINE
            );
        } else if (from == IGainsay.Status.Requested) {
            requestId = toRequested();
        } else if (from == IGainsay.Status.Expired) {
            requestId = toExpired();
        } else {
            if (from == IGainsay.Status.Posted) id = toPosted();
            if (from == IGainsay.Status.Challenged) id = toChallenged();
            if (from == IGainsay.Status.Revealed) id = toRevealed();
            if (from == IGainsay.Status.Rejected) id = toRejected();
            if (from == IGainsay.Status.Finalized) id = toFinalized();
            requestId = gainsay.resultOf(id).requestId;
        }
        // The result that nobody posted has an id, too.
        if (id == 0) id = gainsay.resultIdOf(requestId, node, output.hash, output.uri);

        uint64 end = windowEndOf(from, id, requestId);
        if (end != 0) vm.warp(when == When.Inside ? end : end + 1);
    }

    function make(Move move, bytes32 id, bytes32 requestId, address caller)
        private
        returns (bool ok, bytes memory answer)
    {
        bytes memory call;
        if (move == Move.Post) call = abi.encodeCall(IGainsay.post, (requestId, output));
        if (move == Move.Expire) call = abi.encodeCall(IGainsay.expire, (requestId));
        if (move == Move.Challenge) call = abi.encodeCall(IGainsay.challenge, (id));
        if (move == Move.Reveal) call = abi.encodeCall(IGainsay.reveal, (id, TRACE_ROOT, ""));
        if (move == Move.ClaimSilence) call = abi.encodeCall(IGainsay.claimSilence, (id));
        if (move == Move.Rule) call = abi.encodeCall(IGainsay.rule, (id));
        if (move == Move.Convict) call = abi.encodeCall(IGainsay.convict, (id, convictor, IGainsay.Cause.Conviction));
        if (move == Move.Extend) call = abi.encodeCall(IGainsay.extend, (id, uint64(block.timestamp) + 1));
        if (move == Move.Finalize) call = abi.encodeCall(IGainsay.finalize, (id));
        vm.deal(caller, 10 ether);
        vm.prank(caller);
        (ok, answer) = address(gainsay).call{value: move == Move.Challenge ? CHALLENGE_BOND : 0}(call);
    }

    // ------------------------------------------------------------------------------------------------- the rules

    /// @dev The only account that may make a move; zero if anyone may. Posting is the named node's here.
    function onlyCaller(Move move) private view returns (address) {
        if (move == Move.Post || move == Move.Reveal) return node;
        if (move == Move.Rule) return arbiter;
        if (move == Move.Convict || move == Move.Extend) return address(conviction);
        return address(0);
    }

    function arrowOf(IGainsay.Status from, Move move) private pure returns (bool known, Arrow memory arrow) {
        Arrow[10] memory arrows = diagram();
        for (uint256 i; i < arrows.length; i++) {
            if (arrows[i].from == from && arrows[i].move == move) return (true, arrows[i]);
        }
    }

    function refusal(Case memory c, bool known, uint64 end) private pure returns (bytes memory) {
        if (known && c.when == When.After) return abi.encodeWithSelector(IGainsay.WindowOver.selector, end);
        if (known) return abi.encodeWithSelector(IGainsay.WindowOpen.selector, end);
        if (c.move == Move.Post || c.move == Move.Expire) {
            return abi.encodeWithSelector(IGainsay.WrongStatus.selector, c.requestId, c.from);
        }
        // A result that was never posted has no status, whatever its request has.
        bool posted = c.from != IGainsay.Status.Requested && c.from != IGainsay.Status.Expired;
        return abi.encodeWithSelector(IGainsay.WrongStatus.selector, c.id, posted ? c.from : IGainsay.Status.None);
    }

    function windowEndOf(IGainsay.Status from, bytes32 id, bytes32 requestId) private view returns (uint64) {
        if (from == IGainsay.Status.Requested) return gainsay.requestOf(requestId).deadline;
        return gainsay.resultOf(id).windowEnd;
    }

    function bystandingResult() private returns (bytes32 id) {
        vm.prank(requester);
        bytes32 requestId = gainsay.request{value: FEE}(modelId, node, input, DEADLINE + 1);
        id = toPostedFrom(requestId);
    }

    function label(IGainsay.Status from, Move move, When when) private pure returns (string memory) {
        return string.concat(
            "status ",
            vm.toString(uint256(from)),
            ", move ",
            vm.toString(uint256(move)),
            when == When.Inside ? ", inside" : ", after"
        );
    }
}
