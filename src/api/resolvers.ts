import schema from 'ponder:schema'
import { and, eq, inArray, type SQL } from 'drizzle-orm'
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { observationKey } from '../../protocol/observation.ts'
import type { Cause, Reason, Status } from '../../protocol/status.ts'
import type { ActionWithAttempts, JournalReader } from './journal.ts'
import type {
  AccountRow,
  AppealRow,
  ChallengeRow,
  ConvictionRow,
  DemandRow,
  Loaders,
  ModelRow,
  NodeRow,
  PayoutRow,
  RequestRow,
  ResultRow,
  TimelineRow,
} from './loaders.ts'
import { among, emptyPage, type PageArguments, page } from './page.ts'
import { ruleSentence } from './provability.ts'
import type { IndexedBlock, IndexHead } from './readiness.ts'

/** What every resolver gets. Loaders live for one request. */
export interface ApiContext {
  loaders: Loaders
  journal: JournalReader
  chainId: number
  contract: string
  /** the conviction contract that is followed */
  conviction: string | undefined
  indexHead: () => Promise<IndexHead>
  lastEvent: () => Promise<IndexedBlock | null>
}

const { model, node, request, result, challenge, conviction, demand, appeal, payout, timeline } = schema

const requestsPage = (where: SQL | undefined, args: PageArguments) =>
  page<RequestRow>(request, { time: request.requestedAt, id: request.id }, where, args)
const resultsPage = (where: SQL | undefined, args: PageArguments) =>
  page<ResultRow>(result, { time: result.postedAt, id: result.id }, where, args)
const challengesPage = (where: SQL | undefined, args: PageArguments) =>
  page<ChallengeRow>(challenge, { time: challenge.challengedAt, id: challenge.id }, where, args)
const convictionsPage = (where: SQL | undefined, args: PageArguments) =>
  page<ConvictionRow>(conviction, { time: conviction.convictedAt, id: conviction.id }, where, args)
const demandsPage = (where: SQL | undefined, args: PageArguments) =>
  page<DemandRow>(demand, { time: demand.demandedAt, id: demand.id }, where, args)
const appealsPage = (where: SQL | undefined, args: PageArguments) =>
  page<AppealRow>(appeal, { time: appeal.appealedAt, id: appeal.id }, where, args)
const payoutsPage = (where: SQL | undefined, args: PageArguments) =>
  page<PayoutRow>(payout, { time: payout.paidAt, id: payout.id }, where, args)

type Filtered<Where> = PageArguments & { where?: Where | null }
type Hex = `0x${string}`

