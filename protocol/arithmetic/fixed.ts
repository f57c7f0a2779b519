/**
 * Fixed point with 120 fractional bits, in bigints: holds every float32 above 2⁻⁹⁶ without loss. Results round toward
 * zero, like those of `contracts/src/arithmetic/Fixed.sol`, which this mirrors; `exp` and `ln` are finer here (2⁻¹¹⁰
 * against 2⁻⁵⁰ on chain), so every range that uses them leaves room for 2⁻⁴⁵.
 */

/** Fractional bits. */
export const BITS = 120n
export const ONE = 1n << BITS
/** 2⁻¹⁰⁰: what is smaller is noise, below what hardware that flushes to zero can tell. */
export const TINY = 1n << 20n
/** 2¹²⁷: half of where float32 overflows. */
export const HUGE = 1n << 247n
/** Unit roundoff of float32, 2⁻²⁴. */
export const U = 1n << 96n
/** ln 2 */
export const LN2 = 921350637599661305226344307672478454n

/** Thrown when an argument is outside a function's domain, where the contract reverts. */
export class OutOfDomainError extends Error {
  override name = 'OutOfDomainError'
}

const LARGEST = (1n << 255n) - 1n

export function abs(a: bigint): bigint {
  return a < 0n ? -a : a
}

export function mul(a: bigint, b: bigint): bigint {
  return held(signed((abs(a) * abs(b)) >> BITS, a < 0n !== b < 0n))
}

export function div(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new OutOfDomainError('a division by zero')
  return held(signed((abs(a) << BITS) / abs(b), a < 0n !== b < 0n))
}

/** Square root; loses half of the fraction above 2¹³⁵, a quarter above 2¹⁵. */
export function sqrt(a: bigint): bigint {
  if (a < 0n) throw new OutOfDomainError('the square root of a negative number')
  if (a < 1n << 135n) return isqrt(a << 120n)
  if (a < 1n << 195n) return isqrt(a << 60n) << 30n
  return isqrt(a) << 60n
}

/** e^a for a up to 88.7 (float32 overflows at 88.73); zero below −88. */
export function exp(a: bigint): bigint {
  if (a > 88n * ONE + (ONE * 7n) / 10n) throw new OutOfDomainError('an exponential beyond float32')
  if (a < -88n * ONE) return 0n
  // e^a = 2^k · e^r with |r| ≤ ln 2 / 2, r in 30 more bits.
  const EXTRA = 30n
  const wide = abs(a) << EXTRA
  const ln2 = (LN2 << EXTRA) + LN2_TAIL
  const k = wide / ln2
  const r = wide - k * ln2
  const one = ONE << EXTRA
  let term = one
  let total = one
  for (let i = 1n; term > 0n; i++) {
    term = (term * r) / (one * i)
    total += term
  }
  const power = total << k
  return a < 0n ? (one << BITS) / power : power >> EXTRA
}

/** Natural logarithm of a positive number. */
export function ln(a: bigint): bigint {
  if (a <= 0n) throw new OutOfDomainError('the logarithm of a number that is not positive')
  const top = BigInt(a.toString(2).length - 1)
  // ln(m) = 2·atanh((m − 1)/(m + 1)) for m in [1, 2), in 30 more bits.
  const one = ONE << 30n
  const m = top >= 150n ? a >> (top - 150n) : a << (150n - top)
  const z = ((m - one) * one) / (m + one)
  const square = (z * z) / one
  let power = z
  let total = 0n
  for (let i = 1n; power !== 0n; i += 2n) {
    total += power / i
    power = (power * square) / one
  }
  return ((2n * total) >> 30n) + (top - BITS) * LN2
}

/** Largest whole number whose square is not larger. */
export function isqrt(n: bigint): bigint {
  if (n < 2n) return n
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1)
  for (;;) {
    const y = (x + n / x) >> 1n
    if (y >= x) return x
    x = y
  }
}

/** The next 30 bits of ln 2 after those of {@link LN2}. */
const LN2_TAIL = 735067344n

function signed(size: bigint, negative: boolean): bigint {
  return negative ? -size : size
}

function held(a: bigint): bigint {
  if (abs(a) > LARGEST) throw new OutOfDomainError('a number that 256 bits do not hold')
  return a
}
