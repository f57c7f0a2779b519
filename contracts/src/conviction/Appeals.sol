// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../IGainsay.sol";
import {Payloads} from "../Payloads.sol";
import {IConviction} from "./IConviction.sol";
import {Subjects} from "./Subjects.sol";

/// @title Appeals: what the chain cannot check, put before the model's arbiter
/// @notice An appeal changes nothing and costs its gas: it is a public, dated call on the arbiter, who rules through
/// Gainsay or does not.
abstract contract Appeals is Subjects {
    mapping(bytes32 resultId => mapping(address appellant => bool)) private _appealed;

    /// @inheritdoc IConviction
    function appeal(bytes32 resultId, bytes32 evidenceHash, string calldata uri, bytes calldata data) external {
        Payloads.check(evidenceHash, uri, data);
        bytes32 modelId = _revealed(resultId).modelId;
        uint64 windowEnd = GAINSAY.resultOf(resultId).windowEnd;
        if (block.timestamp > windowEnd) revert IGainsay.WindowOver(windowEnd);
        if (GAINSAY.modelOf(modelId).arbiter == address(0)) revert NoArbiter(modelId);
        if (_appealed[resultId][msg.sender]) revert AppealExists(resultId, msg.sender);

        _appealed[resultId][msg.sender] = true;
        emit Appealed(resultId, msg.sender, evidenceHash, uri, data);
    }

    /// @inheritdoc IConviction
    function hasAppealed(bytes32 resultId, address account) external view returns (bool) {
        return _appealed[resultId][account];
    }
}
