import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { desc, eq, inArray, sum } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { abilities } from '../../../../networks/abilities.ts'
import type { Cause, Status } from '../../../../protocol/status.ts'

const { challenge, model, node, request, result } = schema

/** As far as rows are counted for a page: beyond it "10,000 or more" says as much. */
export const MOST_COUNTED = 10_000
/** Nodes that concentration is computed over: the largest. */
const MOST_NODES = 2000
/** Challenges whose causes are counted: the latest. */
export const LATEST_CHALLENGES = 1000
/** Milliseconds for which totals are used again. */
const FRESH_MS = 2000
/** Totals older than this are not shown any more, however long counting takes. */
const STALE_MS = 60_000

/** How much work and stake one node has. */
export interface NodeShare {
  readonly id: string
  readonly results: number
  readonly bond: bigint
}

/** What the overview counts. Amounts in wei. Counts of what is open stop at {@link MOST_COUNTED}. */
export interface Totals {
  readonly requests: number
  readonly models: number
  readonly results: number
  readonly byStatus: Readonly<Partial<Record<Status, number>>>
  readonly nodes: readonly NodeShare[]
  readonly lockedBonds: bigint
  readonly freeBonds: bigint
  readonly slashed: bigint
  readonly openFees: bigint
  /** why results were rejected, among the latest challenges that were settled */
  readonly causes: ReadonlyMap<Cause, number>
}

let known: { at: number; totals: Promise<Totals> } | undefined

/**
 * Totals of everything, from the counters that nodes and models keep and from what is open, which is never much. While they
 * are counted anew, readers get those of a moment ago.
 */
export function totals(): Promise<Totals> {
  const now = performance.now()
  if (known && now - known.at < FRESH_MS) return known.totals
  const counted = countAll()
  const fresh = { at: now, totals: known && now - known.at < STALE_MS ? known.totals : counted }
  known = fresh
  counted.then(
    () => {
      fresh.totals = counted
    },
    () => {
      if (known === fresh) known = undefined
    },
  )
  return fresh.totals
}

async function countAll(): Promise<Totals> {
  const [sums] = await db
    .select({
      results: sum(node.resultCount),
      finalized: sum(node.finalizedCount),
      rejected: sum(node.rejectedCount),
      locked: sum(node.lockedBond),
      free: sum(node.freeBond),
      slashed: sum(node.slashed),
    })
    .from(node)
  const asked = await db
    .select({ network: model.network, requests: sum(model.requestCount) })
    .from(model)
    .groupBy(model.network)
  const requestsOf = (may: boolean) =>
    asked
      .filter(({ network }) => abilities[network].challenges === may)
      .reduce((all, { requests }) => all + Number(requests), 0)
  const nodes = await db
    .select({ id: node.id, results: node.resultCount, locked: node.lockedBond, free: node.freeBond })
    .from(node)
    .orderBy(desc(node.resultCount))
    .limit(MOST_NODES)
  const causes = await db
    .select({ cause: challenge.cause })
    .from(challenge)
    .orderBy(desc(challenge.challengedAt))
    .limit(LATEST_CHALLENGES)
  const found = new Map<Cause, number>()
  for (const { cause } of causes) if (cause) found.set(cause, (found.get(cause) ?? 0) + 1)
  return {
    requests: requestsOf(true),
    models: await countRows(model),
    results: Number(sums?.results ?? 0),
    byStatus: {
      requested: await counted(request, request.status, 'requested'),
      posted: await counted(result, result.status, 'posted'),
      challenged: await counted(result, result.status, 'challenged'),
      revealed: await counted(result, result.status, 'revealed'),
      rejected: Number(sums?.rejected ?? 0),
      finalized: Number(sums?.finalized ?? 0),
      // Where nothing is challenged, a request and its result are one event.
      recorded: requestsOf(false),
    },
    nodes: nodes.map(({ id, results, locked, free }) => ({ id, results, bond: locked + free })),
    lockedBonds: BigInt(sums?.locked ?? 0),
    freeBonds: BigInt(sums?.free ?? 0),
    slashed: BigInt(sums?.slashed ?? 0),
    openFees: await openFees(),
    causes: found,
  }
}

async function counted(table: PgTable, column: PgColumn, value: string): Promise<number> {
  const some = db.select({ id: column }).from(table).where(eq(column, value)).limit(MOST_COUNTED)
  return db.$count(some.as('some'))
}

async function countRows(table: typeof model): Promise<number> {
  return db.$count(db.select({ id: table.id }).from(table).limit(MOST_COUNTED).as('some'))
}

async function openFees(): Promise<bigint> {
  const some = db
    .select({ fee: request.fee })
    .from(request)
    .where(inArray(request.status, ['requested', 'posted', 'challenged', 'revealed']))
    .limit(MOST_COUNTED)
    .as('some')
  const [row] = await db.select({ fees: sum(some.fee) }).from(some)
  return BigInt(row?.fees ?? 0)
}
