import schema from 'ponder:schema'
import { and, inArray } from 'drizzle-orm'
import type { Status } from '../../../protocol/status.ts'
import type { TimelineRow } from '../loaders.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { timelinePage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { timeline } = schema

interface TimelineFilter {
  requestId?: Maybe<Hex>
  resultId?: Maybe<Hex>
  actorId?: Maybe<Hex>
  from?: Maybe<Status[]>
  to?: Maybe<Status[]>
  timestamp?: Maybe<Range>
}

/** The timeline: every change of a status. */
export const timelineEntries: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "Every state change, newest first"
      timeline(
        "Which ones; all when left out"
        where: TimelineFilter
        ${DIRECTED}
      ): TimelinePage!
    }

    "Which state changes; every field given must hold"
    input TimelineFilter {
      "Those of this request"
      requestId: Hex
      "Those of this result"
      resultId: Hex
      "Those by transactions that this account sent"
      actorId: Hex
      "Those away from one of these"
      from: [Status!]
      "Those to one of these"
      to: [Status!]
      "Those in this range of Unix seconds"
      timestamp: Range
    }

    "One change of the status of a request and its result"
    type TimelineEntry {
      "The event: its block's hash and its place there"
      id: ID!
      "What it is about"
      request: Request!
      "The result; null before there is one"
      result: Result
      "Where it stood before"
      from: Status!
      "Where it stands since"
      to: Status!
      "Address of who sent the transaction"
      actor: Hex!
      "The account of who sent the transaction; null when it has no other part in the history"
      actorAccount: Account
      "Unix second"
      timestamp: BigInt!
      "The block of the change"
      blockNumber: BigInt!
      "The hash of that block"
      blockHash: Hex!
      "The transaction of the change"
      transactionHash: Hex!
      "Where in the block its event is"
      logIndex: Int!
    }

    ${pageOf('TimelineEntry', 'TimelinePage')}
  `,
  resolvers: {
    Query: {
      timeline: (_: unknown, { where, ...args }: Filtered<TimelineFilter>) =>
        timelinePage(
          and(
            equal(timeline.requestId, where?.requestId),
            equal(timeline.resultId, where?.resultId),
            equal(timeline.actorId, where?.actorId),
            where?.from ? inArray(timeline.from, where.from) : undefined,
            where?.to ? inArray(timeline.to, where.to) : undefined,
            within(timeline.timestamp, where?.timestamp),
          ),
          args,
        ),
    },
    TimelineEntry: {
      request: (row: TimelineRow, _: unknown, { loaders }: ApiContext) => loaders.request.load(row.requestId),
      result: (row: TimelineRow, _: unknown, { loaders }: ApiContext) =>
        row.resultId && loaders.result.load(row.resultId),
      actor: (row: TimelineRow) => row.actorId,
      actorAccount: (row: TimelineRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.actorId),
    },
  },
}
