// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Terms} from "../operators/IOperator.sol";

/// @notice What a proof is about: one revealed result, as the Gainsay contract has it.
/// @param traceRoot what the node revealed
/// @param graphRoot the model's operators and weights, as registered
/// @param terms how wide the registration lets honest machines differ
/// @param inputHash sha256 of the request's input
/// @param outputHash sha256 of the posted output
struct Subject {
    bytes32 traceRoot;
    bytes32 graphRoot;
    Terms terms;
    bytes32 inputHash;
    bytes32 outputHash;
}

/// @notice A part of a trace that somebody wants to see on chain.
/// @param entry which tensor of the trace
/// @param first first chunk of it
/// @param count how many chunks; zero asks for the tensor's header alone
struct Demand {
    uint32 entry;
    uint32 first;
    uint32 count;
}

/// @title Who checks proofs: without state, without money
/// @dev Every function reverts on a proof that is not well-formed or does not open the commitments. The encoding of
/// `proof` is the checker's own matter.
interface IChecker {
    /// @notice Whether the proof shows that no honest node can have revealed this trace for this result.
    function isGuilty(Subject calldata subject, bytes calldata proof) external view returns (bool);

    /// @notice Whether every honest node could supply what is demanded.
    /// @param proof opens the graph's root and, where chunks are demanded, the tensor's header
    function isDemandable(Subject calldata subject, Demand calldata demand, bytes calldata proof)
        external
        view
        returns (bool);

    /// @notice Whether this is what was demanded.
    function isSupplied(Subject calldata subject, Demand calldata demand, bytes calldata supply)
        external
        view
        returns (bool);
}
