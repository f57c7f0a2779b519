import { GraphQLError } from 'graphql'
import { type SelectQueryBuilder, sql } from 'kysely'
import type { EntryKind } from '../../journal/ledger/kinds.ts'
import { type Entry, ledgerOf, ledgers, sumsOf } from '../../journal/ledger/rows.ts'
import type { Journal } from '../../journal/open.ts'
import type { Action, VerdictRow } from '../../journal/queries.ts'
import type { Tables } from '../../journal/tables.ts'
import { assembled, boundsOf, emptyPage, type PageArguments } from './page.ts'

/** Bounds of a number column; see GraphQL's Range. */
export interface Range {
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
      const verdicts = journal()
        ?.selectFrom('verdict')
        .$if(Boolean(where.verdict), (q) => q.where('verdict.kind', 'in', where.verdict ?? []))
      const query = verdicts
        ?.innerJoin('observation', 'observation.key', 'verdict.observationKey')
        .selectAll('verdict')
        .select('observation.resultId')
        .$if(Boolean(where.resultId), (q) => q.where('observation.resultId', '=', where.resultId as string))
        .$if(Boolean(where.modelId), (q) => q.where('observation.modelId', '=', where.modelId as string))
        .$if(Boolean(where.nodeId), (q) => q.where('observation.node', '=', where.nodeId as string))
      // Every verdict is about an observation, so that to look each of them up would change no count; it would take 50 times as long.
      const counted = where.resultId || where.modelId || where.nodeId ? query : verdicts
      return pageOf<VerdictOfResult>(query, 'verdict.judgedAt', 'verdict.observationKey', where.judgedAt, args, counted)
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

/**
 * One page of a query, by a time and an id; empty where there is no journal.
 *
 * @throws GraphQLError for a page size or cursor that cannot be
 */
export async function pageOf<Row>(
  // biome-ignore lint/suspicious/noExplicitAny: as above
  query: SelectQueryBuilder<any, any, any> | undefined,
  time: string,
  id: string,
  range: Range | null | undefined,
  args: PageArguments,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  counted: SelectQueryBuilder<any, any, any> | undefined = query,
) {
  const { size, descending } = boundsOf(args)
  if (!query) return emptyPage
  const { from, below } = range ?? {}
  const within = (of: Query) =>
    of
      .$if(from !== null && from !== undefined, (q) => q.where(time, '>=', bounded(from as bigint)))
      .$if(below !== null && below !== undefined, (q) => q.where(time, '<', bounded(below as bigint)))
  const { after, before } = args
  const cursor = after ?? before
  const order = descending ? 'desc' : 'asc'
  const rows = await within(query)
    .$if(Boolean(cursor), (q) => {
      const [at, key] = parseCursor(cursor as string, before ? 'before' : 'after')
      const past = sql.raw(descending ? '<' : '>')
      return q.where(sql<boolean>`(${sql.ref(time)}, ${sql.ref(id)}) ${past} (${at}, ${key})`)
    })
    .orderBy(time, order)
    .orderBy(id, order)
    .limit(size + 1)
    .execute()
  return assembled(args, rows as Row[], {
    cursorOf: (row) => {
      const values = row as Record<string, unknown>
      return encodeCursor(values[nameOf(time)], values[nameOf(id)])
    },
    totalCount: async () => {
      const { n } = await within(counted ?? query)
        .clearSelect()
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      return Number(n)
    },
  })
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
