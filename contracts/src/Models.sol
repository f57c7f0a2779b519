// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "./IGainsay.sol";
import {Payloads} from "./Payloads.sol";

/// @title The register of models
/// @notice A model and the terms on which its results are judged. Terms never change: other terms are another model.
abstract contract Models is IGainsay {
    /// @notice Largest tolerance: a distance of the whole norm. A wider one would accept anything.
    uint256 public constant MAX_TOLERANCE = 1e18;

    mapping(bytes32 modelId => Model) private _models;

    /// @inheritdoc IGainsay
    function registerModel(Model calldata model) external returns (bytes32 modelId) {
        Payloads.checkUri(model.uri);
        if (model.modelHash == 0 || bytes(model.uri).length == 0) revert BadModel();
        // Exact means equal bytes, so a tolerance contradicts it; Fp32 without one would condemn honest hardware.
        bool bad = model.precision == Precision.Exact
            ? model.tolerance != 0
            : model.tolerance == 0 || model.tolerance > MAX_TOLERANCE;
        if (bad) revert BadModel();

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
            model.arbiter
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

    function _arbiterOf(bytes32 modelId) internal view returns (address) {
        return _models[modelId].arbiter;
    }

    function _modelIdOf(Model calldata model) private pure returns (bytes32) {
        return keccak256(abi.encode(model));
    }
}
