// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// @title One step of SHA-256
/// @notice The chain's own sha256 hashes from the beginning to the end; a proof about one part of a large file needs
/// the compression function alone. FIPS 180-4, §6.2.
library Sha256 {
    /// @notice FIPS 180-4, §5.3.3
    bytes32 internal constant INITIAL = 0x6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19;

    /// @dev FIPS 180-4, §4.2.2: 64 words of 32 bits.
    bytes private constant K = hex"428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5d807aa9812835b01243185be550c7dc3"
        hex"72be5d7480deb1fe9bdc06a7c19bf174e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da"
        hex"983e5152a831c66db00327c8bf597fc7c6e00bf3d5a7914706ca63511429296727b70a852e1b21384d2c6dfc53380d13"
        hex"650a7354766a0abb81c2c92e92722c85a2bfe8a1a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa070"
        hex"19a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3748f82ee78a5636f84c878148cc70208"
        hex"90befffaa4506cebbef9a3f7c67178f2";

    /// @notice The state after hashing `data` (a multiple of 64 bytes), given the state before.
    function compress(bytes32 state, bytes memory data) internal pure returns (bytes32) {
        for (uint256 at = 0; at < data.length; at += 64) {
            state = _block(state, data, at);
        }
        return state;
    }

    function _block(bytes32 state, bytes memory data, uint256 at) private pure returns (bytes32 next) {
        bytes memory k = K;
        uint256[] memory w = new uint256[](64);
        assembly ("memory-safe") {
            function rotate(x, n) -> y {
                y := and(or(shr(n, x), shl(sub(32, n), x)), 0xffffffff)
            }
            let words := add(w, 0x20)
            let source := add(add(data, 0x20), at)
            for { let i := 0 } lt(i, 16) { i := add(i, 1) } {
                mstore(add(words, shl(5, i)), shr(224, mload(add(source, shl(2, i)))))
            }
            for { let i := 16 } lt(i, 64) { i := add(i, 1) } {
                let slot := add(words, shl(5, i))
                let x := mload(sub(slot, 480))
                let y := mload(sub(slot, 64))
                let s0 := xor(xor(rotate(x, 7), rotate(x, 18)), shr(3, x))
                let s1 := xor(xor(rotate(y, 17), rotate(y, 19)), shr(10, y))
                mstore(slot, and(add(add(mload(sub(slot, 512)), s0), add(mload(sub(slot, 224)), s1)), 0xffffffff))
            }
            // a … h, a word each, in scratch memory beyond the free pointer.
            let v := mload(0x40)
            for { let i := 0 } lt(i, 8) { i := add(i, 1) } {
                mstore(add(v, shl(5, i)), and(shr(sub(224, shl(5, i)), state), 0xffffffff))
            }
            for { let i := 0 } lt(i, 64) { i := add(i, 1) } {
                let e := mload(add(v, 128))
                let a := mload(v)
                let t1 := add(mload(add(v, 224)), xor(xor(rotate(e, 6), rotate(e, 11)), rotate(e, 25)))
                t1 := add(t1, xor(and(e, mload(add(v, 160))), and(not(e), mload(add(v, 192)))))
                t1 := add(t1, shr(224, mload(add(add(k, 0x20), shl(2, i)))))
                t1 := add(t1, mload(add(words, shl(5, i))))
                let b := mload(add(v, 32))
                let c := mload(add(v, 64))
                let t2 := xor(xor(rotate(a, 2), rotate(a, 13)), rotate(a, 22))
                t2 := add(t2, xor(xor(and(a, b), and(a, c)), and(b, c)))
                // h g f … move down by one word.
                mcopy(add(v, 32), v, 224)
                mstore(add(v, 128), and(add(mload(add(v, 128)), t1), 0xffffffff))
                mstore(v, and(add(t1, t2), 0xffffffff))
            }
            for { let i := 0 } lt(i, 8) { i := add(i, 1) } {
                let down := sub(224, shl(5, i))
                let sum := and(add(mload(add(v, shl(5, i))), and(shr(down, state), 0xffffffff)), 0xffffffff)
                next := or(next, shl(down, sum))
            }
        }
    }
}
