import { openTrips, type Trip } from '../../../../journal/breaker.ts'
import { type EntryKind, type Holdings, holdingsOf } from '../../../../journal/ledger/kinds.ts'
import { type LedgerRow, ledgers, sumsOf } from '../../../../journal/ledger/rows.ts'
import type { JournalReader } from '../../journal.ts'
import { type ActionWithAttempts, withAttempts } from './journal.ts'

/** Actions that are shown: the latest. */
export const LATEST_ACTIONS = 50
/** Milliseconds for which a journal's totals are used again: counting a million verdicts takes a moment. */
const FRESH_MS = 5000
/** Totals older than this are not shown any more, however long counting takes. */
const STALE_MS = 60_000

type Counts = Awaited<ReturnType<JournalReader['totals']>>

/** Totals of a journal, counted at most every few seconds. While they are counted anew, readers get those before. */
export function watcherTotals(journal: JournalReader): Promise<Counts> {
  const now = performance.now()
  const before = known.get(journal)
  if (before && now - before.at < FRESH_MS) return before.counts
  const counts = journal.totals()
  const entry = { at: now, counts: before && now - before.at < STALE_MS ? before.counts : counts }
  known.set(journal, entry)
  counts.then(
    () => {
      entry.counts = counts
    },
    () => known.delete(journal),
  )
  return entry.counts
}

const known = new WeakMap<JournalReader, { at: number; counts: Promise<Counts> }>()

/** What one account of the watcher moved and holds. */
export interface LedgerView {
  readonly ledger: LedgerRow
  readonly wei: Readonly<Record<EntryKind, bigint>>
  readonly count: Readonly<Record<EntryKind, number>>
  readonly moved: Holdings
}

/** What of a journal its page shows; null when there is none. */
export async function loadWatcher(
  journal: JournalReader,
): Promise<{ trips: Trip[]; books: LedgerView[]; actions: ActionWithAttempts[] } | null> {
  return journal.read(async (db) => {
    const actions = await db.selectFrom('action').selectAll().orderBy('id', 'desc').limit(LATEST_ACTIONS).execute()
    const books = await Promise.all(
      (await ledgers(db)).map(async (ledger) => {
        const { wei, count } = await sumsOf(db, ledger.account, { after: ledger.startBlock })
        const sums = Object.entries(wei).map(([kind, amount]) => ({ kind: kind as EntryKind, amount: String(amount) }))
        return { ledger, wei, count, moved: holdingsOf(sums) }
      }),
    )
    return {
      trips: await openTrips(db),
      books,
      actions: await withAttempts(db, actions),
    }
  })
}
