// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../../src/IGainsay.sol";

/// @title Refuses money
contract Refuser {
    receive() external payable {
        revert("no");
    }
}

/// @title Burns all gas it is given
contract GasBurner {
    receive() external payable {
        uint256 i;
        while (true) i++;
    }
}

/// @title Refuses with as much return data as its gas allows, to make whoever copies them pay
contract ReturnBomber {
    receive() external payable {
        assembly ("memory-safe") {
            revert(0, 100000)
        }
    }
}

/// @title Calls back while it is being paid
/// @notice Tries to be paid twice. Swallows the refusal, so that the payment itself goes through and only a missing
/// guard would show.
contract Reentrant {
    IGainsay public immutable gainsay;
    /// @notice How often a call back was let in.
    uint256 public gains;

    constructor(IGainsay gainsay_) {
        gainsay = gainsay_;
    }

    receive() external payable {
        (bool ok,) = address(gainsay).call(abi.encodeCall(IGainsay.withdraw, (address(this))));
        if (ok) gains++;
    }
}
