import { getTableColumns } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

/** A selected row is keyed by the column's name in the schema; a column itself knows only its name in the database. */
export function propertyOf(column: PgColumn): string {
  const columns = getTableColumns(column.table) as Record<string, PgColumn>
  const property = Object.keys(columns).find((key) => columns[key]?.name === column.name)
  if (property === undefined) throw new Error(`no property of column ${column.name}`)
  return property
}
