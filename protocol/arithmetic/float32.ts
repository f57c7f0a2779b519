/** Reading IEEE 754 single precision into fixed point; mirrors `contracts/src/arithmetic/Floats.sol`. */

const scratch = new DataView(new ArrayBuffer(4))

/** Bits of the float32 nearest to a number. */
export function bitsOf(value: number): number {
  scratch.setFloat32(0, value)
  return scratch.getUint32(0)
}

/** The number that the bits stand for. */
export function numberOf(bits: number): number {
  scratch.setUint32(0, bits)
  return scratch.getFloat32(0)
}

/**
 * The number that the bits stand for, with 120 fractional bits, rounded toward zero: subnormal numbers become zero.
 *
 * @returns undefined for NaN and infinity
 */
export function toFixed(bits: number): bigint | undefined {
  const exponent = (bits >>> 23) & 0xff
  if (exponent === 0xff) return undefined
  const mantissa = (bits & 0x7fffff) | (exponent === 0 ? 0 : 0x800000)
  const shift = Math.max(exponent, 1) - 30
  const size = shift >= 0 ? BigInt(mantissa) << BigInt(shift) : BigInt(mantissa) >> BigInt(-shift)
  return bits >>> 31 === 1 ? -size : size
}

/** Whether the bits stand for a NaN. */
export function isNaNBits(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000
}
