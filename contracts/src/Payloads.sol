// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "./IGainsay.sol";

/// @title Checks on what is posted by value or by reference
library Payloads {
    /// @notice Longest URI in bytes. Enough for any content address; longer ones only bloat the log.
    uint256 internal constant MAX_URI = 2048;

    /// @dev Inline data are checked here, so that nobody downstream has to doubt them. What lies behind a URI is
    /// checked by whoever fetches it.
    function check(IGainsay.Payload calldata payload) internal pure {
        check(payload.hash, payload.uri, payload.data);
    }

    function check(bytes32 hash, string calldata uri, bytes calldata data) internal pure {
        checkUri(uri);
        if (data.length == 0) {
            if (bytes(uri).length == 0) revert IGainsay.EmptyPayload();
            return;
        }
        bytes32 actual = sha256(data);
        if (actual != hash) revert IGainsay.HashMismatch(hash, actual);
    }

    function checkUri(string calldata uri) internal pure {
        if (bytes(uri).length > MAX_URI) revert IGainsay.UriTooLong(bytes(uri).length);
    }
}
