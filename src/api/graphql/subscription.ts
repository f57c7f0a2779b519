import type { Status } from '../../../protocol/status.ts'
import type { Change } from '../live/index-source.ts'
import type { News } from '../live/live.ts'
import type { IndexHead } from '../readiness.ts'
import type { ApiContext } from './context.ts'
import type { Hex, Maybe } from './filters.ts'
import { indexOf } from './head.ts'
import type { SchemaModule } from './module.ts'

interface ChangeFilter {
  requestIds?: Maybe<Hex[]>
  resultIds?: Maybe<Hex[]>
  modelId?: Maybe<Hex>
  nodeId?: Maybe<Hex>
  requesterId?: Maybe<Hex>
  actorId?: Maybe<Hex>
  to?: Maybe<Status[]>
}

type Told = Change & { undone: boolean }

/** Subscriptions: what is new, as it comes. */
export const subscriptionModule: SchemaModule = {
  typeDefs: /* GraphQL */ `
    "What can be followed live, by server-sent events"
    type Subscription {
      "The index has come to another block; after a reorg, to an earlier one"
      indexAdvanced: Index!
      "A request or a result has changed its status, or a reorg has undone such a change"
      timelineChanged(
        "Which changes; all when left out"
        where: ChangeFilter
      ): Change!
      "A result has changed its status, or a reorg has undone such a change"
      resultChanged(
        "Which changes; all when left out"
        where: ChangeFilter
      ): Change!
    }

    "Which changes; every field given must hold"
    input ChangeFilter {
      "Those of these requests"
      requestIds: [Hex!]
      "Those of these results"
      resultIds: [Hex!]
      "Those of requests for this model"
      modelId: Hex
      "Those of results that this node posted"
      nodeId: Hex
      "Those of requests of this account"
      requesterId: Hex
      "Those by transactions that this account sent"
      actorId: Hex
      "Those to one of these"
      to: [Status!]
    }

    "A change of a status, or that a reorg has undone it"
    type Change {
      "The event: its block's hash and its place there. What was undone has the id it had when it was told"
      id: ID!
      "Whether it holds no longer: the chain has another history now"
      undone: Boolean!
      "What it is about"
      requestId: Hex!
      "What it is about; null before there is a result"
      resultId: Hex
      "The request as it is now; null when a reorg took it away"
      request: Request
      "The result as it is now; null when there is none yet, or a reorg took it away"
      result: Result
      "Where it stood before"
      from: Status!
      "Where it stands since; of what was undone, where it no longer stands"
      to: Status!
      "Address of who sent the transaction"
      actor: Hex!
      "Unix second"
      timestamp: BigInt!
      "The block of the change"
      blockNumber: BigInt!
      "The hash of that block"
      blockHash: Hex!
      "The transaction of the change"
      transactionHash: Hex!
    }
  `,
  resolvers: {
    Subscription: {
      indexAdvanced: {
        subscribe: (_: unknown, __: unknown, { subscribe, address }: ApiContext) =>
          subscribe(address, ({ head }) => (head ? [head] : [])),
        resolve: async (head: IndexHead | Error, _: unknown, context: ApiContext) => ({
          ...(await indexOf(refreshed(context))),
          ...told(head),
        }),
      },
      timelineChanged: {
        subscribe: (_: unknown, { where }: { where?: Maybe<ChangeFilter> }, { subscribe, address }: ApiContext) =>
          subscribe(address, (news) => wanted(news, where ?? {})),
        resolve: (change: Told | Error, _: unknown, context: ApiContext) => refreshed(context) && told(change),
      },
      resultChanged: {
        subscribe: (_: unknown, { where }: { where?: Maybe<ChangeFilter> }, { subscribe, address }: ApiContext) =>
          subscribe(address, (news) => wanted(news, where ?? {}).filter(({ resultId }) => resultId !== null)),
        resolve: (change: Told | Error, _: unknown, context: ApiContext) => refreshed(context) && told(change),
      },
    },
    Change: {
      actor: ({ actorId }: Told) => actorId,
      request: ({ requestId }: Told, _: unknown, { loaders }: ApiContext) => loaders.request.load(requestId),
      result: ({ resultId }: Told, _: unknown, { loaders }: ApiContext) => resultId && loaders.result.load(resultId),
    },
  },
}

/** @throws the reason for which a subscription ends, its last event */
function told<T>(event: T | Error): T {
  if (event instanceof Error) throw event
  return event
}

/** What loaders have read once they do not read again, but a subscription lives on: each event gets its own. */
function refreshed(context: ApiContext): ApiContext {
  return Object.assign(context, context.fresh())
}

function wanted({ changes }: News<Change>, where: ChangeFilter): Told[] {
  const { requestIds, resultIds, modelId, nodeId, requesterId, actorId, to } = where
  return changes.filter(
    (change) =>
      (!requestIds || requestIds.includes(change.requestId as Hex)) &&
      (!resultIds || resultIds.includes(change.resultId as Hex)) &&
      (!modelId || change.modelId === modelId) &&
      (!nodeId || change.nodeId === nodeId) &&
      (!requesterId || change.requesterId === requesterId) &&
      (!actorId || change.actorId.toLowerCase() === actorId) &&
      (!to || to.includes(change.to)),
  )
}
