/**
 * Functions of real numbers, on float32 bits where fixed point would lose what is below 2⁻¹²⁰; mirrors
 * `contracts/src/arithmetic/Functions.sol`.
 */

import { abs, div, exp, isqrt, LN2, ln as lnOf, ONE } from './fixed.ts'

/** √½ */
export const SQRT_HALF = 939906129562517623222788173740722878n
/** 2/√π */
export const TWO_OVER_SQRT_PI = 1499873178763820871004525654118497670n
/** √(2/π) */
export const SQRT_TWO_OVER_PI = 1060570495623720563770242243560823921n

/** A number computed from float32 operands. */
export interface Computed {
  readonly value: bigint
  /** what hardware that takes subnormal operands for zero would leave out */
  readonly slack: bigint
}

/** `units` of unit roundoff u of a size, rounded up. */
export function rounding(size: bigint, units: bigint): bigint {
  return ((abs(size) >> 24n) + 1n) * units
}

/**
 * Product of two float32 numbers, exact but for what lies below 2⁻¹²⁰.
 *
 * @returns undefined if an operand is NaN or infinite or the product reaches 2¹²⁷
 */
export function product(x: number, y: number): Computed | undefined {
  const [mx, ex] = parts(x)
  const [my, ey] = parts(y)
  const e = ex + ey
  if (ex === 255 || ey === 255 || e > 380) return undefined
  const exact = mx * my
  const size = e >= 180 ? exact << BigInt(e - 180) : exact >> BigInt(180 - e)
  return { value: signed(size, x ^ y), slack: mx < LEADING || my < LEADING ? size : 0n }
}

/**
 * Quotient of two float32 numbers, to 95 bits.
 *
 * @returns undefined if an operand is NaN or infinite, the quotient reaches 2¹²⁷, or the divisor is one that hardware may
 * take for zero or for infinity: subnormal, or 2¹²⁶ and more, whose reciprocal is subnormal
 * @see https://docs.nvidia.com/cuda/cuda-c-programming-guide/#intrinsic-functions (`__fdividef`)
 * @see https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html#spirvenv-precision-operation
 */
export function quotient(x: number, y: number): Computed | undefined {
  const [mx, ex] = parts(x)
  const [my, ey] = parts(y)
  if (ex === 255 || ey >= 253 || my < LEADING || ex > ey + 127) return undefined
  const exact = (mx << 96n) / my
  const shift = ex + 24 - ey
  const size = shift >= 0 ? exact << BigInt(shift) : exact >> BigInt(-shift)
  return { value: signed(size, x ^ y), slack: mx < LEADING ? size : 0n }
}

/** Square root of a normal positive float32, to 100 bits. */
export function sqrt(bits: number): bigint {
  const [m, e] = parts(bits)
  const root = isqrt(m << (e % 2 === 1 ? 201n : 200n))
  const shift = Math.floor(e / 2) - 55
  return shift >= 0 ? root << BigInt(shift) : root >> BigInt(-shift)
}

/** Natural logarithm of a normal float32's absolute value. */
export function ln(bits: number): bigint {
  const [m, e] = parts(bits)
  return lnOf(m << 97n) + BigInt(e - 127) * LN2
}

/** 1/(1 + e^−x) */
export function sigmoid(x: bigint): bigint {
  const e = exp(-abs(x))
  return div(x < 0n ? e : ONE, ONE + e)
}

/** Hyperbolic tangent, to 2⁻⁵⁰ of one. */
export function tanh(x: bigint): bigint {
  const e = exp(-2n * abs(x))
  const size = div(ONE - e, ONE + e)
  return x < 0n ? -size : size
}

/**
 * Error function, to 2⁻⁵⁵.
 *
 * Its Maclaurin series 2/√π·x·Σ(−x²)ⁿ/(n!·(2n+1)), with no function in it that the two languages compute in different
 * ways. Its terms grow to 2⁴⁸ at x = 6, so that 112 fractional bits leave 2⁻⁶⁰; beyond, one is nearer than 2⁻⁵⁵.
 *
 * @see https://dlmf.nist.gov/7.6.E1
 */
export function erf(x: bigint): bigint {
  const size = abs(x)
  if (size >= 6n * ONE) return x < 0n ? -ONE : ONE
  const square = ((size >> 40n) * (size >> 40n)) >> 80n
  let term = 1n << 112n
  let sum = term
  for (let n = 1n; term >> 48n !== 0n; n += 2n) {
    term = ((term * square) >> 80n) / n
    sum -= term / (2n * n + 1n)
    term = ((term * square) >> 80n) / (n + 1n)
    sum += term / (2n * n + 3n)
  }
  const result = (((sum * size) >> 112n) * TWO_OVER_SQRT_PI) >> 120n
  return x < 0n ? -result : result
}

/** The implicit leading bit of a normal number's significand. */
const LEADING = 1n << 23n

/** Significand and biased exponent: the value is their m·2^(e−150). */
function parts(bits: number): [bigint, number] {
  const e = (bits >>> 23) & 0xff
  const m = BigInt(bits & 0x7fffff)
  return e === 0 ? [m, 1] : [m | LEADING, e]
}

function signed(size: bigint, sign: number): bigint {
  return sign < 0 ? -size : size
}
