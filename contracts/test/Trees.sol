// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// @title Merkle trees as their definition has them
/// @notice Written apart from `Merkle` and hashed by the chain's own sha256, so that neither can hide a slip of the other.
library Trees {
    /// @notice Hash of a leaf's bytes.
    function leaf(bytes memory data) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), data));
    }

    /// @notice Hash of two nodes side by side.
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @notice Root over these leaves.
    function root(bytes32[] memory level) internal pure returns (bytes32) {
        while (level.length > 1) level = _above(level);
        return level[0];
    }

    /// @notice What is missing to compute the root from some neighbouring leaves.
    function siblings(bytes32[] memory level, uint256 first, uint256 count)
        internal
        pure
        returns (bytes32[] memory some)
    {
        bytes32[] memory found = new bytes32[](64);
        uint256 n = 0;
        while (level.length > 1) {
            uint256 end = first + count;
            if (first % 2 == 1) found[n++] = level[first - 1];
            if (end % 2 == 1 && end < level.length) found[n++] = level[end];
            level = _above(level);
            first /= 2;
            count = (end + 1) / 2 - first;
        }
        some = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) {
            some[i] = found[i];
        }
    }

    function _above(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < above.length; ++i) {
            above[i] = 2 * i + 1 < level.length ? node(level[2 * i], level[2 * i + 1]) : level[2 * i];
        }
    }
}
