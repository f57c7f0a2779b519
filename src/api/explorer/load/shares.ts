import { concentration } from '../../analytics/concentration.ts'

/** How unequal shares are, in the words of a page. */
export interface Concentration {
  /** Herfindahl–Hirschman index in 1 to 10,000 points; 10,000 is a single holder, 0 when there is nothing */
  readonly hhi: number
  /** how many of the largest together have more than half; 0 when there is nothing */
  readonly majority: number
}

/** The measures that the analytics give, as a page shows them. @param amounts none below zero, in any order */
export function concentrationOf(amounts: readonly bigint[]): Concentration {
  const { hhi, nakamoto } = concentration(amounts)
  return { hhi: Math.round(10_000 * (hhi ?? 0)), majority: nakamoto ?? 0 }
}
