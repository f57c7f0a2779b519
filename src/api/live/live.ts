import { tooMuch } from '../graphql/limits/limits.ts'
import type { IndexHead } from '../readiness.ts'
import { difference, type Seen } from './difference.ts'
import { Feed } from './feed.ts'

/** Rows of the timeline that are compared from look to look. */
export const WINDOW_ROWS = 500
/** Changes that wait for one slow reader. */
const MOST_WAITING = 1000

/** What is new since the last look. `changes` are in the order in which they are to be told: first what was undone. */
export interface News<Change> {
  /** when the head is another one */
  head?: IndexHead
  changes: (Change & { undone: boolean })[]
}

/** Where the news come from. */
export interface Source<Change> {
  head(): Promise<IndexHead>
  /** the newest rows of the timeline, at most so many, newest first */
  newest(most: number): Promise<Seen[]>
  /** these rows in full */
  changes(ids: readonly string[]): Promise<Map<string, Change>>
}

const tooSlow = () =>
  tooMuch('TOO_SLOW', `more than ${MOST_WAITING} changes were not read in time: read faster, or narrow it (where)`)
const gapError = () =>
  tooMuch('GAP', 'so much is new that something may be missing: read the list, and subscribe again')

/**
 * Tells any number of readers what is new, by looking at the index once for all of them; not at all while nobody reads.
 *
 * @param source where to look
 * @param intervalMs between looks
 */
export function live<Change>(source: Source<Change>, intervalMs: number) {
  const listeners = new Set<{ tell(news: News<Change>): void; end(error: Error): void }>()
  let known = new Map<string, Change>()
  let seen: Seen[] = []
  let head: IndexHead = { blockNumber: -1n, timestamp: 0n }
  let beginning: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const begin = async () => {
    head = await source.head()
    seen = await source.newest(WINDOW_ROWS)
    known = await source.changes(seen.map(({ id }) => id))
    schedule()
  }

  const look = async () => {
    const latest = await source.head()
    const now = await source.newest(WINDOW_ROWS)
    const { added, undone, gap } = difference(seen, now, WINDOW_ROWS)
    const isNewHead = latest.blockNumber !== head.blockNumber || latest.timestamp !== head.timestamp
    const fresh = added.length > 0 ? await source.changes(added) : new Map<string, Change>()
    const pick = (ids: string[], from: Map<string, Change>, isUndone: boolean) =>
      ids.flatMap((id) => {
        const change = from.get(id)
        return change === undefined ? [] : [{ ...change, undone: isUndone }]
      })
    const news: News<Change> = {
      ...(isNewHead ? { head: latest } : {}),
      changes: [...pick(undone, known, true), ...pick(added, fresh, false)],
    }
    // Of rows that vanished between the two queries the next look tells.
    seen = now.filter(({ id }) => known.has(id) || fresh.has(id))
    known = new Map(seen.map(({ id }) => [id, (fresh.get(id) ?? known.get(id)) as Change]))
    head = latest
    if (gap) {
      for (const listener of [...listeners]) listener.end(gapError())
    } else if (isNewHead || news.changes.length > 0) for (const listener of listeners) listener.tell(news)
  }

  const schedule = () => {
    if (listeners.size === 0) {
      beginning = undefined
      return
    }
    // A look that failed is made again: the index may only be restarting its database.
    const again = () => look().catch(() => {})
    timer = setTimeout(() => again().then(schedule), intervalMs)
    timer.unref()
  }

  /**
   * Subscribes: what is new from now on.
   *
   * @param select what of it the reader wants to know; called for every look that shows something new
   * @param onEnd called once when the subscription has ended
   */
  return async <T>(select: (news: News<Change>) => T[], onEnd: () => void): Promise<Feed<T>> => {
    const feed = new Feed<T>(MOST_WAITING, () => {
      listeners.delete(listener)
      onEnd()
    })
    const listener = {
      tell: (news: News<Change>) => {
        for (const value of select(news)) feed.push(value, tooSlow())
      },
      end: (error: Error) => feed.end(error),
    }
    listeners.add(listener)
    beginning ??= begin()
    try {
      await beginning
    } catch (error) {
      beginning = undefined
      feed.end()
      throw error
    }
    return feed
  }
}
