import { ratio } from './ratio.ts'

/** How unevenly something is spread over those who have any of it. */
export interface Concentration {
  /** how many have any */
  participants: number
  /** what they have together */
  total: bigint
  /** Herfindahl-Hirschman index: the sum of squared shares, from 1/participants (all alike) to 1 (one has all) */
  hhi: number | null
  /** Gini coefficient, from 0 (all alike) to 1 - 1/participants (one has nearly all) */
  gini: number | null
  /** Nakamoto coefficient: the fewest who together have more than half */
  nakamoto: number | null
}

/**
 * Measures of concentration, from whole numbers and rounded once. Whoever has nothing is not counted: a node that never
 * worked would make work look less equal, and anybody can make any number of such nodes.
 *
 * - Herfindahl-Hirschman: A. O. Hirschman, "The Paternity of an Index", American Economic Review 54 (1964)
 * - Gini: C. Gini, "Variabilità e mutabilità" (1912), as half the relative mean absolute difference
 * - Nakamoto: B. S. Srinivasan and L. Lee, "Quantifying Decentralization" (2017), at more than one half
 *
 * @param amounts one each, none below zero; all three measures are null when all are zero
 */
export function concentration(amounts: Iterable<bigint>): Concentration {
  const rising = [...amounts].filter((amount) => amount > 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const participants = rising.length
  const total = rising.reduce((sum, amount) => sum + amount, 0n)
  if (total === 0n) return { participants, total, hhi: null, gini: null, nakamoto: null }
  const squares = rising.reduce((sum, amount) => sum + amount * amount, 0n)
  // Each amount, times how many are below it less how many are above: the differences of all pairs.
  const differences = rising.reduce((sum, amount, i) => sum + amount * BigInt(2 * i + 1 - participants), 0n)
  let [held, nakamoto] = [0n, 0]
  while (2n * held <= total) {
    nakamoto++
    held += rising[participants - nakamoto] as bigint
  }
  return {
    ...{ participants, total, nakamoto },
    hhi: ratio(squares, total * total),
    gini: ratio(differences, BigInt(participants) * total),
  }
}
