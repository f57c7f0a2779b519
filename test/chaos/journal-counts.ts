import { join } from 'node:path'
import { openJournalReadOnly } from '../../journal/open.ts'

/** What a watcher found and did, counted by its journal: verdicts, actions and transactions by what became of them. */
export async function journalCounts(dataDir: string): Promise<Record<string, number>> {
  const journal = openJournalReadOnly(join(dataDir, 'journal.sqlite'))
  if (!journal) return {}
  const counts: Record<string, number> = {}
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  for (const { kind } of await journal.selectFrom('verdict').select('kind').execute()) count(kind)
  for (const { state } of await journal.selectFrom('action').select('state').execute()) count(`actions ${state}`)
  for (const { state } of await journal.selectFrom('attempt').select('state').execute()) count(`transactions ${state}`)
  const trips = await journal.selectFrom('trip').select('id').execute()
  if (trips.length > 0) counts.trips = trips.length
  await journal.destroy()
  return counts
}
