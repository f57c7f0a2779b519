/** A replay that waits for its turn. Times in seconds. */
export interface Waiting {
  /** chain time */
  readonly now: bigint
  /** last second at which acting on it helps */
  readonly deadline: bigint
  /** how long it will take */
  readonly seconds: number
}

/** Seconds that may pass before work on it must begin. Below zero: it comes too late, unless it goes faster than expected. */
export function slackOf({ now, deadline, seconds }: Waiting): number {
  return Number(deadline - now) - seconds
}

/** Far beyond any window. */
const LATE = 1e12

/**
 * The order of replays, larger first: least slack first, which meets every deadline that can be met (Dertouzos & Mok,
 * 1989, for one worker); those that come too late anyway go last, or under load each of them would make another one late.
 */
export function priorityOf(waiting: Waiting): number {
  const slack = slackOf(waiting)
  return slack < 0 ? slack - LATE : -slack
}

/** Below every result that must be checked: what is looked at only while nothing else waits. */
export const IDLE_PRIORITY = -1e15
