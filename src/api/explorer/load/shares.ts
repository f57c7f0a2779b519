/** How unequal shares are: measures of concentration over amounts of one kind. Pure. */
export interface Concentration {
  /** Herfindahl–Hirschman index: the sum of squared shares, in 1 to 10,000 points; 10,000 is a single holder */
  readonly hhi: number
  /** how many of the largest together have more than half; 0 when there is nothing */
  readonly majority: number
}

/** Computes both. @param amounts none below zero, in any order */
export function concentrationOf(amounts: readonly number[]): Concentration {
  const all = amounts.reduce((sum, amount) => sum + amount, 0)
  if (all === 0) return { hhi: 0, majority: 0 }
  const shares = amounts.map((amount) => amount / all).sort((a, b) => b - a)
  let sum = 0
  const majority = shares.findIndex((share) => {
    sum += share
    return sum > 0.5
  })
  return { hhi: Math.round(10_000 * shares.reduce((total, share) => total + share * share, 0)), majority: majority + 1 }
}
