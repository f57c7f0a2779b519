import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, desc, eq, gte, lte, or } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { GraphQLError } from 'graphql'
import type {
  AccountRow,
  AppealRow,
  ChallengeRow,
  DemandRow,
  ModelRow,
  NodeRow,
  PayoutRow,
  RequestRow,
} from '../../loaders.ts'
import { type PageArguments, type PageOrder, page } from '../../page.ts'
import { light } from '../../payloads.ts'

const { appeal, challenge, demand, model, node, payout, request, result, timeline } = schema

type Hex = `0x${string}`

/** Rows of a list on a page about something else. */
export const SHORT = 25
const PAGE = 50

/** A page of a list, and where it goes on; undefined at its end. */
export interface Listed<Row> {
  readonly items: readonly Row[]
  readonly next: string | undefined
}

/** Models, newest first. @param after where the page before said that it goes on */
export function listModels(after: string | undefined): Promise<Listed<ModelRow>> {
  return listed(model, { time: model.registeredAt, id: model.id }, after)
}

/** Nodes, those with most results first. @param after where the page before said that it goes on */
export function listNodes(after: string | undefined): Promise<Listed<NodeRow>> {
  return listed(node, { time: node.resultCount, id: node.id }, after)
}

/** What an account has done and got, of each kind the latest. */
export async function accountLists(id: Hex) {
  const [requests, challenges, payouts, demands, appeals, models] = await Promise.all([
    db
      .select(light(request))
      .from(request)
      .where(eq(request.requesterId, id))
      .orderBy(desc(request.requestedAt))
      .limit(SHORT),
    db
      .select()
      .from(challenge)
      .where(eq(challenge.challengerId, id))
      .orderBy(desc(challenge.challengedAt))
      .limit(SHORT),
    db.select().from(payout).where(eq(payout.accountId, id)).orderBy(desc(payout.paidAt)).limit(SHORT),
    db
      .select(light(demand))
      .from(demand)
      .where(eq(demand.demanderId, id))
      .orderBy(desc(demand.demandedAt))
      .limit(SHORT),
    db
      .select(light(appeal))
      .from(appeal)
      .where(eq(appeal.appellantId, id))
      .orderBy(desc(appeal.appealedAt))
      .limit(SHORT),
    db.select().from(model).where(eq(model.registrantId, id)).orderBy(desc(model.registeredAt)).limit(SHORT),
  ])
  return { requests, challenges, payouts, demands, appeals, models } satisfies {
    requests: RequestRow[]
    challenges: ChallengeRow[]
    payouts: PayoutRow[]
    demands: DemandRow[]
    appeals: AppealRow[]
    models: ModelRow[]
  }
}

/** Requests and results of one transaction. */
export async function inTransaction(hash: Hex): Promise<{ requestId: Hex; resultId: Hex | null }[]> {
  const rows = await db
    .select({ requestId: timeline.requestId, resultId: timeline.resultId })
    .from(timeline)
    .where(eq(timeline.transactionHash, hash))
    .limit(SHORT)
  if (rows.length > 0) return rows
  const [demands, appeals] = await Promise.all([
    db
      .select({ resultId: demand.resultId })
      .from(demand)
      .where(
        or(
          eq(demand.transactionHash, hash),
          eq(demand.supplyTransactionHash, hash),
          eq(demand.settleTransactionHash, hash),
        ),
      )
      .limit(SHORT),
    db.select({ resultId: appeal.resultId }).from(appeal).where(eq(appeal.transactionHash, hash)).limit(SHORT),
  ])
  return [...demands, ...appeals].map(({ resultId }) => ({ requestId: resultId, resultId }))
}

/** Models with this file, or registered in this transaction. */
export function modelsOf(hash: Hex): Promise<ModelRow[]> {
  return db
    .select()
    .from(model)
    .where(or(eq(model.modelHash, hash), eq(model.transactionHash, hash)))
    .limit(SHORT)
}

/** Results that their own network calls this; hostile ones may share a name. */
export function calledElsewhere(name: string): Promise<{ id: Hex }[]> {
  // As it is stored: no database of text takes U+0000.
  const stored = name.replaceAll('\u0000', '\uFFFD')
  return db.select({ id: result.id }).from(result).where(eq(result.externalId, stored)).limit(SHORT)
}

/** What ids begin like this, of each kind a few. @param prefix 0x and 6 to 63 hex digits, lower case */
export async function beginningWith(prefix: Hex) {
  const range = (digits: number) => ({
    low: prefix.padEnd(digits + 2, '0') as Hex,
    high: prefix.padEnd(digits + 2, 'f') as Hex,
  })
  const [long, short] = [range(64), range(40)]
  const [results, requests, models, nodes, accounts] = await Promise.all([
    db
      .select({ id: result.id })
      .from(result)
      .where(and(gte(result.id, long.low), lte(result.id, long.high)))
      .limit(10),
    db
      .select({ id: request.id })
      .from(request)
      .where(and(gte(request.id, long.low), lte(request.id, long.high)))
      .limit(10),
    db
      .select({ id: model.id })
      .from(model)
      .where(and(gte(model.id, long.low), lte(model.id, long.high)))
      .limit(10),
    prefix.length > 42
      ? []
      : db
          .select({ id: node.id })
          .from(node)
          .where(and(gte(node.id, short.low), lte(node.id, short.high)))
          .limit(10),
    prefix.length > 42 ? [] : accountsBetween(short.low, short.high),
  ])
  return { results, requests, models, nodes, accounts }
}

function accountsBetween(low: Hex, high: Hex): Promise<Pick<AccountRow, 'id'>[]> {
  const { account } = schema
  return db
    .select({ id: account.id })
    .from(account)
    .where(and(gte(account.id, low), lte(account.id, high)))
    .limit(10)
}

/** The page that begins after a position; the first one where the position is none of this list. */
async function listed<Row>(table: PgTable, order: PageOrder, after: string | undefined): Promise<Listed<Row>> {
  const read = (args: PageArguments) => page<Row>(table, order, undefined, args)
  const { items, endCursor } = await read({ first: PAGE, after: after ?? null }).catch((error) => {
    if (error instanceof GraphQLError) return read({ first: PAGE })
    throw error
  })
  return { items, next: endCursor ?? undefined }
}
