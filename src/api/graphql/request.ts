import schema from 'ponder:schema'
import { and, inArray } from 'drizzle-orm'
import type { NetworkName } from '../../../networks/network.ts'
import type { Status } from '../../../protocol/status.ts'
import type { RequestRow } from '../loaders.ts'
import { among } from '../page.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { requestsPage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { request } = schema

interface RequestFilter {
  ids?: Maybe<Hex[]>
  status?: Maybe<Status[]>
  network?: Maybe<NetworkName>
  modelId?: Maybe<Hex>
  requesterId?: Maybe<Hex>
  nodeId?: Maybe<Hex>
  requestedAt?: Maybe<Range>
  deadline?: Maybe<Range>
  fee?: Maybe<Range>
}

/** Requests: who asked for what. */
export const requests: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One request"
      request("The request's id" id: Hex!): Request
      "All requests, newest first"
      requests(
        "Which ones; all when left out"
        where: RequestFilter
        ${DIRECTED}
      ): RequestPage!
    }

    "Where a request and its result stand"
    enum Status {
      "Not there; only as what came before the first status"
      none
      "Asked for, and not answered yet"
      requested
      "A node posted a result, which may still be challenged"
      posted
      "Challenged: the node must reveal its trace"
      challenged
      "The trace is revealed: anyone may convict until the window is over"
      revealed
      "The result was rejected: the bond is split, the requester refunded. Do not rely on it"
      rejected
      "The result stands and the node is paid"
      finalized
      "Nobody answered in time: the requester is refunded"
      expired
      "Asked and answered on a network without challenges: nothing on chain settles it. Go by its replay"
      recorded
    }

    "Which network something is from"
    enum Network {
      "Gainsay's own contracts: nodes post under a bond, and anyone may challenge"
      gainsay
      "OpenGradient: inferences are recorded, and nothing on chain disputes them"
      opengradient
    }

    "How an inference is to be verified, where a network has several ways"
    enum Mode {
      "By whoever replays it"
      vanilla
      "By a zero-knowledge proof, which this index does not see"
      zkml
      "By the word of a trusted execution environment"
      tee
      "In a way that this index does not know"
      unknown
    }

    "Which requests; every field given must hold"
    input RequestFilter {
      "Those with these ids, at most 1000"
      ids: [Hex!]
      "Those that stand at one of these"
      status: [Status!]
      "Those of this network"
      network: Network
      "Those for this model"
      modelId: Hex
      "Those of this requester"
      requesterId: Hex
      "Those that only this node may answer"
      nodeId: Hex
      "Those made in this range of Unix seconds"
      requestedAt: Range
      "Those whose deadline is in this range of Unix seconds"
      deadline: Range
      "Those whose fee, in wei, is in this range"
      fee: Range
    }

    "A request for a model to run on an input, for a fee"
    type Request {
      "The request's id"
      id: Hex!
      "The network it was made on"
      network: Network!
      "What is to be run"
      model: Model!
      "Who asked, and is refunded if nothing comes of it"
      requester: Account!
      "The only node that may answer; null for any"
      node: Node
      "wei for the node whose result stands"
      fee: BigInt!
      "Last Unix second at which it can be answered"
      deadline: BigInt!
      "sha256 of the input's bytes"
      inputHash: Hex!
      "Where the input is said to be; a stranger's text, empty when it was sent inline"
      inputUri: String!
      "The input's bytes, when they were sent inline"
      input: Hex
      "Where it stands"
      status: Status!
      "Unix second"
      requestedAt: BigInt!
      "The block of the request"
      blockNumber: BigInt!
      "The transaction of the request"
      transactionHash: Hex!
      "What a node posted for it; null while nobody has"
      result: Result
      "Who was paid what for it, oldest first"
      payouts: [Payout!]!
      "Every change of its status, oldest first"
      timeline: [TimelineEntry!]!
    }

    ${pageOf('Request')}
  `,
  resolvers: {
    Query: {
      request: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.request.load(id),
      requests: (_: unknown, { where, ...args }: Filtered<RequestFilter>) =>
        requestsPage(
          and(
            among(request.id, where?.ids),
            where?.status ? inArray(request.status, where.status) : undefined,
            equal(request.network, where?.network),
            equal(request.modelId, where?.modelId),
            equal(request.requesterId, where?.requesterId),
            equal(request.nodeId, where?.nodeId),
            within(request.requestedAt, where?.requestedAt),
            within(request.deadline, where?.deadline),
            within(request.fee, where?.fee),
          ),
          args,
        ),
    },
    Request: {
      input: ({ id }: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.inputOfRequest.load(id),
      model: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.model.load(row.modelId),
      requester: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.requesterId),
      node: (row: RequestRow, _: unknown, { loaders }: ApiContext) => row.nodeId && loaders.node.load(row.nodeId),
      result: (row: RequestRow, _: unknown, { loaders }: ApiContext) =>
        row.resultId && loaders.result.load(row.resultId),
      payouts: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.payoutsOfRequest.load(row.id),
      timeline: (row: RequestRow, _: unknown, { loaders }: ApiContext) => loaders.timelineOfRequest.load(row.id),
    },
  },
}
