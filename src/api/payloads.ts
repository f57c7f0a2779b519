import { db } from 'ponder:api'
import schema from 'ponder:schema'
import DataLoader from 'dataloader'
import { getTableColumns, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { GraphQLError } from 'graphql'
import type { Hex } from 'viem'

/** Names of the columns that hold a stranger's bytes: up to a mebibyte of them in each row. */
type PayloadName = 'input' | 'output' | 'data'

const payloadColumns = new Set<PgColumn>([
  schema.request.input,
  schema.result.output,
  schema.demand.data,
  schema.appeal.data,
])

/** A table's columns but for payloads, which are read only where they are asked for: a page of a thousand has a gigabyte. */
export function light<T extends PgTable>(table: T): Omit<T['_']['columns'], PayloadName> {
  const columns = Object.entries(getTableColumns(table)).filter(([, column]) => !payloadColumns.has(column))
  return Object.fromEntries(columns) as Omit<T['_']['columns'], PayloadName>
}

/** Hexadecimal digits that one statement reads, as far as single rows allow. */
const AT_ONCE = 2 ** 24

/** What payloads of one answer may take, in hexadecimal digits. */
export interface PayloadBudget {
  readonly most: number
  left: number
}

/**
 * Payloads by the id of their row. What they would take is asked first, so that more than an answer may have is never read.
 *
 * @throws GraphQLError (for each of them) when the budget is exceeded
 */
export function payloadLoader(column: PgColumn, id: PgColumn, budget: PayloadBudget) {
  const { table } = column
  const isAmong = (ids: readonly string[]) => sql`${id} = any(${sql.param([...ids])}::text[])`
  return new DataLoader<string, Hex | null>(async (ids) => {
    const sizes = await db
      .select({ id, size: sql<number>`coalesce(octet_length(${column}), 0)` })
      .from(table)
      .where(isAmong(ids))
    budget.left -= sizes.reduce((sum, { size }) => sum + size, 0)
    if (budget.left < 0) {
      const message = `the payloads alone are larger than ${budget.most} bytes: ask for smaller pages (first), or fewer fields`
      return ids.map(() => new GraphQLError(message))
    }
    const found = new Map<unknown, Hex | null>()
    for (const part of parts(sizes))
      for (const row of await db.select({ id, payload: column }).from(table).where(isAmong(part)))
        found.set(row.id, row.payload as Hex | null)
    return ids.map((one) => found.get(one) ?? null)
  })
}

/** The ids of rows that have something, in parts that one statement can read. */
function parts(rows: readonly { id: unknown; size: number }[]): string[][] {
  const all: string[][] = []
  let room = 0
  for (const { id, size } of rows) {
    if (size === 0) continue
    if (size > room) {
      all.push([])
      room = AT_ONCE
    }
    all.at(-1)?.push(id as string)
    room -= size
  }
  return all
}
