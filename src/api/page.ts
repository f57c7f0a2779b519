import { db } from 'ponder:api'
import { and, desc, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { GraphQLError } from 'graphql'
import { countRows } from './count.ts'
import { propertyOf } from './property.ts'

/** Most rows one page can have, and most ids one filter can name. */
export const MAX_PAGE = 1000

/** GraphQL's paging arguments. */
export interface PageArguments {
  first?: number | null
  after?: string | null
}

/** Narrows to rows that a filter's ids name. @throws GraphQLError when it names too many */
export function among(column: PgColumn, ids: readonly string[] | null | undefined): SQL | undefined {
  if (!ids) return undefined
  if (ids.length > MAX_PAGE) throw new GraphQLError(`at most ${MAX_PAGE} ids at once`)
  return inArray(column, [...ids])
}

/** The page of a list that is known to be empty. */
export const emptyPage = { items: [], endCursor: null, totalCount: 0 }

/**
 * One page of a table, newest first, ties broken by id, continued after a cursor. A cursor names the last row's
 * position, so rows that arrive meanwhile shift nothing.
 *
 * @throws GraphQLError for a page size or cursor that cannot be
 */
export async function page<Row>(
  table: PgTable,
  order: { time?: PgColumn; id: PgColumn },
  where: SQL | undefined,
  { first, after }: PageArguments,
) {
  const size = first ?? 50
  if (size < 1 || size > MAX_PAGE) throw new GraphQLError(`first must be between 1 and ${MAX_PAGE}`)
  const rows = await db
    .select()
    .from(table)
    .where(and(where, after ? beyond(order, after) : undefined))
    .orderBy(...(order.time ? [desc(order.time), desc(order.id)] : [desc(order.id)]))
    .limit(size + 1)
  const items = rows.slice(0, size) as Row[]
  const last = items.at(-1)
  return {
    items,
    endCursor: rows.length > size && last ? cursorOf(order, last) : null,
    /** Counted only when asked for: GraphQL calls it lazily. */
    totalCount: () => countRows(table, where),
  }
}

function beyond(order: { time?: PgColumn; id: PgColumn }, cursor: string): SQL | undefined {
  const [id, time] = Buffer.from(cursor, 'base64url').toString('utf8').split('@')
  // Ids are hex, two of them, or an event's block hash and log index; anything else would reach the database as it is.
  if (!id || !/^0x[0-9a-f]+(-(\d+|0x[0-9a-f]+))?$/.test(id))
    throw new GraphQLError('after is not a cursor of this list')
  if (!order.time) return lt(order.id, id)
  if (!time || !/^\d{1,20}$/.test(time)) throw new GraphQLError('after is not a cursor of this list')
  // Rows are compared as a whole, which an index on both answers from the cursor on; "or" reads all that comes before it.
  const position = sql`${sql.param(BigInt(time), order.time)}, ${sql.param(id, order.id)}`
  return sql`(${order.time}, ${order.id}) < (${position})`
}

function cursorOf(order: { time?: PgColumn; id: PgColumn }, row: unknown): string {
  const values = row as Record<string, unknown>
  const [id, time] = [order.id, order.time].map((column) => column && values[propertyOf(column)])
  return Buffer.from(order.time ? `${id}@${time}` : `${id}`, 'utf8').toString('base64url')
}
