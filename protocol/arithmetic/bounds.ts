import type { Dot } from './dot.ts'
import { BITS, HUGE, isqrt, ONE } from './fixed.ts'
import { around as aroundCenter, OPEN, type Range } from './range.ts'

/** How a model's registration lets the contract convict. Values are the contract's. */
export const rules = ['arbiter', 'worstCase', 'probabilistic', 'equalBits'] as const
export type Rule = (typeof rules)[number]

/** How wide a model's registration lets honest machines differ. */
export interface Terms {
  readonly rule: Rule
  /** of the probabilistic bound; zero with the worst-case one */
  readonly lambda: number
}

/** More terms than this are left open: γ is no bound any more. */
export const MAX_TERMS = 1 << 20

/**
 * The factor to Σ|xᵢ| within which every sum of `n` rounded terms lies; mirrors `contracts/src/arithmetic/Bounds.sol`.
 *
 * Worst case: γₙ = n·u/(1−n·u), for any order of summation, with or without FMA (Higham, Accuracy and Stability of
 * Numerical Algorithms, 2nd ed., §3.1 and §4.2). Probabilistic: exp(λ·√n·u + n·u²/(1−u)) − 1, which rounding errors that
 * are independent with mean zero exceed with probability at most 2n·exp(−λ²(1−u)²/2) (Higham and Mary, A New Approach to
 * Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41(5), 2019, Theorem 2.4). The smaller of the two.
 *
 * @returns in fixed point with 120 fractional bits, rounded up
 */
export function gamma({ rule, lambda }: Terms, n: number): bigint {
  const terms = BigInt(n)
  const worst = worstCase(n)
  if (rule !== 'probabilistic') return worst
  const root = isqrt(terms << 64n) + 1n
  const x = ((BigInt(lambda) * root) << 64n) + (terms << 73n)
  const likely = x + ((x * x) >> BITS) + 1n
  return likely < worst ? likely : worst
}

/** γₙ = n·u/(1−n·u), in fixed point, rounded up. */
export function worstCase(n: number): bigint {
  const terms = BigInt(n)
  return (terms << BITS) / ((1n << 24n) - terms) + 1n
}

/** `factor` times `size`, both in fixed point, rounded up. */
export function times(factor: bigint, size: bigint): bigint {
  return (factor * size + ONE - 1n) >> BITS
}

/** What honest hardware can make of a dot product of `n` terms. */
export function aroundDot(terms: Terms, dot: Dot, n: number): Range {
  // Partial sums stay below size·(1 + γ): from 2¹²⁷ on one may overflow, whatever the sum itself is.
  if (dot.open || n > MAX_TERMS || dot.size >= HUGE) return OPEN
  return aroundCenter(dot.sum, times(gamma(terms, n), dot.size) + dot.slack + BigInt(n))
}

/**
 * What honest hardware can make of the mean of `n` numbers, or of their sum divided by `count`: one rounding less for
 * the sum, four more for the division, which may be approximate or a product with a rounded 1/count.
 *
 * Always the worst case: the numbers of a blank image are all the same, then the rounding errors of their sum are too,
 * and the probabilistic bound, which takes them for independent, would convict an honest plain loop.
 */
export function aroundMean(dot: Dot, n: number, count: number): Range {
  if (dot.open || n > MAX_TERMS || dot.size >= HUGE) return OPEN
  const by = BigInt(count)
  const radius = times(worstCase(n + 3), dot.size) + dot.slack + BigInt(n)
  return aroundCenter(dot.sum / by, radius / by + 1n)
}
