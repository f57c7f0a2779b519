import type SqliteDatabase from 'better-sqlite3'
import { type ShownTable, shownTables } from './tables-shown.ts'

/** Which rows to show. */
export interface Filter {
  kind?: string | undefined
  state?: string | undefined
  /** a result's id, or how it begins */
  result?: string | undefined
  /** Unix milliseconds */
  since?: number | undefined
}

export type Row = Readonly<Record<string, string | number | null>>

/**
 * The rows of a table that a filter lets through, oldest first, one at a time: a journal of years is never in memory at
 * once. Nothing else may use the connection until the last one is read.
 *
 * @param limit the newest so many only
 */
export function* browse(
  database: SqliteDatabase.Database,
  table: ShownTable,
  filter: Filter,
  limit?: number,
): Generator<Row> {
  const { sql, time, order } = shownTables[table]
  const conditions = {
    kind: 'kind = @kind',
    state: 'state = @state',
    result: 'substr(resultId, 1, length(@result)) = @result',
    since: `${time} >= @since`,
  }
  const names = (Object.keys(conditions) as (keyof Filter)[]).filter((name) => filter[name] !== undefined)
  const given = Object.fromEntries(names.map((name) => [name, filter[name]]))
  if (filter.result !== undefined) given.result = filter.result.toLowerCase()
  const where = names.length > 0 ? `where ${names.map((name) => conditions[name]).join(' and ')}` : ''
  const rows = `select * from (${sql}) ${where}`
  const descending = order.split(', ').map((column) => `${column} desc`)
  const query =
    limit === undefined
      ? `${rows} order by ${order}`
      : `select * from (${rows} order by ${descending.join(', ')} limit ${Math.trunc(limit)}) order by ${order}`
  yield* database.prepare(query).iterate(given) as IterableIterator<Row>
}