export const resolvers = {
  Hex: hexScalar(),
  BigInt: bigIntScalar(),

  Query: {
    index: async (_: unknown, __: unknown, context: ApiContext) => ({
      chainId: context.chainId,
      contract: context.contract,
      conviction: context.conviction,
      ...(await context.indexHead()),
      lastEvent: context.lastEvent,
    }),
    watcher: (_: unknown, __: unknown, { journal }: ApiContext) => journal.totals(),
    model: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.model.load(id),
    models: (_: unknown, args: PageArguments) =>
      page<ModelRow>(model, { time: model.registeredAt, id: model.id }, undefined, args),
    node: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.node.load(id),
    nodes: (_: unknown, args: PageArguments) => page<NodeRow>(node, { id: node.id }, undefined, args),
    account: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.account.load(id),
    request: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.request.load(id),
    requests: (
      _: unknown,
      { where, ...args }: Filtered<{ status?: Status[]; modelId?: Hex; requesterId?: Hex; nodeId?: Hex }>,
    ) =>
      requestsPage(
        and(
          where?.status ? inArray(request.status, where.status) : undefined,
          where?.modelId ? eq(request.modelId, where.modelId) : undefined,
          where?.requesterId ? eq(request.requesterId, where.requesterId) : undefined,
          where?.nodeId ? eq(request.nodeId, where.nodeId) : undefined,
        ),
        args,
      ),
    result: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.result.load(id),
    results: (
      _: unknown,
      { where, ...args }: Filtered<{ ids?: Hex[]; status?: Status[]; modelId?: Hex; nodeId?: Hex }>,
    ) =>
      resultsPage(
        and(
          among(result.id, where?.ids),
          where?.status ? inArray(result.status, where.status) : undefined,
          where?.modelId ? eq(result.modelId, where.modelId) : undefined,
          where?.nodeId ? eq(result.nodeId, where.nodeId) : undefined,
        ),
        args,
      ),
    challenges: (_: unknown, { where, ...args }: Filtered<{ challengerId?: Hex; cause?: Cause }>) =>
      challengesPage(
        and(
          where?.challengerId ? eq(challenge.challengerId, where.challengerId) : undefined,
          where?.cause ? eq(challenge.cause, where.cause) : undefined,
        ),
        args,
      ),
    convictions: (_: unknown, { where, ...args }: Filtered<{ resultIds?: Hex[]; convictorId?: Hex }>) =>
      convictionsPage(
        and(
          among(conviction.resultId, where?.resultIds),
          where?.convictorId ? eq(conviction.convictorId, where.convictorId) : undefined,
        ),
        args,
      ),
    demand: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.demand.load(id),
    demands: (
      _: unknown,
      {
        where,
        ...args
      }: Filtered<{ ids?: Hex[]; resultIds?: Hex[]; status?: DemandRow['status'][]; demanderId?: Hex }>,
    ) =>
      demandsPage(
        and(
          among(demand.id, where?.ids),
          among(demand.resultId, where?.resultIds),
          where?.status ? inArray(demand.status, where.status) : undefined,
          where?.demanderId ? eq(demand.demanderId, where.demanderId) : undefined,
        ),
        args,
      ),
    appeals: (_: unknown, { where, ...args }: Filtered<{ resultIds?: Hex[]; appellantId?: Hex }>) =>
      appealsPage(
        and(
          among(appeal.resultId, where?.resultIds),
          where?.appellantId ? eq(appeal.appellantId, where.appellantId) : undefined,
        ),
        args,
      ),
    payouts: (_: unknown, { where, ...args }: Filtered<{ accountId?: Hex; reason?: Reason }>) =>
      payoutsPage(
        and(
          where?.accountId ? eq(payout.accountId, where.accountId) : undefined,
          where?.reason ? eq(payout.reason, where.reason) : undefined,
        ),
        args,
      ),
    timeline: (_: unknown, args: PageArguments) =>
      page<TimelineRow>(timeline, { time: timeline.timestamp, id: timeline.id }, undefined, args),
  },

  Model: {
    arbiter: (row: ModelRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.arbiterId),
    registrant: (row: ModelRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.registrantId),
    provability: async (row: ModelRow, _: unknown, { loaders }: ApiContext) => {
      const known = await loaders.provability.load(row.modelHash)
      if (!known) return null
      return {
        provable: known.provable === 1,
        rule: ruleSentence(row, known),
        problems: JSON.parse(known.problems),
        graphRootMatches: known.graphRoot === row.graphRoot,
        operators: known.operators,
        largestDot: known.largestDot,
        checkedAt: known.checkedAt,
      }
    },
    requests: (row: ModelRow, args: PageArguments) => requestsPage(eq(request.modelId, row.id), args),
    results: (row: ModelRow, args: PageArguments) => resultsPage(eq(result.modelId, row.id), args),
  },

  Node: {
    account: (row: NodeRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.id),
    requests: (row: NodeRow, args: PageArguments) => requestsPage(eq(request.nodeId, row.id), args),
    results: (row: NodeRow, args: PageArguments) => resultsPage(eq(result.nodeId, row.id), args),
  },

  Account: {
    node: (row: AccountRow, _: unknown, { loaders }: ApiContext) => loaders.node.load(row.id),
    requests: (row: AccountRow, args: PageArguments) => requestsPage(eq(request.requesterId, row.id), args),
    challenges: (row: AccountRow, args: PageArguments) => challengesPage(eq(challenge.challengerId, row.id), args),
    convictions: (row: AccountRow, args: PageArguments) => convictionsPage(eq(conviction.convictorId, row.id), args),
    demands: (row: AccountRow, args: PageArguments) => demandsPage(eq(demand.demanderId, row.id), args),
    appeals: (row: AccountRow, args: PageArguments) => appealsPage(eq(appeal.appellantId, row.id), args),
    payouts: (row: AccountRow, args: PageArguments) => payoutsPage(eq(payout.accountId, row.id), args),
  },

  Request: {
    model: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.model.load(row.modelId),
    requester: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.requesterId),
    node: (row: RequestRow, _: unknown, { loaders }: ApiContext) => row.nodeId && loaders.node.load(row.nodeId),
    result: (row: RequestRow, _: unknown, { loaders }: ApiContext) => row.resultId && loaders.result.load(row.resultId),
    payouts: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.payoutsOfRequest.load(row.id),
    timeline: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.timelineOfRequest.load(row.id),
  },

  Result: {
    request: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.request.load(row.requestId),
    model: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.model.load(row.modelId),
    node: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.node.load(row.nodeId),
    challenge: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.challenge.load(row.id),
    conviction: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.conviction.load(row.id),
    // Most results have none, and a page of each would be a query of each.
    demands: (row: ResultRow, args: PageArguments) =>
      row.demandCount === 0 ? emptyPage : demandsPage(eq(demand.resultId, row.id), args),
    appeals: (row: ResultRow, args: PageArguments) =>
      row.appealCount === 0 ? emptyPage : appealsPage(eq(appeal.resultId, row.id), args),
    payouts: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.payoutsOfResult.load(row.id),
    timeline: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.timelineOfRequest.load(row.requestId),
    replay: async (row: ResultRow, _: unknown, { loaders, chainId }: ApiContext) => {
      const verdict = await loaders.replay.load(observationKey({ ...row, chainId }))
      if (!verdict) return null
      return {
        verdict: verdict.kind,
        step: verdict.step,
        retryAt: verdict.retryAt,
        output: verdict.output,
        distance: verdict.distance,
        tolerance: verdict.tolerance,
        reason: verdict.reason,
        evidence: verdict.evidence === null ? null : JSON.parse(verdict.evidence),
        runtimes: JSON.parse(verdict.runtimes),
        milliseconds: verdict.ms,
        judgedAt: verdict.judgedAt,
        finding: () => loaders.findings.load(verdict.observationKey),
      }
    },
    actions: (row: ResultRow, _: unknown, { loaders, chainId }: ApiContext) =>
      loaders.actions.load(observationKey({ ...row, chainId })),
  },

  Action: { transactions: (action: ActionWithAttempts) => action.attempts },

  Challenge: {
    result: (row: ChallengeRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
    challenger: (row: ChallengeRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.challengerId),
    rejectedBy: (row: ChallengeRow, _: unknown, { loaders }: ApiContext) =>
      row.rejectedById && loaders.account.load(row.rejectedById),
  },

  Conviction: {
    result: (row: ConvictionRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
    convictor: (row: ConvictionRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.convictorId),
  },

  Demand: {
    result: (row: DemandRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
    demander: (row: DemandRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.demanderId),
    supplier: (row: DemandRow, _: unknown, { loaders }: ApiContext) =>
      row.supplierId && loaders.account.load(row.supplierId),
  },

  Appeal: {
    result: (row: AppealRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
    appellant: (row: AppealRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.appellantId),
  },

  Payout: {
    account: (row: PayoutRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.accountId),
    request: (row: PayoutRow, _: unknown, { loaders }: ApiContext) =>
      row.requestId && loaders.request.load(row.requestId),
    result: (row: PayoutRow, _: unknown, { loaders }: ApiContext) => row.resultId && loaders.result.load(row.resultId),
  },

  TimelineEntry: {
    request: (row: TimelineRow, _: unknown, { loaders }: ApiContext) => loaders.request.load(row.requestId),
    result: (row: TimelineRow, _: unknown, { loaders }: ApiContext) =>
      row.resultId && loaders.result.load(row.resultId),
    actor: (row: TimelineRow) => row.actorId,
  },
}

/** Hex arguments are compared with lower-case rows, so any spelling of an id or address finds its row. */
function hexScalar() {
  const parse = (value: unknown): string => {
    if (typeof value !== 'string' || !/^0x[0-9a-fA-F]*$/.test(value)) throw new GraphQLError('must be 0x-prefixed hex')
    return value.toLowerCase()
  }
  return new GraphQLScalarType({
    name: 'Hex',
    serialize: String,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
  })
}

/** Amounts exceed what a JSON number can hold exactly, so they travel as decimal strings. */
function bigIntScalar() {
  return new GraphQLScalarType({ name: 'BigInt', serialize: String, parseValue: (value) => BigInt(value as string) })
}
