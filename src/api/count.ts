import { db } from 'ponder:api'
import { count, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { recent } from './recent.ts'

/**
 * How long a count is taken from memory, in ms. To count a million rows takes a tenth of a second, so that a page that
 * everybody has open must not have everybody count.
 */
export const COUNT_FRESH_MS = 1000
/** Counts kept: what is filtered by is the caller's, so there is no end of them. */
const KEPT = 1000

const kept = recent<number>({ freshMs: COUNT_FRESH_MS, size: KEPT })

/**
 * How many rows there are. Exact as of the heads of all indexed chains; only after a reorg, which moves no checkpoint, can it be
 * `COUNT_FRESH_MS` old.
 */
export async function countRows(table: PgTable, where: SQL | undefined): Promise<number> {
  const query = db.select({ total: count() }).from(table).where(where)
  const { sql: text, params } = query.toSQL()
  const { rows } = (await db.execute(
    sql`SELECT latest_checkpoint FROM _ponder_checkpoint ORDER BY chain_name`,
  )) as unknown as {
    rows: { latest_checkpoint: string }[]
  }
  const key = JSON.stringify([rows.map((row) => row.latest_checkpoint), text, params.map(String)])
  return kept(key, async () => (await query)[0]?.total ?? 0)
}
