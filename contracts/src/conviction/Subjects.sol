// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../IGainsay.sol";
import {Terms} from "../operators/IOperator.sol";
import {IChecker, Subject} from "../proof/IChecker.sol";
import {IConviction} from "./IConviction.sol";

/// @title What a proof is about, read from Gainsay
/// @notice Nothing of a result is taken from a caller: a proof about one result can never touch another.
abstract contract Subjects is IConviction {
    IGainsay internal immutable GAINSAY;
    IChecker internal immutable CHECKER;

    /// @dev Gainsay first, with this contract's address predicted from the deployer's nonce; then this one. In this order
    /// a mistake shows here, before anybody posts a bond that this contract could not slash.
    constructor(IGainsay gainsay_, IChecker checker_) {
        address seated = gainsay_.parameters().conviction;
        if (seated != address(this)) revert NotSeated(seated);
        // An address without code would make every proof revert, and nobody guilty.
        if (address(checker_).code.length == 0) revert IGainsay.ParameterOutOfBounds("checker");
        GAINSAY = gainsay_;
        CHECKER = checker_;
    }

    /// @inheritdoc IConviction
    function gainsay() external view returns (IGainsay) {
        return GAINSAY;
    }

    /// @inheritdoc IConviction
    function checker() external view returns (IChecker) {
        return CHECKER;
    }

    /// @dev A result that is revealed and not settled.
    function _revealed(bytes32 resultId) internal view returns (IGainsay.Dispute memory dispute) {
        dispute = GAINSAY.disputeOf(resultId);
        if (dispute.status != IGainsay.Status.Revealed) revert IGainsay.WrongStatus(resultId, dispute.status);
    }

    /// @dev What a checker judges. A graph root that no rule stands behind is a claim that no node has reason to check
    /// before it answers, so it must not bind one.
    function _subjectOf(bytes32 resultId) internal view returns (Subject memory subject, uint64 convictionEnd) {
        IGainsay.Dispute memory d = _revealed(resultId);
        if (d.rule == IGainsay.Rule.Arbiter) revert NotProvable(d.modelId);
        convictionEnd = d.convictionEnd;
        subject = Subject({
            traceRoot: d.traceRoot,
            graphRoot: d.graphRoot,
            terms: Terms({rule: d.rule, lambda: d.lambda}),
            inputHash: d.inputHash,
            outputHash: d.outputHash
        });
    }
}
