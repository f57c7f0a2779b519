import { db } from 'ponder:api'
import DataLoader from 'dataloader'
import { and, getTableName, inArray, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { boundsOf, orderedBy, type Page, type PageArguments, type PageOrder, page, pageOf } from './page.ts'
import { light } from './payloads.ts'
import { propertyOf } from './property.ts'

/** A list that every row of another table has one of: a node's results, a result's demands. */
export interface ChildList {
  table: PgTable
  order: PageOrder
  /** names the row that the list belongs to */
  parent: PgColumn
}

/** The list of one such row, and which page of it. */
export interface Child {
  list: ChildList
  id: string
  args: PageArguments
}

/**
 * Reads pages of lists that belong to many rows with one query for all rows that are asked about alike, instead of one a
 * row: fifty nodes with their latest results would be fifty queries. What goes on after a cursor is about one row anyway.
 *
 * @throws GraphQLError (of the page asked for) for a page size or cursor that cannot be
 */
export function childPages() {
  return new DataLoader<Child, Page<unknown>, string>(
    async (children) => {
      const groups = new Map<string, Child[]>()
      for (const child of children) {
        const key = groupOf(child)
        groups.set(key, [...(groups.get(key) ?? []), child])
      }
      const read = new Map<string, Promise<Map<string, unknown[]>>>()
      for (const [key, [first, ...others]] of groups)
        if (first && others.length > 0 && !first.args.after && !first.args.before)
          read.set(key, firstPages([first, ...others]))
      return Promise.all(
        children.map(async (child) => {
          const { list, id, args } = child
          const where = inArray(list.parent, [id])
          try {
            const rows = (await read.get(groupOf(child)))?.get(id)
            return rows
              ? pageOf(list.table, list.order, where, args, rows)
              : await page(list.table, list.order, where, args)
          } catch (error) {
            return error as Error
          }
        }),
      )
    },
    { cacheKeyFn: (child) => `${groupOf(child)} ${child.id}` },
  )
}

function groupOf({ list: { table, order, parent }, args: { first, after, before, direction } }: Child): string {
  return JSON.stringify([getTableName(table), parent.name, order.time?.name, first, after, before, direction])
}

/** The rows of the first page of each, and one more where there is one. @throws GraphQLError */
async function firstPages(children: readonly [Child, ...Child[]]): Promise<Map<string, unknown[]>> {
  const [{ list, args }] = children
  const { size, descending } = boundsOf(args)
  const order = orderedBy(list.order, descending)
  const ids = [...new Set(children.map(({ id }) => id))]
  // Of each its own few, by an index: a window function would number all that they have.
  const chosen: SQL = sql`select c.id from unnest(${sql.param(ids)}::text[]) as p(id) cross join lateral (
    select ${list.order.id} as id from ${list.table} where ${list.parent} = p.id
    order by ${sql.join(order, sql`, `)} limit ${size + 1}) c`
  const rows = await db
    .select(light(list.table))
    .from(list.table)
    .where(and(sql`${list.order.id} in (${chosen})`))
    .orderBy(...order)
  const property = propertyOf(list.parent)
  const groups = new Map<string, unknown[]>(ids.map((id) => [id, []]))
  for (const row of rows) groups.get((row as Record<string, string>)[property] as string)?.push(row)
  return groups
}
