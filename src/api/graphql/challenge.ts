import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { and, eq, inArray, isNotNull, isNull } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Cause } from '../../../protocol/status.ts'
import type { ChallengeRow } from '../loaders.ts'
import { among } from '../page.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { appealsOf, challengesPage, demandsOf } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { challenge, result, demand, appeal } = schema

interface ChallengeFilter {
  ids?: Maybe<Hex[]>
  challengerId?: Maybe<Hex>
  rejectedById?: Maybe<Hex>
  nodeId?: Maybe<Hex>
  modelId?: Maybe<Hex>
  cause?: Maybe<Cause>
  causes?: Maybe<Cause[]>
  open?: Maybe<boolean>
  revealed?: Maybe<boolean>
  challengedAt?: Maybe<Range>
  settledAt?: Maybe<Range>
}

/** Challenges, and the dispute that each begins. */
export const challenges: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "The dispute about one result; null when it was never challenged"
      challenge("The result's id, which is the challenge's too" id: Hex!): Challenge
      "All challenges, newest first"
      challenges(
        "Which ones; all when left out"
        where: ChallengeFilter
        ${DIRECTED}
      ): ChallengePage!
    }

    "Why a result was rejected"
    enum Cause {
      "The node did not reveal its trace in time"
      silence
      "The model's arbiter ruled so"
      ruling
      "A proof convicted it on chain"
      conviction
      "A part of the trace was demanded and not supplied in time"
      withheld
    }

    "Which challenges; every field given must hold"
    input ChallengeFilter {
      "Those of these results, at most 1000"
      ids: [Hex!]
      "Those of this challenger"
      challengerId: Hex
      "Those that this account ended with a rejection"
      rejectedById: Hex
      "Those against results of this node"
      nodeId: Hex
      "Those against results of this model"
      modelId: Hex
      "Those that ended with this cause"
      cause: Cause
      "Those that ended with one of these causes"
      causes: [Cause!]
      "Those that are not settled yet, or those that are"
      open: Boolean
      "Those whose node revealed its trace, or those whose node did not"
      revealed: Boolean
      "Those made in this range of Unix seconds"
      challengedAt: Range
      "Those settled in this range of Unix seconds"
      settledAt: Range
    }

    "The challenge against a result, and the dispute that followed. Amounts in wei, times in Unix seconds"
    type Challenge {
      "The result's id"
      id: Hex!
      "What was challenged"
      result: Result!
      "Who challenged, and is rewarded if the result is rejected"
      challenger: Account!
      "wei put up by the challenger"
      bond: BigInt!
      "When it was made"
      challengedAt: BigInt!
      "The transaction that made it"
      transactionHash: Hex!
      "What the revealed trace commits to; null while it is not revealed"
      traceRoot: Hex
      "Where the trace is said to be; a stranger's text"
      traceUri: String
      "When the trace was revealed; null while it is not"
      revealedAt: BigInt
      "Why the result was rejected; null while open, or when the challenge was lost"
      cause: Cause
      "Who made the rejecting move: the arbiter, the convictor, whoever claimed the silence"
      rejectedBy: Account
      "wei of the node's bond that were taken"
      slashed: BigInt
      "wei of that which were burnt"
      burnt: BigInt
      "When the result was finalized or rejected; null while it is open"
      settledAt: BigInt
      "The proof that convicted the result; null when there is none"
      conviction: Conviction
      "What was demanded of the trace, newest first"
      demands(${DIRECTED}): DemandPage!
      "Calls on the model's arbiter, newest first"
      appeals(${DIRECTED}): AppealPage!
    }

    ${pageOf('Challenge')}
  `,
  resolvers: {
    Query: {
      challenge: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.challenge.load(id),
      challenges: (_: unknown, { where, ...args }: Filtered<ChallengeFilter>) =>
        challengesPage(
          and(
            among(challenge.id, where?.ids),
            equal(challenge.challengerId, where?.challengerId),
            equal(challenge.rejectedById, where?.rejectedById),
            where?.nodeId ? inArray(challenge.id, idsWhere(eq(result.nodeId, where.nodeId))) : undefined,
            where?.modelId ? inArray(challenge.id, idsWhere(eq(result.modelId, where.modelId))) : undefined,
            equal(challenge.cause, where?.cause),
            where?.causes ? inArray(challenge.cause, where.causes) : undefined,
            isSet(challenge.settledAt, where?.open, false),
            isSet(challenge.revealedAt, where?.revealed, true),
            within(challenge.challengedAt, where?.challengedAt),
            within(challenge.settledAt, where?.settledAt),
          ),
          args,
        ),
    },
    Challenge: {
      result: (row: ChallengeRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
      challenger: (row: ChallengeRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.challengerId),
      rejectedBy: (row: ChallengeRow, _: unknown, { loaders }: ApiContext) =>
        row.rejectedById && loaders.account.load(row.rejectedById),
      conviction: (row: ChallengeRow, _: unknown, { loaders }: ApiContext) => loaders.conviction.load(row.id),
      demands: demandsOf(demand.resultId),
      appeals: appealsOf(appeal.resultId),
    },
  },
}

const idsWhere = (condition: ReturnType<typeof eq>) => db.select({ id: result.id }).from(result).where(condition)

/** @param sense whether a column that is set means yes */
function isSet(column: PgColumn, wanted: Maybe<boolean>, sense: boolean) {
  if (wanted === null || wanted === undefined) return undefined
  return wanted === sense ? isNotNull(column) : isNull(column)
}
