import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, desc, eq, gt, gte, lt, lte, or, type SQL } from 'drizzle-orm'
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

const { appeal, challenge, demand, model, node, payout, request, result, timeline } = schema

type Hex = `0x${string}`

/** Rows of a list on a page about something else. */
export const SHORT = 25
const PAGE = 50

/** Where a list of one kind goes on after its first page; undefined at its end. */
export interface Listed<Row> {
  readonly items: readonly Row[]
  readonly next: string | undefined
}

/** Models, newest first. @param after `second.id` of the last one before */
export async function listModels(after: string | undefined): Promise<Listed<ModelRow>> {
  const [second, id] = position(after, /^(\d{1,20})\.(0x[0-9a-f]{64})$/)
  const where: SQL | undefined =
    second && id
      ? or(lt(model.registeredAt, BigInt(second)), and(eq(model.registeredAt, BigInt(second)), lt(model.id, id as Hex)))
      : undefined
  const rows = await db
    .select()
    .from(model)
    .where(where)
    .orderBy(desc(model.registeredAt), desc(model.id))
    .limit(PAGE + 1)
  return listed(rows, (last) => `${last.registeredAt}.${last.id}`)
}

/** Nodes, those with most results first. @param after `results.id` of the last one before */
export async function listNodes(after: string | undefined): Promise<Listed<NodeRow>> {
  const [results, id] = position(after, /^(\d{1,9})\.(0x[0-9a-f]{40})$/)
  const count = Number(results)
  const rows = await db
    .select()
    .from(node)
    .where(
      results && id
        ? or(lt(node.resultCount, count), and(eq(node.resultCount, count), gt(node.id, id as Hex)))
        : undefined,
    )
    .orderBy(desc(node.resultCount), node.id)
    .limit(PAGE + 1)
  return listed(rows, (last) => `${last.resultCount}.${last.id}`)
}

/** What an account has done and got, of each kind the latest. */
export async function accountLists(id: Hex) {
  const [requests, challenges, payouts, demands, appeals, models] = await Promise.all([
    db.select().from(request).where(eq(request.requesterId, id)).orderBy(desc(request.requestedAt)).limit(SHORT),
    db
      .select()
      .from(challenge)
      .where(eq(challenge.challengerId, id))
      .orderBy(desc(challenge.challengedAt))
      .limit(SHORT),
    db.select().from(payout).where(eq(payout.accountId, id)).orderBy(desc(payout.paidAt)).limit(SHORT),
    db.select().from(demand).where(eq(demand.demanderId, id)).orderBy(desc(demand.demandedAt)).limit(SHORT),
    db.select().from(appeal).where(eq(appeal.appellantId, id)).orderBy(desc(appeal.appealedAt)).limit(SHORT),
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

function position(after: string | undefined, form: RegExp): (string | undefined)[] {
  return form.exec(after ?? '')?.slice(1) ?? []
}

function listed<Row>(rows: readonly Row[], cursorOf: (last: Row) => string): Listed<Row> {
  const items = rows.slice(0, PAGE)
  const last = items.at(-1)
  return { items, next: rows.length > PAGE && last ? cursorOf(last) : undefined }
}
