import type { SQL } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { GraphQLError } from 'graphql'
import { type PageOrder, page } from '../../page.ts'

/** Rows of a page. */
export const PAGE = 50

/** A page of a list, and where it goes on; undefined at its end. */
export interface Listed<Row> {
  readonly items: readonly Row[]
  readonly next: string | undefined
}

/**
 * One page of a table, newest or largest first. An address that somebody has written or shortened begins at the beginning.
 *
 * @param after where the page before said that it goes on
 */
export async function listed<Row>(
  table: PgTable,
  order: PageOrder,
  { after, where, size = PAGE }: { after?: string | undefined; where?: SQL | undefined; size?: number },
): Promise<Listed<Row>> {
  const read = (from: string | null) => page<Row>(table, order, where, { first: size, after: from })
  const { items, endCursor } = await read(after ?? null).catch((error) => {
    if (error instanceof GraphQLError) return read(null)
    throw error
  })
  return { items, next: endCursor ?? undefined }
}
