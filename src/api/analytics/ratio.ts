/** A share of something, kept as the two whole numbers that it comes from. */
export interface Rate {
  numerator: number
  denominator: number
  /** null where there is nothing to take a share of */
  value: number | null
}

/** A share and its value. */
export function rate(numerator: number, denominator: number): Rate {
  return { numerator, denominator, value: ratio(BigInt(numerator), BigInt(denominator)) }
}

/**
 * The quotient of two whole numbers of any size, neither below zero, as the nearest number or the one beside it; null over
 * zero. The bits are divided before they become a floating-point number: wei are too many for one.
 */
export function ratio(numerator: bigint, denominator: bigint): number | null {
  if (denominator === 0n) return null
  if (numerator === 0n) return 0
  // So many bits after the point that 64 significant ones remain.
  const shift = Math.max(0, 64 + lengthOf(denominator) - lengthOf(numerator))
  return Number((numerator << BigInt(shift)) / denominator) / 2 ** shift
}

function lengthOf(value: bigint): number {
  return value.toString(2).length
}
