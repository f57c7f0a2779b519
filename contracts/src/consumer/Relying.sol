// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../IGainsay.sol";

/// @title Relying on a result: what a contract checks before it uses an inference
/// @notice Only a finalized result may be used: before that it can still be challenged and convicted. A finalized result
/// of another model, or for another input, says nothing about what was asked, and anybody can have one made.
library Relying {
    /// @notice Thrown while a result can still be challenged, and for ever once it is rejected.
    error NotFinalized(bytes32 resultId, IGainsay.Status status);
    /// @notice Thrown when a result comes from another model than the one relied on.
    error OtherModel(bytes32 resultId, bytes32 modelId);
    /// @notice Thrown when a result answers another input.
    error OtherInput(bytes32 resultId, bytes32 inputHash);
    /// @notice Thrown when the bytes given are not the result's output.
    error OtherOutput(bytes32 resultId, bytes32 outputHash);

    /// @notice Whether a result has settled in its favour. False for a request's id, which `statusOf` would take as well.
    function isFinal(IGainsay gainsay, bytes32 resultId) internal view returns (bool) {
        return gainsay.disputeOf(resultId).status == IGainsay.Status.Finalized;
    }

    /// @notice The output of a settled result, held against everything that it is used for. Reverts unless all fits.
    /// @param modelId the model whose answer is wanted, with its terms
    /// @param inputHash sha256 of the input that was to be answered
    /// @param output the bytes that the node posted, from anywhere: they are checked
    function check(IGainsay gainsay, bytes32 resultId, bytes32 modelId, bytes32 inputHash, bytes calldata output)
        internal
        view
    {
        IGainsay.Dispute memory d = gainsay.disputeOf(resultId);
        if (d.status != IGainsay.Status.Finalized) revert NotFinalized(resultId, d.status);
        if (d.modelId != modelId) revert OtherModel(resultId, d.modelId);
        if (d.inputHash != inputHash) revert OtherInput(resultId, d.inputHash);
        if (d.outputHash != sha256(output)) revert OtherOutput(resultId, d.outputHash);
    }
}
