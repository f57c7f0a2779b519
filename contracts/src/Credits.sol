// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IGainsay} from "./IGainsay.sol";

/// @title Pull payments
/// @notice Everything the protocol owes an account waits here until the account takes it.
/// @dev Settlements only write to this mapping. A receiver that reverts, burns gas or calls back can therefore hurt
/// nobody but itself.
abstract contract Credits is IGainsay {
    mapping(address account => uint256 wei_) private _credits;

    /// @inheritdoc IGainsay
    function withdraw(address to) external returns (uint256 amount) {
        amount = _credits[msg.sender];
        if (amount == 0) revert NothingToWithdraw();
        // The zero address accepts everything and returns nothing: such a withdrawal is a mistake.
        if (to == address(0)) revert WithdrawalRefused(to);

        // Before the call: a receiver that calls back finds nothing left.
        _credits[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);

        if (!LowLevelCall.callNoReturn(to, amount, "")) revert WithdrawalRefused(to);
    }

    /// @inheritdoc IGainsay
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    /// @dev Owes `account` more. Nothing owed, nothing said: an event always means money.
    function _credit(address account, bytes32 id, Reason reason, uint256 amount) internal {
        if (amount == 0) return;
        _credits[account] += amount;
        emit Credited(account, id, reason, amount);
    }
}
