import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, eq, inArray } from 'drizzle-orm'
import { abilities } from '../../../networks/abilities.ts'
import type { NetworkName } from '../../../networks/network.ts'
import { observationKey } from '../../../protocol/observation.ts'
import type { Cause, Mode, Status } from '../../../protocol/status.ts'
import type { ResultRow } from '../loaders.ts'
import { among, emptyPage, type PageArguments } from '../page.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import type { CostExtensions } from './limits/cost.ts'
import { appealsOf, demandsOf, resultsPage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { shownReplay } from './replay.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { result, request, challenge, demand, appeal } = schema

interface ResultFilter {
  ids?: Maybe<Hex[]>
  status?: Maybe<Status[]>
  network?: Maybe<NetworkName>
  mode?: Maybe<Mode[]>
  externalId?: Maybe<string>
  modelId?: Maybe<Hex>
  nodeId?: Maybe<Hex>
  requesterId?: Maybe<Hex>
  challengerId?: Maybe<Hex>
  cause?: Maybe<Cause[]>
  postedAt?: Maybe<Range>
  blockNumber?: Maybe<Range>
  settledAt?: Maybe<Range>
  windowEnd?: Maybe<Range>
  bond?: Maybe<Range>
}

/** Each demand and each appeal costs money. */
const few: CostExtensions = { assumedSize: 10 }

/** Results: what nodes posted, and what became of it. */
export const results: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One result"
      result("The result's id" id: Hex!): Result
      "All results, newest first"
      results(
        "Which ones; all when left out"
        where: ResultFilter
        ${DIRECTED}
      ): ResultPage!
    }

    "Which results; every field given must hold"
    input ResultFilter {
      "Those with these ids, at most 1000"
      ids: [Hex!]
      "Those that stand at one of these"
      status: [Status!]
      "Those of this network"
      network: Network
      "Those to be verified in one of these ways"
      mode: [Mode!]
      "Those that their network calls this"
      externalId: String
      "Those of this model"
      modelId: Hex
      "Those that this node posted"
      nodeId: Hex
      "Those that this account asked for"
      requesterId: Hex
      "Those that this account challenged"
      challengerId: Hex
      "Those rejected for one of these causes"
      cause: [Cause!]
      "Those posted in this range of Unix seconds"
      postedAt: Range
      "Those posted in this range of blocks; chains have each their own numbers, so name a network as well"
      blockNumber: Range
      "Those settled in this range of Unix seconds"
      settledAt: Range
      "Those whose window ends in this range of Unix seconds"
      windowEnd: Range
      "Those whose locked bond, in wei, is in this range"
      bond: Range
    }

    "What a node posted for a request"
    type Result {
      "The result's id"
      id: Hex!
      "What it answers"
      request: Request!
      "What was run"
      model: Model!
      "Who posted it under a bond; null where its network does not say"
      node: Node
      "The network it was posted on"
      network: Network!
      "The chain it was posted on"
      chainId: Int!
      "How it is to be verified, where its network has several ways; else null"
      mode: Mode
      "What its network calls it, where that is not its id; a stranger's text"
      externalId: String
      "sha256 of the output's bytes"
      outputHash: Hex!
      "Where the output is said to be; a stranger's text, empty when it was posted inline"
      outputUri: String!
      "The output's bytes, when they were posted inline"
      output: Hex
      "wei of the node's bond locked for it"
      bond: BigInt!
      "Where it stands: finalized can be relied on, rejected not, recorded as far as its replay says, anything else not yet"
      status: Status!
      "Second at which the present status' window is over, demands' extensions included"
      windowEnd: BigInt!
      "Unix second"
      postedAt: BigInt!
      "Unix second at which it was finalized or rejected; null while it is open"
      settledAt: BigInt
      "The block that posted it"
      blockNumber: BigInt!
      "The hash of that block: the same id can be posted again after a reorg"
      blockHash: Hex!
      "The transaction that posted it"
      transactionHash: Hex!
      "Where in the block its event is"
      logIndex: Int!
      "How much was demanded of its trace"
      demandCount: Int!
      "How often its arbiter was called on"
      appealCount: Int!
      "The challenge against it; null when there is none"
      challenge: Challenge
      "The proof that convicted it; null when there is none"
      conviction: Conviction
      "What was demanded of its trace, newest first"
      demands(${DIRECTED}): DemandPage!
      "Calls on the model's arbiter to rule on it, newest first"
      appeals(${DIRECTED}): AppealPage!
      "Who was paid what for it, oldest first"
      payouts: [Payout!]!
      "What the contracts that asked for it said they were given, oldest first"
      echoes: [Echo!]!
      "Every change of its status and of its request's, oldest first"
      timeline: [TimelineEntry!]!
      "This watcher's verdict; null when it has not judged the result"
      replay: Replay
      "What this watcher did about the result"
      actions: [Action!]!
    }

    ${pageOf('Result')}
  `,
  resolvers: {
    Query: {
      result: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.result.load(id),
      results: (_: unknown, { where, ...args }: Filtered<ResultFilter>) =>
        resultsPage(
          and(
            among(result.id, where?.ids),
            where?.status ? inArray(result.status, where.status) : undefined,
            equal(result.network, where?.network),
            where?.mode ? inArray(result.mode, where.mode) : undefined,
            equal(result.externalId, where?.externalId),
            equal(result.modelId, where?.modelId),
            equal(result.nodeId, where?.nodeId),
            where?.requesterId ? inArray(result.requestId, requestedBy(where.requesterId)) : undefined,
            where?.challengerId ? inArray(result.id, challengedBy(where.challengerId)) : undefined,
            where?.cause ? inArray(result.id, rejectedFor(where.cause)) : undefined,
            within(result.postedAt, where?.postedAt),
            within(result.blockNumber, where?.blockNumber),
            within(result.settledAt, where?.settledAt),
            within(result.windowEnd, where?.windowEnd),
            within(result.bond, where?.bond),
          ),
          args,
        ),
    },
    Result: {
      output: ({ id }: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.outputOfResult.load(id),
      request: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.request.load(row.requestId),
      model: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.model.load(row.modelId),
      node: (row: ResultRow, _: unknown, { loaders }: ApiContext) => row.nodeId && loaders.node.load(row.nodeId),
      // What its status rules out is not looked for (`protocol/status.ts`): of a thousand open results few are challenged.
      challenge: (row: ResultRow, _: unknown, { loaders }: ApiContext) =>
        row.status === 'posted' || row.status === 'recorded' ? null : loaders.challenge.load(row.id),
      conviction: (row: ResultRow, _: unknown, { loaders }: ApiContext) =>
        row.status === 'rejected' ? loaders.conviction.load(row.id) : null,
      // Most results have none, and a page of each would be a query of each.
      demands: {
        resolve: (row: ResultRow, args: PageArguments, context: ApiContext) =>
          row.demandCount === 0 ? emptyPage : demandsOf(demand.resultId)(row, args, context),
        extensions: few,
      },
      appeals: {
        resolve: (row: ResultRow, args: PageArguments, context: ApiContext) =>
          row.appealCount === 0 ? emptyPage : appealsOf(appeal.resultId)(row, args, context),
        extensions: few,
      },
      payouts: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.payoutsOfResult.load(row.id),
      timeline: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.timelineOfRequest.load(row.requestId),
      echoes: (row: ResultRow, _: unknown, { loaders }: ApiContext) =>
        abilities[row.network].challenges ? [] : loaders.echoesOfResult.load(row.id),
      replay: async (row: ResultRow, _: unknown, { loaders }: ApiContext) => {
        const verdict = await loaders.replay.load(observationKey(row))
        return verdict && shownReplay(verdict, row.id)
      },
      actions: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.actions.load(observationKey(row)),
    },
  },
}

const requestedBy = (id: Hex) => db.select({ id: request.id }).from(request).where(eq(request.requesterId, id))
const challengedBy = (id: Hex) => db.select({ id: challenge.id }).from(challenge).where(eq(challenge.challengerId, id))
const rejectedFor = (causes: Cause[]) =>
  db.select({ id: challenge.id }).from(challenge).where(inArray(challenge.cause, causes))
