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
/// The same in TypeScript: `protocol/arithmetic/dot.ts`.
/// @dev A word of calldata holds eight numbers. What is the same for all eight (byte order, exponents, signs, leading
/// bits) is done to the whole word; only the multiplication and the shift are done number by number. About 230 gas a
/// product.
library Dots {
    // A constant a lane of 32 bits.
    uint256 private constant BYTES = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant PAIRS = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant ONE = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant EXPONENT = 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff;
    uint256 private constant FRACTION = 0x007fffff007fffff007fffff007fffff007fffff007fffff007fffff007fffff;
    uint256 private constant LEADING = 0x0080000000800000008000000080000000800000008000000080000000800000;
    uint256 private constant FLOAT_ONE = 0x3f8000003f8000003f8000003f8000003f8000003f8000003f8000003f800000;
    /// @dev 387: a product is first shifted up by 207, then down by 387 less its exponents' sum.
    uint256 private constant PLACE = 0x0000018300000183000001830000018300000183000001830000018300000183;
    /// @dev 511 - 366: sets bit 9 where the exponents' sum is above 366, that is from 2^114 on. 2^20 products of less
    /// than 2^116 fit in 255 bits.
    uint256 private constant ROOM = 0x0000009100000091000000910000009100000091000000910000009100000091;
    uint256 private constant BIT_8 = 0x0000010000000100000001000000010000000100000001000000010000000100;
    uint256 private constant BIT_9 = 0x0000020000000200000002000000020000000200000002000000020000000200;

    /// @notice Adds `count` products of neighbouring float32 numbers.
    /// @param a where in calldata the first operands lie, little-endian; see `Views.span`
    /// @param b where the second operands lie
    function add(Dot memory dot, uint256 a, uint256 b, uint256 count) internal pure {
        _add(dot, a, b, count, 0);
    }

    /// @notice Adds `count` neighbouring numbers themselves.
    function plus(Dot memory dot, uint256 a, uint256 count) internal pure {
        _add(dot, a, 0, count, FLOAT_ONE);
    }

    /// @notice Adds `count` products with zero, as kernels do that write padding out: nothing, but from NaN and infinity
    /// they make a NaN.
    function pad(Dot memory dot, uint256 a, uint256 count) internal pure {
        _add(dot, a, 0, count, 0);
    }

    /// @param b zero: all second operands are `constant_`
    function _add(Dot memory dot, uint256 a, uint256 b, uint256 count, uint256 constant_) private pure {
        assembly ("memory-safe") {
            // Eight little-endian numbers as lanes of 32 bits, the first one highest.
            function load(at) -> w {
                w := calldataload(at)
                w := or(and(shr(8, w), BYTES), shl(8, and(w, BYTES)))
                w := or(and(shr(16, w), PAIRS), shl(16, and(w, PAIRS)))
            }
            // Significands with their leading bit, exponents, and whether any is subnormal, infinite or NaN.
            function unpack(w) -> significands, exponents, odd {
                significands := and(w, FRACTION)
                exponents := and(shr(23, w), EXPONENT)
                let leading := and(shl(15, add(exponents, EXPONENT)), LEADING)
                odd := and(and(add(significands, FRACTION), not(leading)), LEADING)
                odd := or(odd, and(add(exponents, ONE), BIT_8))
                significands := or(significands, leading)
            }
            // Adds the products of the four lower lanes: to `size`, and where a product is negative to `less` too.
            function four(x, y, shifts, signs, size, less) -> s, l {
                let p := shr(byte(31, shifts), shl(207, mul(and(x, 0xffffff), and(y, 0xffffff))))
                s := add(size, p)
                l := add(less, mul(p, byte(31, signs)))
                p := mul(and(x, 0xffffff00000000), and(y, 0xffffff00000000))
                p := shr(byte(27, shifts), shl(143, p))
                s := add(s, p)
                l := add(l, mul(p, byte(27, signs)))
                p := mul(and(x, 0xffffff0000000000000000), and(y, 0xffffff0000000000000000))
                p := shr(byte(23, shifts), shl(79, p))
                s := add(s, p)
                l := add(l, mul(p, byte(23, signs)))
                p := mul(shr(96, and(x, 0xffffff000000000000000000000000)), and(y, 0xffffff000000000000000000000000))
                p := shr(byte(19, shifts), shl(111, p))
                s := add(s, p)
                l := add(l, mul(p, byte(19, signs)))
            }
            // Adds one product of any two numbers.
            function one(d, x, y) {
                let ex := and(shr(23, x), 0xff)
                let ey := and(shr(23, y), 0xff)
                let p := mul(or(and(x, 0x7fffff), shl(23, gt(ex, 0))), or(and(y, 0x7fffff), shl(23, gt(ey, 0))))
                // The exponent of a subnormal number is that of the smallest normal one.
                let e := add(add(ex, iszero(ex)), add(ey, iszero(ey)))
                if or(or(eq(ex, 0xff), eq(ey, 0xff)), gt(e, 366)) {
                    mstore(add(d, 0x60), 1)
                    leave
                }
                p := shr(sub(387, e), shl(207, p))
                mstore(add(d, 0x20), add(mload(add(d, 0x20)), p))
                if iszero(mul(ex, ey)) { mstore(add(d, 0x40), add(mload(add(d, 0x40)), p)) }
                if and(shr(31, xor(x, y)), 1) { p := sub(0, p) }
                mstore(d, add(mload(d), p))
            }
            // Adds eight products, in lanes.
            function eight(d, x, y, size, less) -> s, l {
                let signs := and(shr(31, xor(x, y)), ONE)
                let mx, shifts, odd := unpack(x)
                let my, ey, oddY := unpack(y)
                shifts := add(shifts, ey)
                odd := or(or(odd, oddY), and(add(shifts, ROOM), BIT_9))
                if odd {
                    for { let down := 256 } down {} {
                        down := sub(down, 32)
                        one(d, shr(down, x), shr(down, y))
                    }
                    s := size
                    l := less
                    leave
                }
                // At most 255, which shifts everything out.
                shifts := sub(PLACE, shifts)
                shifts := or(shifts, mul(and(shr(8, shifts), ONE), 0xff))
                s, l := four(mx, my, shifts, signs, size, less)
                s, l := four(shr(128, mx), shr(128, my), shr(128, shifts), shr(128, signs), s, l)
            }

            let size := 0
            let less := 0
            for {} count {} {
                let x := load(a)
                let y := constant_
                if b {
                    y := load(b)
                    b := add(b, 32)
                }
                a := add(a, 32)
                switch gt(count, 7)
                case 1 { count := sub(count, 8) }
                default {
                    // The lanes beyond the last number become zero.
                    let beyond := not(shr(shl(5, count), not(0)))
                    x := and(x, beyond)
                    y := and(y, beyond)
                    count := 0
                }
                size, less := eight(dot, x, y, size, less)
            }
            mstore(dot, add(mload(dot), sub(size, shl(1, less))))
            mstore(add(dot, 0x20), add(mload(add(dot, 0x20)), size))
        }
    }
}
