import schema from 'ponder:schema'
import { and } from 'drizzle-orm'
import type { ConvictionRow } from '../loaders.ts'
import { among } from '../page.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { convictionsPage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { conviction } = schema

interface ConvictionFilter {
  resultIds?: Maybe<Hex[]>
  convictorId?: Maybe<Hex>
  convictedAt?: Maybe<Range>
}

/** Convictions: results that a proof on chain ended. */
export const convictions: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "The conviction of one result; null when there is none"
      conviction("The result's id, which is the conviction's too" id: Hex!): Conviction
      "All convictions, newest first"
      convictions(
        "Which ones; all when left out"
        where: ConvictionFilter
        ${DIRECTED}
      ): ConvictionPage!
    }

    "Which convictions; every field given must hold"
    input ConvictionFilter {
      "Those of these results, at most 1000"
      resultIds: [Hex!]
      "Those by this account's proofs"
      convictorId: Hex
      "Those in this range of Unix seconds"
      convictedAt: Range
    }

    "A result convicted by a proof on chain"
    type Conviction {
      "The result's id"
      id: Hex!
      "What was convicted"
      result: Result!
      "The dispute that it ended"
      challenge: Challenge
      "Who showed the proof and is rewarded"
      convictor: Account!
      "keccak256 of the proof, which is in the transaction's calldata"
      proofHash: Hex!
      "Unix second"
      convictedAt: BigInt!
      "The block that convicted it"
      blockNumber: BigInt!
      "The transaction with the proof"
      transactionHash: Hex!
    }

    ${pageOf('Conviction')}
  `,
  resolvers: {
    Query: {
      conviction: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.conviction.load(id),
      convictions: (_: unknown, { where, ...args }: Filtered<ConvictionFilter>) =>
        convictionsPage(
          and(
            among(conviction.resultId, where?.resultIds),
            equal(conviction.convictorId, where?.convictorId),
            within(conviction.convictedAt, where?.convictedAt),
          ),
          args,
        ),
    },
    Conviction: {
      result: (row: ConvictionRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
      challenge: (row: ConvictionRow, _: unknown, { loaders }: ApiContext) => loaders.challenge.load(row.resultId),
      convictor: (row: ConvictionRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.convictorId),
    },
  },
}
