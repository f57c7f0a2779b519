// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../IGainsay.sol";
import {IChecker, Subject} from "../proof/IChecker.sol";
import {Appeals} from "./Appeals.sol";
import {Commitments} from "./Commitments.sol";
import {Demands} from "./Demands.sol";
import {IConviction} from "./IConviction.sol";
import {Subjects} from "./Subjects.sol";

/// @title Conviction: who may show a proof, and what comes of it
/// @notice No owner, no upgrade, no pause. What a proof is, the checker says.
/// @dev Deployed after Gainsay, at the address that Gainsay names: see `Subjects`. There is no `receive` and no
/// `fallback`: a plain transfer reverts, so every wei that comes in is a demand's fee.
contract Conviction is IConviction, Commitments, Demands, Appeals {
    /// @inheritdoc IConviction
    string public constant VERSION = "gainsay-conviction/1";

    constructor(IGainsay gainsay_, IChecker checker_, DemandTerms memory terms)
        Subjects(gainsay_, checker_)
        Demands(terms)
    {}

    /// @inheritdoc IConviction
    function convict(bytes32 resultId, bytes calldata proof, bytes32 salt) external {
        bytes32 proofHash = keccak256(proof);
        _checkCommitted(commitmentOf(msg.sender, resultId, proofHash, salt));
        (Subject memory subject,) = _subjectOf(resultId);
        if (!CHECKER.isGuilty(subject, proof)) revert NotGuilty(resultId);

        emit Convicted(resultId, msg.sender, proofHash);
        // Reverts once the window is over.
        GAINSAY.convict(resultId, msg.sender, IGainsay.Cause.Conviction);
    }
}
