// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// @notice A sum of products of float32 numbers, exact but for what lies below 2^-120 in each product.
/// @param sum in fixed point with 120 fractional bits
/// @param size sum of the products' absolute values
/// @param slack what hardware that takes subnormal operands for zero would leave out
/// @param open whether an operand was NaN or infinite, or a product too large: then nothing can be said
struct Dot {
    int256 sum;
    uint256 size;
    uint256 slack;
    bool open;
}

/// @title Dot products
/// @notice Each product of two 24-bit significands is an exact 48-bit number, shifted to its place in a 256-bit sum.
library Dots {
    /// @dev Every second byte, and every second pair of bytes, of a word.
    uint256 private constant BYTES = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant PAIRS = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;

    /// @notice Adds `count` products of neighbouring float32 numbers.
    /// @param a where in calldata the first operands lie, little-endian; see `Views.span`
    /// @param b where the second operands lie
    function add(Dot memory dot, uint256 a, uint256 b, uint256 count) internal pure {
        assembly ("memory-safe") {
            // Adds one product; x and y hold a float32 in their lowest 32 bits and anything above.
            function multiply(x, y, total, magnitude, flushed, strange) -> t, m, f, o {
                t := total
                m := magnitude
                f := flushed
                o := strange
                let ex := and(shr(23, x), 0xff)
                let ey := and(shr(23, y), 0xff)
                let mx := and(x, 0x7fffff)
                let my := and(y, 0x7fffff)
                let normal := 1
                switch mul(ex, ey)
                case 0 {
                    // A zero or subnormal operand: no implicit leading bit, and the exponent of the smallest normal.
                    normal := 0
                    switch ex
                    case 0 { ex := 1 }
                    default { mx := or(mx, 0x800000) }
                    switch ey
                    case 0 { ey := 1 }
                    default { my := or(my, 0x800000) }
                }
                default {
                    mx := or(mx, 0x800000)
                    my := or(my, 0x800000)
                }
                let e := add(ex, ey)
                // 255: NaN or infinity. Beyond 380: a product of 2^127 and more.
                if or(or(eq(ex, 0xff), eq(ey, 0xff)), gt(e, 380)) {
                    o := 1
                    leave
                }
                // mx·2^(ex-150) · my·2^(ey-150) · 2^120; a shift by a negative number is one by 2^256 and gives zero.
                let p := mul(mx, my)
                p := or(shl(sub(e, 180), p), shr(sub(180, e), p))
                m := add(m, p)
                // 2^127: honest hardware may overflow on the way, whatever the sum comes to in the end.
                if shr(247, m) { o := 1 }
                if iszero(normal) { f := add(f, p) }
                let sign := sub(0, and(shr(31, xor(x, y)), 1))
                t := add(t, sub(xor(p, sign), sign))
            }
            function swap(w) -> s {
                s := or(and(shr(8, w), BYTES), shl(8, and(w, BYTES)))
                s := or(and(shr(16, s), PAIRS), shl(16, and(s, PAIRS)))
            }

            let sum := mload(dot)
            let size := mload(add(dot, 0x20))
            let slack := mload(add(dot, 0x40))
            let open := mload(add(dot, 0x60))
            for {} count {} {
                let x := swap(calldataload(a))
                let y := swap(calldataload(b))
                let lanes := 8
                if lt(count, 8) { lanes := count }
                for { let at := 0 } lt(at, lanes) { at := add(at, 1) } {
                    let down := sub(224, shl(5, at))
                    sum, size, slack, open := multiply(shr(down, x), shr(down, y), sum, size, slack, open)
                }
                a := add(a, 32)
                b := add(b, 32)
                count := sub(count, lanes)
            }
            mstore(dot, sum)
            mstore(add(dot, 0x20), size)
            mstore(add(dot, 0x40), slack)
            mstore(add(dot, 0x60), open)
        }
    }
}
