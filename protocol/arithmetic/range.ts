import { HUGE, TINY } from './fixed.ts'
import { toFixed } from './float32.ts'

/**
 * What honest hardware can give for one element; mirrors `contracts/src/operators/Range.sol`.
 *
 * - open: the rule leaves it open (a NaN or infinity among the operands, a sum that may overflow, …)
 * - bits: the posted bits must be these
 * - interval: the posted float32 must be a number in [low, high], fixed point with 120 fractional bits
 */
export type Range =
  | { readonly kind: 'open' }
  | { readonly kind: 'bits'; readonly bits: bigint }
  | { readonly kind: 'interval'; readonly low: bigint; readonly high: bigint }

/** Nothing can be said. */
export const OPEN: Range = { kind: 'open' }

/** These bits and no others: movers and whole numbers. */
export function exactly(bits: bigint): Range {
  return { kind: 'bits', bits }
}

/**
 * `center` ± `radius`, and a little more for the fixed point's own rounding and for what hardware flushes to zero. Open
 * when a float32 could overflow: then infinity is as honest as any number.
 */
export function around(center: bigint, radius: bigint): Range {
  if (radius >= HUGE) return OPEN
  const reach = radius + TINY
  return between(center - reach, center + reach)
}

/** From `low` to `high`, both included. */
export function between(low: bigint, high: bigint): Range {
  return low <= -HUGE || high >= HUGE ? OPEN : { kind: 'interval', low, high }
}

/** Whether honest hardware cannot have posted these bits. */
export function excludes(range: Range, posted: bigint): boolean {
  if (range.kind === 'open') return false
  if (range.kind === 'bits') return posted !== range.bits
  const value = toFixed(Number(posted))
  return value === undefined || value < range.low || value > range.high
}
