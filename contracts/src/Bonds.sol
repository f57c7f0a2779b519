// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Credits} from "./Credits.sol";
import {IGainsay} from "./IGainsay.sol";

/// @title Node bonds
/// @notice What a node puts at stake. Free bond can leave at once; locked bond stays until its result settles.
abstract contract Bonds is Credits {
    mapping(address node => uint256 wei_) private _free;
    mapping(address node => uint256 wei_) private _locked;

    /// @inheritdoc IGainsay
    function bond() external payable {
        _free[msg.sender] += msg.value;
        emit Bonded(msg.sender, msg.value, _free[msg.sender], _locked[msg.sender]);
    }

    /// @inheritdoc IGainsay
    function unbond(uint256 amount) external {
        _takeFree(msg.sender, amount);
        emit Unbonded(msg.sender, amount, _free[msg.sender], _locked[msg.sender]);
        _credit(msg.sender, 0, Reason.Unbonded, amount);
    }

    /// @inheritdoc IGainsay
    function freeBondOf(address node) external view returns (uint256) {
        return _free[node];
    }

    /// @inheritdoc IGainsay
    function lockedBondOf(address node) external view returns (uint256) {
        return _locked[node];
    }

    /// @dev Free bond becomes locked: a result is at stake.
    function _lock(address node, uint256 amount) internal {
        _takeFree(node, amount);
        _locked[node] += amount;
    }

    /// @dev Locked bond becomes free: the result stood.
    function _unlock(address node, uint256 amount) internal {
        _locked[node] -= amount;
        _free[node] += amount;
    }

    /// @dev Locked bond is gone: the result was rejected. The caller says where it goes.
    function _slash(address node, uint256 amount) internal {
        _locked[node] -= amount;
    }

    function _takeFree(address node, uint256 amount) private {
        uint256 free = _free[node];
        if (free < amount) revert BondTooSmall(free, amount);
        _free[node] = free - amount;
    }
}
