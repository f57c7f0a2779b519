import { db } from 'ponder:api'
import { and, asc, desc, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { GraphQLError } from 'graphql'
import { countRows } from './count.ts'
import { light } from './payloads.ts'
import { propertyOf } from './property.ts'

/** Most rows one page can have, and most ids one filter can name. */
export const MAX_PAGE = 1000

/** GraphQL's paging arguments. */
export interface PageArguments {
  first?: number | null
  after?: string | null
  before?: string | null
  direction?: 'asc' | 'desc' | null
}

/** Narrows to rows that a filter's ids name. @throws GraphQLError when it names too many */
export function among(column: PgColumn, ids: readonly string[] | null | undefined): SQL | undefined {
  if (!ids) return undefined
  if (ids.length > MAX_PAGE) throw new GraphQLError(`at most ${MAX_PAGE} ids at once`)
  return inArray(column, [...ids])
}

/** The page of a list that is known to be empty. */
export const emptyPage = {
  items: [],
  endCursor: null,
  pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  totalCount: 0,
}

/** What a list is ordered by: an integer column if any, then the id, which no two rows share. */
export interface PageOrder {
  time?: PgColumn
  id: PgColumn
}

/** A page as GraphQL shows it. */
export interface Page<Row> {
  items: Row[]
  endCursor: string | null
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
  totalCount: () => Promise<number>
}

/**
 * One page of a table, newest first unless asked otherwise, ties broken by id, continued after a cursor or ended before
 * one. A cursor names a row's position, so rows that arrive meanwhile shift nothing.
 *
 * @throws GraphQLError for a page size or cursor that cannot be
 */
export async function page<Row>(
  table: PgTable,
  order: PageOrder,
  where: SQL | undefined,
  args: PageArguments,
): Promise<Page<Row>> {
  const { size, descending } = boundsOf(args)
  const { after, before } = args
  const cursor = after ?? before
  const rows = await db
    .select(light(table))
    .from(table)
    .where(and(where, cursor ? beyond(order, cursor, descending, before ? 'before' : 'after') : undefined))
    .orderBy(...orderedBy(order, descending))
    .limit(size + 1)
  return pageOf<Row>(table, order, where, args, rows as Row[])
}

/** How many rows a page has, and which way they are read. @throws GraphQLError for what cannot be */
export function boundsOf({ first, after, before, direction }: PageArguments): { size: number; descending: boolean } {
  const size = first ?? 50
  if (size < 1 || size > MAX_PAGE) throw new GraphQLError(`first must be between 1 and ${MAX_PAGE}`)
  if (after && before) throw new GraphQLError('either after or before, not both')
  // A page before a cursor is read from the cursor on, the other way round.
  return { size, descending: (direction !== 'asc') !== Boolean(before) }
}

/** The order in SQL. */
export function orderedBy({ time, id }: PageOrder, descending: boolean): [SQL, ...SQL[]] {
  const ordered = descending ? desc : asc
  return time ? [ordered(time), ordered(id)] : [ordered(id)]
}

/** A page of rows that were read in order, one more than it has where it is not the last. */
export function pageOf<Row>(
  table: PgTable,
  order: PageOrder,
  where: SQL | undefined,
  args: PageArguments,
  rows: readonly Row[],
): Page<Row> {
  return assembled(args, rows, {
    cursorOf: (row) => cursorOf(order, row),
    totalCount: () => countRows(table, where),
  })
}

/** The same of whatever database the rows are from. @param of where a row is in its list, and how many there are in all */
export function assembled<Row>(
  args: PageArguments,
  rows: readonly Row[],
  of: { cursorOf: (row: Row) => string; totalCount: () => Promise<number> },
): Page<Row> {
  const { size } = boundsOf(args)
  const { after, before } = args
  const items = rows.slice(0, size)
  if (before) items.reverse()
  const more = rows.length > size
  const hasNextPage = before ? true : more
  const cursorAt = (row: Row | undefined) => (row ? of.cursorOf(row) : null)
  const [startCursor, endCursor] = [cursorAt(items.at(0)), cursorAt(items.at(-1))]
  return {
    items,
    endCursor: hasNextPage ? endCursor : null,
    pageInfo: { hasNextPage, hasPreviousPage: before ? more : Boolean(after), startCursor, endCursor },
    /** Counted only when asked for: GraphQL calls it lazily. */
    totalCount: of.totalCount,
  }
}

function beyond(order: PageOrder, cursor: string, descending: boolean, name: string): SQL | undefined {
  const wrong = new GraphQLError(`${name} is not a cursor of this list`)
  const past = descending ? lt : gt
  const [id, time] = Buffer.from(cursor, 'base64url').toString('utf8').split('@')
  // Ids are hex, two of them, or an event's block hash and log index; anything else would reach the database as it is.
  if (!id || !/^0x[0-9a-f]+(-(\d+|0x[0-9a-f]+))?$/.test(id)) throw wrong
  if (!order.time) return past(order.id, id)
  if (!time || !/^\d{1,78}$/.test(time)) throw wrong
  const isSmall = order.time.dataType === 'number'
  if (isSmall && BigInt(time) >= 2n ** 31n) throw wrong
  const value = isSmall ? Number(time) : BigInt(time)
  // Rows are compared as a whole, which an index on both answers from the cursor on; "or" reads all that comes before it.
  const position = sql`${sql.param(value, order.time)}, ${sql.param(id, order.id)}`
  return sql`(${order.time}, ${order.id}) ${sql.raw(descending ? '<' : '>')} (${position})`
}

function cursorOf(order: PageOrder, row: unknown): string {
  const values = row as Record<string, unknown>
  const [id, time] = [order.id, order.time].map((column) => column && values[propertyOf(column)])
  return Buffer.from(order.time ? `${id}@${time}` : `${id}`, 'utf8').toString('base64url')
}
