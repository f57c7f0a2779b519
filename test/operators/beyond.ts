import { BITS, TINY } from '../../protocol/arithmetic/fixed.ts'
import { bitsOf, toFixed } from '../../protocol/arithmetic/float32.ts'
import { excludes, type Range } from '../../protocol/arithmetic/range.ts'
import type { randomFrom } from './random-tensors.ts'

/**
 * Values that a cheat could post in vain: beyond either end of an interval by 1.01 to 1000 times half its width, or by
 * the next float32 where that is no further; NaN and infinity; other bits where bits count. None if the range is open.
 */
export function beyond(range: Range, random: ReturnType<typeof randomFrom>): bigint[] {
  if (range.kind === 'open') return []
  if (range.kind === 'bits') return [range.bits ^ (1n << BigInt(random.below(8)))]
  const { low, high } = range
  const half = Number(high - low) / 2
  const by = half * 10 ** random.between(Math.log10(1.01), 3)
  return [
    ...[0x7f800000n, 0xff800000n, 0x7fc00000n],
    outward(range, Number(low) - by, -1),
    outward(range, Number(high) + by, 1),
  ]
}

/** How far from the middle of an interval a value is, as a share of half its width; 0 for other ranges. */
export function shareOf(range: Range, posted: bigint): number {
  if (range.kind !== 'interval') return 0
  const value = toFixed(Number(posted))
  // Where the interval is but the noise of fixed point, there is no bound to share.
  if (value === undefined || range.high - range.low <= 4n * TINY) return 0
  return Math.abs(Number(2n * value - range.low - range.high) / Number(range.high - range.low))
}

/** The float32 nearest to a fixed-point number; the next one outward if rounding has brought it back inside. */
function outward(range: Range, fixed: number, direction: -1 | 1): bigint {
  let value = Math.fround(fixed / 2 ** Number(BITS))
  while (!excludes(range, BigInt(bitsOf(value)))) value = Math.fround(value + direction * step(value))
  return BigInt(bitsOf(value))
}

/** A little more than the gap between float32 numbers here. */
function step(value: number): number {
  return Math.max(Math.abs(value) * 2 ** -23, 2 ** -101)
}
