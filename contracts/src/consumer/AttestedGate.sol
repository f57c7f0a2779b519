// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Attestations} from "./Attestations.sol";

/// @title An example consumer: accepts a result once enough named watchers have attested that it is valid
/// @notice Not part of the protocol; no code of Gainsay depends on it. It believes `NEEDED` of its watchers, and no more than
/// that: docs/attestations.md says what an attestation is worth.
contract AttestedGate {
    using Attestations for Attestations.Attestation;

    /// @notice What every accepted result must come from.
    struct Terms {
        bytes32 network;
        uint256 chainId;
        bytes32 modelHash;
        uint8 precision;
        uint256 tolerance;
    }

    /// @notice How many watchers must attest.
    uint256 public immutable NEEDED;
    Terms public terms;
    mapping(address watcher => bool) public isWatcher;
    /// @notice The output that was accepted for an input; zero where none was.
    mapping(bytes32 inputHash => bytes32 outputHash) public outputOf;

    event Accepted(bytes32 indexed inputHash, bytes32 indexed outputHash, bytes32 indexed resultId);

    /// @notice Thrown when no number of the watchers given could ever, or would always, be enough.
    error BadThreshold(uint256 needed, uint256 watchers);
    /// @notice Thrown when there are fewer attestations than are needed, or another number of signatures.
    error TooFew(uint256 attestations, uint256 signatures);
    /// @notice Thrown when one is not by a named watcher, or not in ascending order of watchers, as which nobody counts twice.
    error BadWatcher(address signer);
    /// @notice Thrown when one does not say valid, by this gate's terms.
    error NotAttested(uint256 index);
    /// @notice Thrown when one is about another result than the first.
    error OtherResult(uint256 index);
    /// @notice Thrown when another output was accepted for the input before.
    error AlreadyAccepted(bytes32 inputHash);

    constructor(Terms memory terms_, address[] memory watchers, uint256 needed) {
        for (uint256 i = 0; i < watchers.length; ++i) {
            if (watchers[i] == address(0) || isWatcher[watchers[i]]) revert BadWatcher(watchers[i]);
            isWatcher[watchers[i]] = true;
        }
        if (needed == 0 || needed > watchers.length) revert BadThreshold(needed, watchers.length);
        terms = terms_;
        NEEDED = needed;
    }

    /// @notice Accepts a result. Anybody may call: all is checked. Attestations are in ascending order of their signers.
    function accept(Attestations.Attestation[] calldata attestations, bytes[] calldata signatures) external {
        uint256 count = attestations.length;
        if (count < NEEDED || count != signatures.length) revert TooFew(count, signatures.length);
        Terms memory wanted = terms;
        address last = address(0);
        bytes32 about;
        for (uint256 i = 0; i < count; ++i) {
            Attestations.Attestation memory one = attestations[i];
            address signer = one.signerOf(signatures[i]);
            if (signer <= last || !isWatcher[signer]) revert BadWatcher(signer);
            last = signer;
            if (!fits(one, wanted)) revert NotAttested(i);
            bytes32 what = keccak256(abi.encode(one.subject(), one.inputHash, one.outputHash));
            if (i == 0) about = what;
            else if (what != about) revert OtherResult(i);
        }
        bytes32 input = attestations[0].inputHash;
        bytes32 output = attestations[0].outputHash;
        if (outputOf[input] != 0 && outputOf[input] != output) revert AlreadyAccepted(input);
        outputOf[input] = output;
        emit Accepted(input, output, attestations[0].resultId);
    }

    function fits(Attestations.Attestation memory one, Terms memory wanted) private pure returns (bool) {
        return one.verdict == Attestations.VALID && keccak256(bytes(one.network)) == wanted.network
            && one.chainId == wanted.chainId && one.modelHash == wanted.modelHash && one.precision == wanted.precision
            && one.tolerance <= wanted.tolerance && one.distance <= one.tolerance;
    }
}
