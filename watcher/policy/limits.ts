/** Limits on what is ventured; undefined: none. */
export interface Limits {
  /** wei in bonds and prepaid fees of results that are not settled */
  readonly maxBondAtRisk: bigint | undefined
  /** wei */
  readonly maxGasPerDay: bigint | undefined
  readonly maxChallengesPerHour: number | undefined
}

/** What is ventured so far. */
export interface Spent {
  /** wei */
  readonly bondAtRisk: bigint
  /** wei of gas in the last day, and what open disputes may still take */
  readonly gasToday: bigint
  /** in the last hour */
  readonly challenges: number
}

/** What one decision would add. */
export type Venture = Spent

/** What is spent once a venture is made. */
export function plus(spent: Spent, venture: Venture): Spent {
  return {
    bondAtRisk: spent.bondAtRisk + venture.bondAtRisk,
    gasToday: spent.gasToday + venture.gasToday,
    challenges: spent.challenges + venture.challenges,
  }
}

/**
 * The limit that a venture would pass, in a sentence that says what to do; null when none. The sentence does not depend on
 * how much was spent, so that it need not be said twice.
 */
export function passedLimit(spent: Spent, venture: Venture, limits: Limits): string | null {
  const after = plus(spent, venture)
  const { maxBondAtRisk, maxGasPerDay, maxChallengesPerHour } = limits
  if (maxBondAtRisk !== undefined && venture.bondAtRisk > 0n && after.bondAtRisk > maxBondAtRisk)
    return `more than ${maxBondAtRisk} wei would be at risk: it waits for a dispute to settle; raise GAINSAY_MAX_BOND_AT_RISK to do more at once`
  if (maxGasPerDay !== undefined && after.gasToday > maxGasPerDay)
    return `gas would cost more than ${maxGasPerDay} wei a day, open disputes included: it waits; raise GAINSAY_MAX_GAS_PER_DAY to spend more`
  if (maxChallengesPerHour !== undefined && venture.challenges > 0 && after.challenges > maxChallengesPerHour)
    return `there would be more than ${maxChallengesPerHour} challenges an hour: it waits; look at the verdicts, and raise GAINSAY_MAX_CHALLENGES_PER_HOUR if they are right`
  return null
}
