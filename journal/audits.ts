import type { Selectable } from 'kysely'
import type { AuditTable } from './audit-table.ts'
import type { Journal } from './open.ts'

export type AuditRow = Selectable<AuditTable>

/** Records batches that the index shows, to be audited now; those that are known, and show again, stay as they are. */
export async function recordBatches(
  journal: Journal,
  batches: readonly Pick<AuditRow, 'key' | 'batchId' | 'blockNumber'>[],
  now: number,
): Promise<void> {
  if (batches.length === 0) return
  await journal
    .insertInto('audit')
    .values(batches.map((batch) => ({ ...batch, seenAt: now, retryAt: now })))
    .onConflict((c) => c.column('key').doUpdateSet({ vanishedAt: null }))
    .execute()
}

/** The last block of which a batch is recorded; undefined when there is none. */
export async function lastAuditBlock(journal: Journal): Promise<number | undefined> {
  const row = await journal.selectFrom('audit').select('blockNumber').orderBy('blockNumber', 'desc').executeTakeFirst()
  return row?.blockNumber
}

/** Batches to be audited now, the oldest first: their evidence is the next to expire. */
export function dueAudits(journal: Journal, now: number, limit: number): Promise<AuditRow[]> {
  return journal
    .selectFrom('audit')
    .selectAll()
    .where('retryAt', '<=', now)
    .where('vanishedAt', 'is', null)
    .orderBy('tries')
    .orderBy('blockNumber')
    .limit(limit)
    .execute()
}

/** Records what an audit showed, or when it is to be tried again. */
export async function updateAudit(
  journal: Journal,
  key: string,
  change: Partial<Omit<AuditRow, 'key' | 'batchId' | 'blockNumber' | 'seenAt'>>,
): Promise<void> {
  await journal.updateTable('audit').set(change).where('key', '=', key).execute()
}

/** Audits by observation key of the settlement, null where there is none; for DataLoader. */
export async function auditsOf(journal: Journal, keys: readonly string[]): Promise<(AuditRow | null)[]> {
  if (keys.length === 0) return []
  const rows = await journal.selectFrom('audit').selectAll().where('key', 'in', keys).execute()
  const found = new Map(rows.map((row) => [row.key, row]))
  return keys.map((key) => found.get(key) ?? null)
}
