// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Demand, IChecker, Subject} from "../../src/proof/IChecker.sol";

/// @title A checker that knows the truth
/// @notice Guilt is a property of the trace's root; a proof names the root, and any nonce, so that there are many proofs.
/// Whoever knows the root can supply any part of the trace: withholding is not to call.
contract MockChecker is IChecker {
    uint32 public constant CHUNKS = 64;

    /// @notice Thrown when a proof is about another trace, or none.
    error BadProof();
    /// @notice Thrown when what is judged is not what a test expects.
    error WrongSubject();

    mapping(bytes32 traceRoot => bool) private _guilty;
    bytes32 private _expected;
    /// @notice How many tensors a trace has.
    uint32 public entries = 8;

    /// @notice From now on there are proofs against this trace.
    function condemn(bytes32 traceRoot) external {
        _guilty[traceRoot] = true;
    }

    /// @notice From now on every trace has so many tensors.
    function enlarge(uint32 entries_) external {
        entries = entries_;
    }

    /// @notice From now on every other subject is an error.
    function expect(Subject calldata subject) external {
        _expected = keccak256(abi.encode(subject));
    }

    /// @inheritdoc IChecker
    function isGuilty(Subject calldata subject, bytes calldata proof) external view returns (bool) {
        check(subject);
        if (proof.length != 64) revert BadProof();
        (bytes32 traceRoot,) = abi.decode(proof, (bytes32, bytes32));
        if (traceRoot != subject.traceRoot) revert BadProof();
        return _guilty[traceRoot];
    }

    /// @inheritdoc IChecker
    function isDemandable(Subject calldata subject, Demand calldata demand, bytes calldata proof)
        external
        view
        returns (bool)
    {
        check(subject);
        if (keccak256(proof) != keccak256("opens")) revert BadProof();
        return demand.entry < entries && uint256(demand.first) + demand.count <= CHUNKS;
    }

    /// @inheritdoc IChecker
    function isSupplied(Subject calldata subject, Demand calldata demand, bytes calldata supply)
        external
        view
        returns (bool)
    {
        check(subject);
        return keccak256(supply) == keccak256(partOf(subject.traceRoot, demand));
    }

    /// @notice What supplies a demand.
    function partOf(bytes32 traceRoot, Demand calldata demand) public pure returns (bytes memory) {
        return abi.encode(traceRoot, demand);
    }

    function check(Subject calldata subject) private view {
        if (_expected != 0 && _expected != keccak256(abi.encode(subject))) revert WrongSubject();
    }
}
