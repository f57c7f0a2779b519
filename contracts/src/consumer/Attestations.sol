// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title What watchers attest of results on networks where nobody can challenge them
/// @notice EIP-712 typed data, the same as `protocol/attestation.ts`; docs/attestations.md says what it proves. The domain has
/// neither chain nor contract, since an attestation is a statement that holds anywhere and that nothing is spent by showing.
library Attestations {
    /// @notice One watcher's verdict on one result.
    struct Attestation {
        /// Whose result it is, such as "opengradient".
        string network;
        /// With the next three: the very event that posted the result.
        uint256 chainId;
        bytes32 blockHash;
        bytes32 transactionHash;
        uint256 logIndex;
        /// The result's id in Gainsay's history.
        bytes32 resultId;
        /// sha256 of the model file that was replayed.
        bytes32 modelHash;
        bytes32 inputHash;
        bytes32 outputHash;
        /// `VALID` or `INVALID`.
        uint8 verdict;
        /// In the order of `IGainsay.Precision`.
        uint8 precision;
        /// What the distance was held against, in 1e-18.
        uint256 tolerance;
        /// How far the output lies from the replay, in 1e-18; the largest number where there is none.
        uint256 distance;
        /// What replayed and judged it, with versions.
        string runtimes;
        /// Unix seconds. Of two by one watcher about one event the later one counts.
        uint64 judgedAt;
    }

    uint8 internal constant VALID = 1;
    uint8 internal constant INVALID = 2;

    bytes32 internal constant TYPE_HASH = keccak256(
        "Attestation(string network,uint256 chainId,bytes32 blockHash,bytes32 transactionHash,uint256 logIndex,bytes32 resultId,bytes32 modelHash,bytes32 inputHash,bytes32 outputHash,uint8 verdict,uint8 precision,uint256 tolerance,uint256 distance,string runtimes,uint64 judgedAt)"
    );

    bytes32 internal constant DOMAIN_SEPARATOR = keccak256(
        abi.encode(keccak256("EIP712Domain(string name,string version)"), keccak256("Gainsay"), keccak256("1"))
    );

    /// @notice What a watcher signs.
    function hash(Attestation memory a) internal pure returns (bytes32) {
        // In two parts: sixteen values at once are more than the stack holds.
        bytes memory event_ = abi.encode(
            TYPE_HASH, keccak256(bytes(a.network)), a.chainId, a.blockHash, a.transactionHash, a.logIndex, a.resultId
        );
        bytes memory judgement = abi.encode(
            a.modelHash,
            a.inputHash,
            a.outputHash,
            a.verdict,
            a.precision,
            a.tolerance,
            a.distance,
            keccak256(bytes(a.runtimes)),
            a.judgedAt
        );
        return keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR, keccak256(bytes.concat(event_, judgement))));
    }

    /// @notice Who signed it. Reverts unless the signature is 65 bytes with a low `s` and a `v` of 27 or 28, of which there is
    /// exactly one a key and message.
    function signerOf(Attestation memory a, bytes memory signature) internal pure returns (address) {
        return ECDSA.recover(hash(a), signature);
    }

    /// @notice The event that it is about, as one word: what attestations must share to be about the same result.
    function subject(Attestation memory a) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256(bytes(a.network)), a.chainId, a.blockHash, a.transactionHash, a.logIndex, a.resultId)
        );
    }

    /// @notice Its leaf in a batch whose root is anchored. Hashed once more, as the tree's nodes are hashes of two words.
    function leaf(Attestation memory a) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(hash(a)))));
    }
}
