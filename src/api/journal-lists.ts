import { GraphQLError } from 'graphql'
import { type SelectQueryBuilder, sql } from 'kysely'
import type { EntryKind } from '../../journal/ledger/kinds.ts'
import { type Entry, ledgerOf, ledgers, sumsOf } from '../../journal/ledger/rows.ts'
import type { Journal } from '../../journal/open.ts'
import type { Action, VerdictRow } from '../../journal/queries.ts'
import type { Tables } from '../../journal/tables.ts'
import { emptyPage, MAX_PAGE, type PageArguments } from './page.ts'

/** Bounds of a number column; see GraphQL's Range. */
interface Range {
  from?: bigint | null | undefined
  below?: bigint | null | undefined
}

/** Which verdicts. */
export interface VerdictFilter {
  verdict?: VerdictRow['kind'][] | null
  resultId?: string | null
  modelId?: string | null
  nodeId?: string | null
  judgedAt?: Range | null
}

/** Which actions. */
export interface ActionFilter {
  kind?: Action['kind'][] | null
  state?: Action['state'][] | null
  resultId?: string | null
  createdAt?: Range | null
}

/** Which entries of a ledger. */
export interface EntryFilter {
  kind?: EntryKind[] | null
  resultId?: string | null
  blockNumber?: Range | null
}

/** A verdict with the result that it is about. */
export type VerdictOfResult = VerdictRow & { resultId: string }

/** Lists over the watcher's journal, paged as those over the index are; empty while there is no journal. */
export function journalLists(journal: () => Journal | undefined) {
  return {
    /** A page of verdicts by when they were judged. */
    verdictPage(where: VerdictFilter, args: PageArguments) {
      const query = journal()
        ?.selectFrom('verdict')
        .innerJoin('observation', 'observation.key', 'verdict.observationKey')
        .selectAll('verdict')
        .select('observation.resultId')
        .$if(Boolean(where.verdict), (q) => q.where('verdict.kind', 'in', where.verdict ?? []))
        .$if(Boolean(where.resultId), (q) => q.where('observation.resultId', '=', where.resultId as string))
        .$if(Boolean(where.modelId), (q) => q.where('observation.modelId', '=', where.modelId as string))
        .$if(Boolean(where.nodeId), (q) => q.where('observation.node', '=', where.nodeId as string))
      return pageOf<VerdictOfResult>(query, 'verdict.judgedAt', 'verdict.observationKey', where.judgedAt, args)
    },

    /** A page of actions by when they were decided. */
    actionPage(where: ActionFilter, args: PageArguments) {
      const query = journal()
        ?.selectFrom('action')
        .selectAll('action')
        .$if(Boolean(where.kind), (q) => q.where('action.kind', 'in', where.kind ?? []))
        .$if(Boolean(where.state), (q) => q.where('action.state', 'in', where.state ?? []))
        .$if(Boolean(where.resultId), (q) => q.where('action.resultId', '=', where.resultId as string))
      return pageOf<Action>(query, 'action.createdAt', 'action.id', where.createdAt, args)
    },

    /** A page of an account's entries by their block. */
    entryPage(account: string, where: EntryFilter, args: PageArguments) {
      const query = journal()
        ?.selectFrom('entry')
        .selectAll('entry')
        .where('entry.account', '=', account)
        .$if(Boolean(where.kind), (q) => q.where('entry.kind', 'in', where.kind ?? []))
        .$if(Boolean(where.resultId), (q) => q.where('entry.resultId', '=', where.resultId as string))
      return pageOf<Entry>(query, 'entry.blockNumber', 'entry.key', where.blockNumber, args)
    },

    /** The ledger of one account; null when it has none. */
    async ledger(account: string) {
      const db = journal()
      return (db && (await ledgerOf(db, account))) ?? null
    },

    /** Every ledger. */
    async ledgers() {
      const db = journal()
      return db ? ledgers(db) : []
    },

    /** What the entries of a ledger add up to since it began, in wei, by kind. */
    async ledgerSums(account: string, after: number) {
      const db = journal()
      return db ? sumsOf(db, account, { after }) : null
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: of any tables joined, with any columns
type Query = SelectQueryBuilder<Tables & Record<string, any>, any, any>

/** A page of rows of the journal: by a number of theirs, then by what names them. */
export async function pageOf<Row>(
  // biome-ignore lint/suspicious/noExplicitAny: as above
  query: SelectQueryBuilder<any, any, any> | undefined,
  time: string,
  id: string,
  range: Range | null | undefined,
  { first, after, before, direction }: PageArguments,
) {
  const size = first ?? 50
  if (size < 1 || size > MAX_PAGE) throw new GraphQLError(`first must be between 1 and ${MAX_PAGE}`)
  if (after && before) throw new GraphQLError('either after or before, not both')
  if (!query) return emptyPage
  let all = query as Query
  if (range?.from !== null && range?.from !== undefined) all = all.where(time, '>=', bounded(range.from))
  if (range?.below !== null && range?.below !== undefined) all = all.where(time, '<', bounded(range.below))
  const descending = (direction !== 'asc') !== Boolean(before)
  const cursor = after ?? before
  const order = descending ? 'desc' : 'asc'
  const rows = await all
    .$if(Boolean(cursor), (q) => {
      const [at, key] = parseCursor(cursor as string, before ? 'before' : 'after')
      const past = sql.raw(descending ? '<' : '>')
      return q.where(sql<boolean>`(${sql.ref(time)}, ${sql.ref(id)}) ${past} (${at}, ${key})`)
    })
    .orderBy(time, order)
    .orderBy(id, order)
    .limit(size + 1)
    .execute()
  const items = rows.slice(0, size) as Row[]
  if (before) items.reverse()
  const more = rows.length > size
  const hasNextPage = before ? true : more
  const cursorOf = (row: Row | undefined) => {
    const values = row as Record<string, unknown> | undefined
    return values ? encodeCursor(values[nameOf(time)], values[nameOf(id)]) : null
  }
  const [startCursor, endCursor] = [cursorOf(items.at(0)), cursorOf(items.at(-1))]
  return {
    items,
    endCursor: hasNextPage ? endCursor : null,
    pageInfo: { hasNextPage, hasPreviousPage: before ? more : Boolean(after), startCursor, endCursor },
    /** Counted only when asked for: GraphQL calls it lazily. */
    totalCount: async () => {
      const counted = await all
        .clearSelect()
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      return Number((counted as { n: number }).n)
    },
  }
}

const nameOf = (column: string) => column.slice(column.indexOf('.') + 1)

/** Numbers of the journal are doubles; nothing in it is near where those end. */
const bounded = (value: bigint) => Number(value)

function encodeCursor(time: unknown, id: unknown): string {
  return Buffer.from(JSON.stringify([time, id]), 'utf8').toString('base64url')
}

/** @throws GraphQLError when it is none */
function parseCursor(cursor: string, name: string): [number, string | number] {
  try {
    const [time, id, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (typeof time === 'number' && ['string', 'number'].includes(typeof id) && rest.length === 0) return [time, id]
  } catch {}
  throw new GraphQLError(`${name} is not a cursor of this list`)
}
