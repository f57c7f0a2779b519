// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../../src/IGainsay.sol";

/// @title Sits in the conviction contract's seat and believes every proof
contract MockConviction {
    /// @notice Convicts in the caller's name.
    function prove(IGainsay gainsay, bytes32 resultId) external {
        gainsay.convict(resultId, msg.sender, IGainsay.Cause.Conviction);
    }
}
