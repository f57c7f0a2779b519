// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "./IGainsay.sol";
import {Payloads} from "./Payloads.sol";
import {Terms} from "./Terms.sol";

/// @title The register of models
/// @notice A model and the terms on which its results are judged. Terms never change: other terms are another model.
abstract contract Models is Terms {
    /// @notice Largest tolerance: a distance of the whole norm. A wider one would accept anything.
    uint256 public constant MAX_TOLERANCE = 1e18;
    /// @notice Smallest lambda of the probabilistic bound. Rounding errors that are independent with mean zero exceed it
    /// with a probability of at most 2·exp(-lambda²/2) a term (Higham and Mary, 2019, Theorem 2.4): 3·10⁻⁸ at 6, and more
    /// below would convict honest machines.
    uint16 public constant MIN_LAMBDA = 6;
    /// @notice Largest lambda: at 64 no sum of less than 4,096 terms has a tighter bound than the worst case.
    uint16 public constant MAX_LAMBDA = 64;

    mapping(bytes32 modelId => Model) private _models;

    /// @inheritdoc IGainsay
    function registerModel(Model calldata model) external returns (bytes32 modelId) {
        Payloads.checkUri(model.uri);
        if (model.modelHash == 0 || bytes(model.uri).length == 0) revert BadModel();
        // Exact means equal bytes, so a tolerance contradicts it; Fp32 without one would condemn honest hardware.
        bool bad = model.precision == Precision.Exact
            ? model.tolerance != 0
            : model.tolerance == 0 || model.tolerance > MAX_TOLERANCE;
        if (bad || !_isProvable(model)) revert BadModel();

        modelId = _modelIdOf(model);
        if (_isRegistered(modelId)) revert ModelExists(modelId);
        _models[modelId] = model;

        emit ModelRegistered(
            modelId,
            model.modelHash,
            msg.sender,
            model.graphRoot,
            model.uri,
            model.precision,
            model.tolerance,
            model.arbiter,
            model.rule,
            model.lambda
        );
    }

    /// @inheritdoc IGainsay
    function modelOf(bytes32 modelId) external view returns (Model memory) {
        return _models[modelId];
    }

    /// @inheritdoc IGainsay
    function modelIdOf(Model calldata model) external pure returns (bytes32) {
        return _modelIdOf(model);
    }

    function _isRegistered(bytes32 modelId) internal view returns (bool) {
        return _models[modelId].modelHash != 0;
    }

    /// @dev How the contract can convict by this model. Read alone: its URI takes as many slots as all the rest.
    function _ruleOf(bytes32 modelId) internal view returns (Rule rule, uint16 lambda, bytes32 graphRoot) {
        Model storage model = _models[modelId];
        return (model.rule, model.lambda, model.graphRoot);
    }

    function _arbiterOf(bytes32 modelId) internal view returns (address) {
        return _models[modelId].arbiter;
    }

    /// @dev Whether the contract can do what the model's rule promises. A rule that nobody can win by would be worse than
    /// none: watchers would challenge and lose their bonds.
    function _isProvable(Model calldata model) private view returns (bool) {
        if (model.rule == Rule.Arbiter) return model.lambda == 0;
        if (model.graphRoot == 0 || CONVICTION == address(0)) return false;
        if (model.rule == Rule.WorstCase) return model.lambda == 0;
        if (model.rule == Rule.Probabilistic) return model.lambda >= MIN_LAMBDA && model.lambda <= MAX_LAMBDA;
        return false;
    }

    function _modelIdOf(Model calldata model) private pure returns (bytes32) {
        return keccak256(abi.encode(model));
    }
}
