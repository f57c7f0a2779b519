import { db } from 'ponder:api'
import { and, asc, getTableColumns, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { dayText, parseDay } from '../analytics/range.ts'
import { propertyOf } from '../property.ts'
import type { Period, Row, Source } from './source.ts'
import type { ExportedTable } from './tables.ts'

const DAY = 86_400n

/**
 * A table of the history, read a page at a time by its primary key. No transaction spans the pages: one that lasted as long
 * as a slow reader wants would keep Postgres from tidying up. So each row is as it was when its page was read.
 *
 * @param period of the table's time; the table must have one
 */
export function historySource({ table, key, time }: ExportedTable, period: Period): Source {
  const within = time ? inPeriod(time, period) : undefined
  return {
    columns: Object.keys(getTableColumns(table)),
    async page(after, limit) {
      const rows = await db
        .select()
        .from(table)
        .where(and(within, after ? beyond(key, after) : undefined))
        .orderBy(...key.map((column) => asc(column)))
        .limit(limit)
      return rows.map(plain)
    },
  }
}

function inPeriod({ column, unit }: NonNullable<ExportedTable['time']>, { from, below }: Period): SQL | undefined {
  // A day belongs to the period in which it begins.
  const value = (seconds: bigint) => (unit === 'second' ? seconds : Number((seconds + DAY - 1n) / DAY))
  return and(
    from === undefined ? undefined : gte(column, value(from)),
    below === undefined ? undefined : lt(column, value(below)),
  )
}

function beyond(key: readonly PgColumn[], after: Row): SQL {
  const values = key.map((column) => {
    const property = propertyOf(column)
    return sql.param(property === 'day' ? parseDay(after.day) : after[property], column)
  })
  return sql`(${sql.join([...key], sql`, `)}) > (${sql.join(values, sql`, `)})`
}

function plain(row: Record<string, unknown>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (name === 'day') return [name, dayText(value as number)]
      return [name, typeof value === 'bigint' ? String(value) : (value as Row[string])]
    }),
  )
}
