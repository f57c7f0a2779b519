// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Emits what the relay emits. It checks nothing, as batches are not checked there.
contract RelayDouble {
    event BatchSettlement(bytes32 indexed merkleRoot, uint256 batchSize, bytes walrusBlobId);
    event IndividualSettlement(
        bytes32 indexed teeId,
        address indexed ethAddress,
        bytes32 inputHash,
        bytes32 outputHash,
        uint256 timestamp,
        bytes walrusBlobId,
        bytes signature
    );

    function batchSettle(bytes32 root, uint256 size, bytes calldata blobId) external {
        emit BatchSettlement(root, size, blobId);
    }

    function settleIndividual(
        bytes32 teeId,
        bytes32 inputHash,
        bytes32 outputHash,
        uint256 timestamp,
        address account,
        bytes calldata blobId,
        bytes calldata signature
    ) external {
        emit IndividualSettlement(teeId, account, inputHash, outputHash, timestamp, blobId, signature);
    }
}

/// Answers as the registry of TEEs does, with an error where it knows none.
contract RegistryDouble {
    struct OhttpConfig {
        uint8 keyId;
        uint16 kemId;
        uint16 kdfId;
        uint16 aeadId;
        bytes publicKey;
        bytes keyConfig;
        uint256 registeredAt;
    }

    struct Tee {
        address owner;
        address paymentAddress;
        string endpoint;
        bytes publicKey;
        bytes tlsCertificate;
        bytes32 pcrHash;
        uint8 teeType;
        bool enabled;
        uint256 registeredAt;
        uint256 lastHeartbeatAt;
        OhttpConfig ohttpConfig;
    }

    error TEENotFound();

    mapping(bytes32 => Tee) internal tees;

    function register(bytes32 teeId, bytes calldata publicKey) external {
        Tee storage tee = tees[teeId];
        tee.publicKey = publicKey;
        tee.enabled = true;
        tee.registeredAt = block.timestamp;
    }

    function setEnabled(bytes32 teeId, bool enabled) external {
        tees[teeId].enabled = enabled;
    }

    function getTEE(bytes32 teeId) external view returns (Tee memory) {
        if (tees[teeId].registeredAt == 0) revert TEENotFound();
        return tees[teeId];
    }
}
