import { db } from 'ponder:api'
import schema from 'ponder:schema'
import DataLoader from 'dataloader'
import { asc, getTableName, type InferSelectModel, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Entry } from '../../journal/ledger/rows.ts'
import { attestationsByResult } from './attestations/read.ts'
import { childPages } from './child-pages.ts'
import type { JournalReader } from './journal.ts'
import type { PublicAttempt } from './journal-rows.ts'
import { light, payloadLoader } from './payloads.ts'
import { propertyOf } from './property.ts'

export type ModelRow = InferSelectModel<typeof schema.model>
export type NodeRow = InferSelectModel<typeof schema.node>
export type AccountRow = InferSelectModel<typeof schema.account>
/** Without its input: see payloads.ts. */
export type RequestRow = Omit<InferSelectModel<typeof schema.request>, 'input'>
/** Without its output. */
export type ResultRow = Omit<InferSelectModel<typeof schema.result>, 'output'>
export type ChallengeRow = InferSelectModel<typeof schema.challenge>
export type ConvictionRow = InferSelectModel<typeof schema.conviction>
/** Without what was supplied. */
export type DemandRow = Omit<InferSelectModel<typeof schema.demand>, 'data'>
/** Without its data. */
export type AppealRow = Omit<InferSelectModel<typeof schema.appeal>, 'data'>
export type PayoutRow = InferSelectModel<typeof schema.payout>
export type TeeBatchRow = InferSelectModel<typeof schema.teeBatch>
export type TaskRow = InferSelectModel<typeof schema.task>
export type EchoRow = InferSelectModel<typeof schema.echo>
export type TimelineRow = InferSelectModel<typeof schema.timeline>

/**
 * Batches every link of one GraphQL query into one database query a kind, instead of one a row.
 *
 * @param maxPayloads hexadecimal digits that all payloads together may have
 */
export function createLoaders(journal: JournalReader, maxPayloads = 2 ** 27) {
  const budget = { most: maxPayloads, left: maxPayloads }
  const { model, node, account, request, result, challenge, conviction, payout, timeline, task, echo } = schema
  return {
    model: byId<ModelRow>(model, model.id),
    node: byId<NodeRow>(node, node.id),
    account: byId<AccountRow>(account, account.id),
    request: byId<RequestRow>(request, request.id),
    result: byId<ResultRow>(result, result.id),
    challenge: byId<ChallengeRow>(challenge, challenge.id),
    conviction: byId<ConvictionRow>(conviction, conviction.id),
    demand: byId<DemandRow>(schema.demand, schema.demand.id),
    task: byId<TaskRow>(task, task.id),
    echoesOfResult: many<EchoRow>(echo, echo.resultId, echo.blockNumber, echo.logIndex),
    payoutsOfRequest: many<PayoutRow>(payout, payout.requestId, payout.blockNumber),
    payoutsOfResult: many<PayoutRow>(payout, payout.resultId, payout.blockNumber),
    timelineOfRequest: many<TimelineRow>(timeline, timeline.requestId, timeline.blockNumber, timeline.logIndex),
    inputOfRequest: payloadLoader(request.input, request.id, budget),
    outputOfResult: payloadLoader(result.output, result.id, budget),
    dataOfDemand: payloadLoader(schema.demand.data, schema.demand.id, budget),
    dataOfAppeal: payloadLoader(schema.appeal.data, schema.appeal.id, budget),
    replay: new DataLoader(journal.verdicts),
    findings: new DataLoader(journal.findings),
    actions: new DataLoader(journal.actions),
    action: new DataLoader(journal.actionsById),
    attemptsOfAction: new DataLoader(journal.attemptsOfActions),
    attempt: new DataLoader(journal.attempts),
    entriesOfAttempt: new DataLoader<PublicAttempt, Entry[], string>(journal.entriesOfAttempts, {
      cacheKeyFn: ({ hash }) => hash,
    }),
    entriesOfResult: new DataLoader(journal.entriesOfResults),
    provability: new DataLoader(journal.provabilities),
    attestationsOfResult: new DataLoader((ids: readonly string[]) => attestationsByResult(journal, ids)),
    childPage: childPages(),
    teeBatch: byId<TeeBatchRow>(schema.teeBatch, schema.teeBatch.id),
    audit: new DataLoader(journal.audits),
  }
}

export type Loaders = ReturnType<typeof createLoaders>

function byId<Row extends { id: string }>(table: PgTable, id: PgColumn) {
  return new DataLoader<string, Row | null>(async (ids) => {
    const rows = (await statement(table, id).execute({ ids: [...ids] })) as unknown as Row[]
    const found = new Map(rows.map((row) => [row.id, row]))
    return ids.map((key) => found.get(key) ?? null)
  })
}

function many<Row>(table: PgTable, foreignKey: PgColumn, ...order: PgColumn[]) {
  return new DataLoader<string, Row[]>(async (ids) => {
    const rows = await statement(table, foreignKey, ...order).execute({ ids: [...ids] })
    const property = propertyOf(foreignKey)
    const groups = new Map<string, Row[]>(ids.map((id) => [id, []]))
    for (const row of rows) groups.get((row as Record<string, string>)[property] as string)?.push(row as Row)
    return ids.map((id) => groups.get(id) ?? [])
  })
}

const statements = new Map<PgColumn, ReturnType<typeof prepare>>()

/** The statement for the rows of a table whose column has one of some values: built once, which takes longer than to ask it. */
function statement(table: PgTable, column: PgColumn, ...order: PgColumn[]) {
  const known = statements.get(column) ?? prepare(table, column, order)
  statements.set(column, known)
  return known
}

function prepare(table: PgTable, column: PgColumn, order: readonly PgColumn[]) {
  return db
    .select(light(table))
    .from(table)
    .where(sql`${column} = any(${sql.placeholder('ids')})`)
    .orderBy(...order.map((by) => asc(by)))
    .prepare(`gainsay_${getTableName(table)}_by_${column.name}`)
}
