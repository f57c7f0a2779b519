import schema from 'ponder:schema'
import type { SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type {
  AccountRow,
  AppealRow,
  ChallengeRow,
  ConvictionRow,
  DemandRow,
  EchoRow,
  ModelRow,
  NodeRow,
  PayoutRow,
  RequestRow,
  ResultRow,
  TaskRow,
  TimelineRow,
} from '../loaders.ts'
import { type PageArguments, type PageOrder, page } from '../page.ts'
import type { ApiContext } from './context.ts'

const { account, model, node, request, result, challenge, conviction, demand, appeal, payout, timeline, task, echo } =
  schema

/** What models can be ordered by. */
export const modelOrders = { registeredAt: model.registeredAt, requestCount: model.requestCount }
/** What nodes can be ordered by; by id where there is no column. */
export const nodeOrders = {
  id: undefined,
  freeBond: node.freeBond,
  lockedBond: node.lockedBond,
  slashed: node.slashed,
  resultCount: node.resultCount,
  rejectedCount: node.rejectedCount,
}
export type ModelOrder = keyof typeof modelOrders
export type NodeOrder = keyof typeof nodeOrders

// One function a list, all here: types refer to each other's lists in circles, files may not.

/** A page of models, the latest registered first unless asked otherwise. */
export const modelsPage = (where: SQL | undefined, args: PageArguments, by: ModelOrder = 'registeredAt') =>
  page<ModelRow>(model, { time: modelOrders[by], id: model.id }, where, args)
/** A page of nodes. */
export const nodesPage = (where: SQL | undefined, args: PageArguments, by: NodeOrder = 'id') =>
  page<NodeRow>(node, { ...(by === 'id' ? {} : { time: nodeOrders[by] }), id: node.id }, where, args)
/** A page of accounts, by id. */
export const accountsPage = (where: SQL | undefined, args: PageArguments) =>
  page<AccountRow>(account, { id: account.id }, where, args)
/** A page of requests by their time. */
export const requestsPage = (where: SQL | undefined, args: PageArguments) =>
  page<RequestRow>(request, { time: request.requestedAt, id: request.id }, where, args)
/** A page of results by the time they were posted. */
export const resultsPage = (where: SQL | undefined, args: PageArguments) =>
  page<ResultRow>(result, { time: result.postedAt, id: result.id }, where, args)
/** A page of challenges by their time. */
export const challengesPage = (where: SQL | undefined, args: PageArguments) =>
  page<ChallengeRow>(challenge, { time: challenge.challengedAt, id: challenge.id }, where, args)
/** A page of convictions by their time. */
export const convictionsPage = (where: SQL | undefined, args: PageArguments) =>
  page<ConvictionRow>(conviction, { time: conviction.convictedAt, id: conviction.id }, where, args)
/** A page of demands by their time. */
export const demandsPage = (where: SQL | undefined, args: PageArguments) =>
  page<DemandRow>(demand, { time: demand.demandedAt, id: demand.id }, where, args)
/** A page of appeals by their time. */
export const appealsPage = (where: SQL | undefined, args: PageArguments) =>
  page<AppealRow>(appeal, { time: appeal.appealedAt, id: appeal.id }, where, args)
/** A page of payouts by their time. */
export const payoutsPage = (where: SQL | undefined, args: PageArguments) =>
  page<PayoutRow>(payout, { time: payout.paidAt, id: payout.id }, where, args)
/** A page of tasks by the time they were registered. */
export const tasksPage = (where: SQL | undefined, args: PageArguments) =>
  page<TaskRow>(task, { time: task.registeredAt, id: task.id }, where, args)
/** A page of echoes by their time. */
export const echoesPage = (where: SQL | undefined, args: PageArguments) =>
  page<EchoRow>(echo, { time: echo.saidAt, id: echo.id }, where, args)
/** A page of state changes by their time. */
export const timelinePage = (where: SQL | undefined, args: PageArguments) =>
  page<TimelineRow>(timeline, { time: timeline.timestamp, id: timeline.id }, where, args)

/** Resolves the list that each row has of its own: of the rows whose column is the row's id, or what `key` says. */
const own =
  (table: PgTable, order: PageOrder) =>
  <Row extends { id: string }>(parent: PgColumn, key: (row: Row) => string = ({ id }) => id) =>
  (row: Row, args: PageArguments, { loaders }: Pick<ApiContext, 'loaders'>) =>
    loaders.childPage.load({ list: { table, order, parent }, id: key(row), args })

/** Models of a row, by the column that names it, the latest registered first. */
export const modelsOf = own(model, { time: model.registeredAt, id: model.id })
/** Requests of a row by their time. */
export const requestsOf = own(request, { time: request.requestedAt, id: request.id })
/** Results of a row by the time they were posted. */
export const resultsOf = own(result, { time: result.postedAt, id: result.id })
/** Challenges of a row by their time. */
export const challengesOf = own(challenge, { time: challenge.challengedAt, id: challenge.id })
/** Convictions of a row by their time. */
export const convictionsOf = own(conviction, { time: conviction.convictedAt, id: conviction.id })
/** Demands of a row by their time. */
export const demandsOf = own(demand, { time: demand.demandedAt, id: demand.id })
/** Appeals of a row by their time. */
export const appealsOf = own(appeal, { time: appeal.appealedAt, id: appeal.id })
/** Payouts of a row by their time. */
export const payoutsOf = own(payout, { time: payout.paidAt, id: payout.id })
/** State changes of a row by their time. */
export const timelineOf = own(timeline, { time: timeline.timestamp, id: timeline.id })
