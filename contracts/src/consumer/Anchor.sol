// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";
import {Attestations} from "./Attestations.sol";

/// @title Where watchers put the roots of batches of attestations
/// @notice An anchored batch cannot be antedated or quietly taken back: the chain says since when it was there, and by whom.
/// Nobody owns it, nothing is paid, and anybody may anchor anything: a root says something only about the account behind it.
contract Anchor {
    using Attestations for Attestations.Attestation;

    /// @notice When a root was anchored, and of how many attestations it is said to be.
    struct Batch {
        uint64 at;
        uint192 count;
    }

    mapping(address by => mapping(bytes32 root => Batch)) public batchOf;

    event Anchored(address indexed by, bytes32 indexed root, uint256 count);

    /// @notice Thrown when the account has anchored the root before: its first time stands.
    error AlreadyAnchored(bytes32 root);
    /// @notice Thrown for a batch of nothing, or of more than there can be.
    error BadCount(uint256 count);

    /// @notice Anchors a root in the sender's name.
    function anchor(bytes32 root, uint256 count) external {
        if (count == 0 || count > type(uint192).max) revert BadCount(count);
        if (batchOf[msg.sender][root].at != 0) revert AlreadyAnchored(root);
        batchOf[msg.sender][root] = Batch(uint64(block.timestamp), uint192(count));
        emit Anchored(msg.sender, root, count);
    }

    /// @notice Since when an attestation is in a batch of this account's, in Unix seconds; 0 when it is not. Its own signature is
    /// not looked at: who anchored it stands by it.
    function anchoredAt(
        address by,
        bytes32 root,
        bytes32[] calldata proof,
        Attestations.Attestation calldata attestation
    ) external view returns (uint64) {
        Attestations.Attestation memory copy = attestation;
        return MerkleProofLib.verifyCalldata(proof, root, copy.leaf()) ? batchOf[by][root].at : 0;
    }

    /// @notice What a watcher signs for an attestation: for whoever wants to ask a contract rather than compute.
    function digestOf(Attestations.Attestation calldata attestation) external pure returns (bytes32) {
        Attestations.Attestation memory copy = attestation;
        return copy.hash();
    }

    /// @notice Who signed an attestation. Reverts where the signature is none.
    function signerOf(Attestations.Attestation calldata attestation, bytes calldata signature)
        external
        pure
        returns (address)
    {
        Attestations.Attestation memory copy = attestation;
        return copy.signerOf(signature);
    }
}
