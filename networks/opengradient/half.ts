/** The bits of the float16 nearest to a float64, ties to even (IEEE 754). */
export function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(size)) return 0x7e00
  // From the middle between the largest one, 65,504, and what would be the next.
  if (size >= 65_520) return sign | 0x7c00
  let exponent = -14
  while (size >= 2 ** (exponent + 1)) exponent++
  // To divide by a power of two is exact. A significand that rounds up to the next power carries into the exponent.
  const significand = roundToEven(size / 2 ** (exponent - 10))
  return sign | (significand < 1024 ? significand : ((exponent + 15) << 10) + significand - 1024)
}

function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
