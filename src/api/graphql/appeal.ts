import schema from 'ponder:schema'
import { and } from 'drizzle-orm'
import type { AppealRow } from '../loaders.ts'
import { among } from '../page.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { appealsPage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { appeal } = schema

interface AppealFilter {
  resultIds?: Maybe<Hex[]>
  appellantId?: Maybe<Hex>
  appealedAt?: Maybe<Range>
}

/** Appeals: calls on a model's arbiter. */
export const appeals: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "All appeals, newest first"
      appeals(
        "Which ones; all when left out"
        where: AppealFilter
        ${DIRECTED}
      ): AppealPage!
    }

    "Which appeals; every field given must hold"
    input AppealFilter {
      "Those about these results, at most 1000"
      resultIds: [Hex!]
      "Those of this account"
      appellantId: Hex
      "Those made in this range of Unix seconds"
      appealedAt: Range
    }

    "A call on a model's arbiter to rule on a revealed result"
    type Appeal {
      "The ids of result and appellant"
      id: ID!
      "What it is about"
      result: Result!
      "The dispute that it is part of"
      challenge: Challenge
      "Who calls"
      appellant: Account!
      "sha256 of the evidence, a replay that anybody can repeat"
      evidenceHash: Hex!
      "Where to fetch it; a stranger's text, may be empty when data is given"
      uri: String!
      "The evidence's bytes, when they were sent inline"
      data: Hex
      "Unix second"
      appealedAt: BigInt!
      "The block of the appeal"
      blockNumber: BigInt!
      "The transaction of the appeal"
      transactionHash: Hex!
    }

    ${pageOf('Appeal')}
  `,
  resolvers: {
    Query: {
      appeals: (_: unknown, { where, ...args }: Filtered<AppealFilter>) =>
        appealsPage(
          and(
            among(appeal.resultId, where?.resultIds),
            equal(appeal.appellantId, where?.appellantId),
            within(appeal.appealedAt, where?.appealedAt),
          ),
          args,
        ),
    },
    Appeal: {
      data: ({ id }: AppealRow, _: unknown, { loaders }: ApiContext) => loaders.dataOfAppeal.load(id),
      result: (row: AppealRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
      challenge: (row: AppealRow, _: unknown, { loaders }: ApiContext) => loaders.challenge.load(row.resultId),
      appellant: (row: AppealRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.appellantId),
    },
  },
}
