/** What a list of the newest rows shows of a row. */
export interface Seen {
  id: string
  /** by which the list is ordered, newest first */
  timestamp: bigint
}

/** What changed between two looks at the newest rows. */
export interface Difference {
  /** ids that are new, oldest first */
  added: string[]
  /** ids that are gone, though newer rows than those that are no longer looked at: a reorg undid them. Newest first */
  undone: string[]
  /** so much is new that something between the looks was not seen */
  gap: boolean
}

/**
 * Compares two looks at the newest rows of a list. Pure.
 *
 * @param most how many rows a look shows; with fewer, it shows the whole list
 */
export function difference(before: readonly Seen[], now: readonly Seen[], most: number): Difference {
  const known = new Set(before.map(({ id }) => id))
  const shown = new Set(now.map(({ id }) => id))
  const isWhole = now.length < most
  const floor = isWhole ? -1n : (now.at(-1)?.timestamp ?? -1n)
  return {
    added: now
      .filter(({ id }) => !known.has(id))
      .map(({ id }) => id)
      .reverse(),
    // Of the oldest second that is shown, some may only have been pushed out.
    undone: before.filter(({ id, timestamp }) => !shown.has(id) && timestamp > floor).map(({ id }) => id),
    gap: !isWhole && !now.some(({ id }) => known.has(id)),
  }
}
