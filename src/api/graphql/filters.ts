import { and, eq, gte, lt, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { PageArguments } from '../page.ts'

/** The arguments of a list with a filter. */
export type Filtered<Where> = PageArguments & { where?: Where | null }
/** What a filter says of one value; GraphQL's null is as good as nothing. */
export type Maybe<T> = T | null | undefined
/** An id, hash or address. */
export type Hex = `0x${string}`

/** GraphQL's Range. */
export interface Range {
  from?: Maybe<bigint>
  below?: Maybe<bigint>
}

/** Rows whose column has this value; all where there is none. */
export function equal<T>(column: PgColumn, value: Maybe<T>): SQL | undefined {
  return value === null || value === undefined ? undefined : eq(column, value)
}

/** Rows whose column is within a range; all where there is none. */
export function within(column: PgColumn, range: Maybe<Range>): SQL | undefined {
  const { from, below } = range ?? {}
  return and(
    from === null || from === undefined ? undefined : gte(column, from),
    below === null || below === undefined ? undefined : lt(column, below),
  )
}
