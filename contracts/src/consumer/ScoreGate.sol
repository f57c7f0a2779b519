// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../IGainsay.sol";
import {Relying} from "./Relying.sol";

/// @title An example consumer: pays out once a model has scored an application high enough
/// @notice Not part of the protocol; no code of Gainsay depends on it. It refuses every result that is not settled, or is
/// about another model or input, and reads one float32 out of the output's bytes.
contract ScoreGate {
    using Relying for IGainsay;

    IGainsay public immutable GAINSAY;
    bytes32 public immutable MODEL_ID;
    /// @notice Where in the output's encoding the score's four bytes begin (docs/protocol.md, Tensors).
    uint256 public immutable OFFSET;
    /// @notice The least score that passes, as the bits of a positive float32: those are ordered as the numbers are.
    uint32 public immutable LEAST;

    mapping(bytes32 inputHash => bool) public hasPassed;

    event Passed(bytes32 indexed inputHash, bytes32 indexed resultId, uint32 score);

    /// @notice Thrown when the score is below the least one, negative, or no number.
    error TooLow(uint32 score);
    /// @notice Thrown when the output ends before the score.
    error NoScore();

    constructor(IGainsay gainsay, bytes32 modelId, uint256 offset, uint32 least) {
        GAINSAY = gainsay;
        MODEL_ID = modelId;
        OFFSET = offset;
        LEAST = least;
    }

    /// @notice Lets an application pass whose score is settled. Anybody may call: all is checked against the chain.
    /// @param inputHash sha256 of the application as it was sent to the model
    /// @param output the bytes that the node posted
    function pass(bytes32 inputHash, bytes32 resultId, bytes calldata output) external {
        GAINSAY.check(resultId, MODEL_ID, inputHash, output);
        if (output.length < OFFSET + 4) revert NoScore();
        uint32 score = 0;
        for (uint256 i = 0; i < 4; ++i) {
            score |= uint32(uint8(output[OFFSET + i])) << uint32(8 * i);
        }
        // From 0x7f800000 on: infinity, NaN, and everything with the sign set.
        if (score < LEAST || score >= 0x7f800000) revert TooLow(score);
        hasPassed[inputHash] = true;
        emit Passed(inputHash, resultId, score);
    }
}
