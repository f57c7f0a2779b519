import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, desc, eq, gte, lte, or } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type {
  AppealRow,
  ChallengeRow,
  DemandRow,
  ModelRow,
  NodeRow,
  PayoutRow,
  RequestRow,
  TaskRow,
} from '../../loaders.ts'
import { light } from '../../payloads.ts'
import { type Listed, listed } from './listed.ts'

const { appeal, challenge, demand, model, node, payout, request, result, task, teeBatch, timeline } = schema

type Hex = `0x${string}`

/** Rows of a list on a page about something else. */
export const SHORT = 25

/** Models, newest first. @param after where the page before said that it goes on */
export function listModels(after: string | undefined): Promise<Listed<ModelRow>> {
  return listed(model, { time: model.registeredAt, id: model.id }, { after })
}

/** Nodes, those with most results first. @param after where the page before said that it goes on */
export function listNodes(after: string | undefined): Promise<Listed<NodeRow>> {
  return listed(node, { time: node.resultCount, id: node.id }, { after })
}

/** What an account has done and got, of each kind the latest. */
export async function accountLists(id: Hex) {
  const [requests, challenges, payouts, demands, appeals, models, tasks] = await Promise.all([
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
    db.select().from(task).where(eq(task.ownerId, id)).orderBy(desc(task.registeredAt)).limit(SHORT),
  ])
  return { requests, challenges, payouts, demands, appeals, models, tasks } satisfies {
    requests: RequestRow[]
    challenges: ChallengeRow[]
    payouts: PayoutRow[]
    demands: DemandRow[]
    appeals: AppealRow[]
    models: ModelRow[]
    tasks: TaskRow[]
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

/** Tasks of this workflow, the latest registered first. */
export function tasksOf(contract: Hex): Promise<TaskRow[]> {
  return db.select().from(task).where(eq(task.contract, contract)).orderBy(desc(task.registeredAt)).limit(SHORT)
}

/** Results that their own network calls this; hostile ones may share a name. */
export function calledElsewhere(name: string): Promise<{ id: Hex }[]> {
  // As it is stored: no database of text takes U+0000.
  const stored = name.replaceAll('\u0000', '\uFFFD')
  return db.select({ id: result.id }).from(result).where(eq(result.externalId, stored)).limit(SHORT)
}

/** What ids begin like this, of each kind a few. @param prefix 0x and 6 to 63 hex digits, lower case */
export async function beginningWith(prefix: Hex) {
  const [results, requests, models, tasks, batches, nodes, accounts] = await Promise.all([
    idsLike(result, prefix, 64),
    idsLike(request, prefix, 64),
    idsLike(model, prefix, 64),
    idsLike(task, prefix, 64),
    idsLike(teeBatch, prefix, 64),
    idsLike(node, prefix, 40),
    idsLike(schema.account, prefix, 40),
  ])
  return { results, requests, models, tasks, batches, nodes, accounts }
}

/** Ids of so many digits that begin like this; none where the beginning is longer than they are. */
async function idsLike(table: PgTable & { id: PgColumn }, prefix: Hex, digits: number): Promise<{ id: string }[]> {
  if (prefix.length > digits + 2) return []
  const [low, high] = [prefix.padEnd(digits + 2, '0'), prefix.padEnd(digits + 2, 'f')]
  const rows = await db
    .select({ id: table.id })
    .from(table)
    .where(and(gte(table.id, low), lte(table.id, high)))
    .limit(10)
  return rows as { id: string }[]
}
