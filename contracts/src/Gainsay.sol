// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Bonds} from "./Bonds.sol";
import {IGainsay} from "./IGainsay.sol";
import {Models} from "./Models.sol";
import {Payloads} from "./Payloads.sol";
import {Terms} from "./Terms.sol";

/// @title Gainsay: the life of a result
/// @notice The moves of IGainsay's diagram and the two ways a result settles. No owner, no upgrade, no pause: the rules
/// a node bonded under are the rules it is judged by.
/// @dev There is no `receive` and no `fallback`: a plain transfer reverts, so every wei that comes in has a purpose.
contract Gainsay is IGainsay, Models, Bonds {
    using Payloads for Payload;

    /// @inheritdoc IGainsay
    string public constant VERSION = "gainsay/1";
    /// @notice Longest URI in bytes.
    uint256 public constant MAX_URI = Payloads.MAX_URI;
    /// @notice Furthest deadline of a request, in seconds ahead: a fee must not be stuck for longer.
    uint64 public constant MAX_DEADLINE = 365 days;
    /// @notice How many conviction windows a revealed result can stay open beyond the first.
    uint64 public constant MAX_EXTENSIONS = 2;
    /// @notice Where the burnt share of a slashed bond goes. Nobody has its key.
    address public constant BURN = 0x000000000000000000000000000000000000dEaD;

    mapping(bytes32 requestId => Request) private _requests;
    mapping(bytes32 resultId => Result) private _results;
    mapping(address requester => uint256) private _nonces;

    constructor(Parameters memory p) Terms(p) {}

    // ----------------------------------------------------------------------------------------- request to result

    /// @inheritdoc IGainsay
    function request(bytes32 modelId, address node, Payload calldata input, uint64 deadline)
        external
        payable
        returns (bytes32 requestId)
    {
        if (!_isRegistered(modelId)) revert UnknownModel(modelId);
        if (deadline <= block.timestamp || deadline > block.timestamp + MAX_DEADLINE) revert BadDeadline(deadline);
        input.check();

        uint256 nonce = _nonces[msg.sender]++;
        requestId = requestIdOf(msg.sender, nonce, modelId, node, input.hash, input.uri, msg.value, deadline);
        _requests[requestId] = Request({
            requester: msg.sender,
            node: node,
            modelId: modelId,
            fee: msg.value,
            deadline: deadline,
            status: Status.Requested,
            resultId: 0,
            inputHash: input.hash
        });
        emit Requested(requestId, modelId, msg.sender, node, msg.value, deadline, input);
    }

    /// @inheritdoc IGainsay
    function post(bytes32 requestId, Payload calldata output) external returns (bytes32 resultId) {
        Request storage r = _requests[requestId];
        if (r.status != Status.Requested) revert WrongStatus(requestId, r.status);
        if (r.node != address(0) && r.node != msg.sender) revert NotAllowed(msg.sender);
        _within(r.deadline);
        output.check();
        _lock(msg.sender, NODE_BOND);

        resultId = resultIdOf(requestId, msg.sender, output.hash, output.uri);
        uint64 windowEnd = _windowEnd(CHALLENGE_WINDOW);
        r.status = Status.Posted;
        r.resultId = resultId;
        _results[resultId] = Result({
            requestId: requestId,
            node: msg.sender,
            windowEnd: windowEnd,
            challenger: address(0),
            convictionEnd: 0,
            traceRoot: 0,
            outputHash: output.hash
        });
        emit Posted(resultId, requestId, msg.sender, windowEnd, NODE_BOND, output);
    }

    /// @inheritdoc IGainsay
    function expire(bytes32 requestId) external {
        Request storage r = _requests[requestId];
        if (r.status != Status.Requested) revert WrongStatus(requestId, r.status);
        _after(r.deadline);

        r.status = Status.Expired;
        emit Expired(requestId);
        _credit(r.requester, requestId, Reason.Refund, r.fee);
    }

    // ------------------------------------------------------------------------------------------------- the dispute

    /// @inheritdoc IGainsay
    function challenge(bytes32 resultId) external payable {
        (Request storage r, Result storage s) = _resultIn(resultId, Status.Posted);
        _within(s.windowEnd);
        if (msg.value != CHALLENGE_BOND) revert WrongValue(msg.value, CHALLENGE_BOND);

        uint64 windowEnd = _windowEnd(REVEAL_WINDOW);
        r.status = Status.Challenged;
        s.challenger = msg.sender;
        s.windowEnd = windowEnd;
        emit Challenged(resultId, msg.sender, msg.value, windowEnd);
    }

    /// @inheritdoc IGainsay
    function reveal(bytes32 resultId, bytes32 traceRoot, string calldata uri) external {
        (Request storage r, Result storage s) = _resultIn(resultId, Status.Challenged);
        if (msg.sender != s.node) revert NotAllowed(msg.sender);
        _within(s.windowEnd);
        if (traceRoot == 0) revert EmptyTrace();
        Payloads.checkUri(uri);

        uint64 windowEnd = _windowEnd(CONVICTION_WINDOW);
        r.status = Status.Revealed;
        s.traceRoot = traceRoot;
        s.windowEnd = windowEnd;
        s.convictionEnd = windowEnd;
        emit Revealed(resultId, traceRoot, uri, windowEnd);
    }

    /// @inheritdoc IGainsay
    function claimSilence(bytes32 resultId) external {
        (Request storage r, Result storage s) = _resultIn(resultId, Status.Challenged);
        _after(s.windowEnd);
        // The reward is the challenger's whoever makes this move: claiming silence is not a race.
        _reject(resultId, r, s, Cause.Silence, msg.sender, s.challenger);
    }

    /// @inheritdoc IGainsay
    function rule(bytes32 resultId) external {
        (Request storage r, Result storage s) = _resultIn(resultId, Status.Revealed);
        // A model without an arbiter has the zero address here, which never calls.
        if (msg.sender != _arbiterOf(r.modelId)) revert NotAllowed(msg.sender);
        _within(s.windowEnd);
        _reject(resultId, r, s, Cause.Ruling, msg.sender, s.challenger);
    }

    /// @inheritdoc IGainsay
    function convict(bytes32 resultId, address convictor, Cause cause) external {
        (Request storage r, Result storage s) = _resultIn(resultId, Status.Revealed);
        _onlyConviction();
        // A reward credited to nobody would be lost.
        if (convictor == address(0)) revert NotAllowed(convictor);
        if (cause != Cause.Conviction && cause != Cause.Withheld) revert BadCause(cause);
        _within(s.windowEnd);
        _reject(resultId, r, s, cause, convictor, convictor);
    }

    /// @inheritdoc IGainsay
    function extend(bytes32 resultId, uint64 until) external {
        (, Result storage s) = _resultIn(resultId, Status.Revealed);
        _onlyConviction();
        _within(s.windowEnd);
        uint64 latest = s.convictionEnd + MAX_EXTENSIONS * CONVICTION_WINDOW;
        if (until > latest) revert TooLate(latest);
        if (until <= s.windowEnd) return;
        s.windowEnd = until;
        emit Extended(resultId, until);
    }

    // -------------------------------------------------------------------------------------------------- settlement

    /// @inheritdoc IGainsay
    function finalize(bytes32 resultId) external {
        Result storage s = _results[resultId];
        Request storage r = _requests[s.requestId];
        Status from = r.status;
        if (from != Status.Posted && from != Status.Revealed) revert WrongStatus(resultId, from);
        _after(s.windowEnd);

        address node = s.node;
        r.status = Status.Finalized;
        _unlock(node, NODE_BOND);
        emit Finalized(resultId);
        _credit(node, resultId, Reason.Fee, r.fee);
        if (from == Status.Revealed) _credit(node, resultId, Reason.ChallengeBondForfeited, CHALLENGE_BOND);
    }

    /// @inheritdoc IGainsay
    function credit(address account, bytes32 resultId, Reason reason) external payable {
        _onlyConviction();
        if (account == address(0)) revert NotAllowed(account);
        if (reason != Reason.DemandPaid && reason != Reason.DemandReturned) revert BadReason(reason);
        _credit(account, resultId, reason, msg.value);
    }

    /// @dev The only way a bond is slashed. `rewarded` gets the reward; the challenger always gets its own bond back,
    /// also when somebody else convicted: its challenge was right.
    function _reject(bytes32 resultId, Request storage r, Result storage s, Cause cause, address by, address rewarded)
        private
    {
        (uint256 reward, uint256 burnt, uint256 rest) = _split(NODE_BOND);
        address requester = r.requester;

        r.status = Status.Rejected;
        _slash(s.node, NODE_BOND);
        emit Rejected(resultId, cause, by, NODE_BOND, burnt);
        _credit(requester, resultId, Reason.Refund, r.fee);
        _credit(rewarded, resultId, Reason.Reward, reward);
        _credit(requester, resultId, Reason.Compensation, rest);
        _credit(s.challenger, resultId, Reason.ChallengeBondReturned, CHALLENGE_BOND);

        // The outcome is ignored on purpose: a burn must not block a settlement, and wei that cannot leave are as good
        // as burnt.
        LowLevelCall.callNoReturn(BURN, burnt, "");
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGainsay
    function requestOf(bytes32 requestId) external view returns (Request memory) {
        return _requests[requestId];
    }

    /// @inheritdoc IGainsay
    function resultOf(bytes32 resultId) external view returns (Result memory) {
        return _results[resultId];
    }

    /// @inheritdoc IGainsay
    function disputeOf(bytes32 resultId) external view returns (Dispute memory d) {
        Result storage s = _results[resultId];
        Request storage r = _requests[s.requestId];
        d.status = r.status;
        d.convictionEnd = s.convictionEnd;
        d.modelId = r.modelId;
        (d.rule, d.lambda, d.graphRoot) = _ruleOf(d.modelId);
        d.traceRoot = s.traceRoot;
        d.inputHash = r.inputHash;
        d.outputHash = s.outputHash;
    }

    /// @inheritdoc IGainsay
    function statusOf(bytes32 id) external view returns (Status) {
        bytes32 requestId = _results[id].requestId;
        return _requests[requestId == 0 ? id : requestId].status;
    }

    /// @inheritdoc IGainsay
    function nonceOf(address requester) external view returns (uint256) {
        return _nonces[requester];
    }

    /// @inheritdoc IGainsay
    function requestIdOf(
        address requester,
        uint256 nonce,
        bytes32 modelId,
        address node,
        bytes32 inputHash,
        string calldata inputUri,
        uint256 fee,
        uint64 deadline
    ) public view returns (bytes32) {
        bytes32 uriHash = keccak256(bytes(inputUri));
        return keccak256(
            abi.encode(block.chainid, address(this), requester, nonce, modelId, node, inputHash, uriHash, fee, deadline)
        );
    }

    /// @inheritdoc IGainsay
    function resultIdOf(bytes32 requestId, address node, bytes32 outputHash, string calldata outputUri)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(requestId, node, outputHash, keccak256(bytes(outputUri))));
    }

    // ----------------------------------------------------------------------------------------------------- helpers

    /// @dev A result and its request, if it has the status that a move starts from. An unknown result has no request,
    /// and request zero has status None.
    function _resultIn(bytes32 resultId, Status needed) private view returns (Request storage r, Result storage s) {
        s = _results[resultId];
        r = _requests[s.requestId];
        if (r.status != needed) revert WrongStatus(resultId, r.status);
    }

    function _onlyConviction() private view {
        if (msg.sender != CONVICTION) revert NotAllowed(msg.sender);
    }

    /// @dev `end` is the last second inside the window, so `_within` and `_after` never hold together.
    function _within(uint64 end) private view {
        if (block.timestamp > end) revert WindowOver(end);
    }

    function _after(uint64 end) private view {
        if (block.timestamp <= end) revert WindowOpen(end);
    }

    function _windowEnd(uint64 window) private view returns (uint64) {
        return uint64(block.timestamp) + window;
    }
}
