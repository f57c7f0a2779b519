// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IConviction} from "./IConviction.sol";

/// @title Announcements of proofs that are not shown yet
abstract contract Commitments is IConviction {
    mapping(bytes32 commitment => uint256 blockNumber) private _committedAt;

    /// @inheritdoc IConviction
    function commit(bytes32 commitment) external {
        // Once: a copycat must not be able to make a commitment younger than it is.
        if (_committedAt[commitment] != 0) return;
        _committedAt[commitment] = block.number;
        emit Committed(commitment);
    }

    /// @inheritdoc IConviction
    function committedAt(bytes32 commitment) external view returns (uint256 blockNumber) {
        return _committedAt[commitment];
    }

    /// @inheritdoc IConviction
    function commitmentOf(address convictor, bytes32 resultId, bytes32 proofHash, bytes32 salt)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(convictor, resultId, proofHash, salt));
    }

    /// @dev In an earlier block: within one, whoever orders its transactions could copy, commit and convict before them.
    function _checkCommitted(bytes32 commitment) internal view {
        uint256 blockNumber = _committedAt[commitment];
        if (blockNumber == 0 || blockNumber >= block.number) revert NotCommitted(commitment);
    }
}
