import type { Journal } from '../open.ts'
import type { Reconciliation } from './reconcile.ts'

/** Rows in one statement: SQLite takes 32,766 values at most. */
const BATCH = 500

/** Records what a reconciliation found: new entries, those that vanished, and how far the ledger is checked. */
export async function recordReconciliation(
  journal: Journal,
  { added, vanished, ledger }: Reconciliation,
  now: number,
): Promise<void> {
  await journal.transaction().execute(async (db) => {
    for (let i = 0; i < vanished.length; i += BATCH)
      await db
        .deleteFrom('entry')
        .where('key', 'in', vanished.slice(i, i + BATCH))
        .execute()
    for (let i = 0; i < added.length; i += BATCH) {
      const rows = added.slice(i, i + BATCH).map((entry) => ({ ...entry, count: 1, at: now }))
      await db
        .insertInto('entry')
        .values(rows)
        .onConflict((c) => c.column('key').doNothing())
        .execute()
    }
    const { account: _, ...rest } = ledger
    await db
      .insertInto('ledger')
      .values(ledger)
      .onConflict((c) => c.column('account').doUpdateSet(rest))
      .execute()
  })
}
