import schema from 'ponder:schema'
import { and, inArray } from 'drizzle-orm'
import type { DemandRow } from '../loaders.ts'
import { among } from '../page.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { demandsPage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { demand } = schema

interface DemandFilter {
  ids?: Maybe<Hex[]>
  resultIds?: Maybe<Hex[]>
  status?: Maybe<DemandRow['status'][]>
  demanderId?: Maybe<Hex>
  supplierId?: Maybe<Hex>
  demandedAt?: Maybe<Range>
  until?: Maybe<Range>
  fee?: Maybe<Range>
}

/** Demands: parts of a trace that somebody wants on chain. */
export const demands: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One demand"
      demand("The demand's id" id: Hex!): Demand
      "All demands, newest first"
      demands(
        "Which ones; all when left out"
        where: DemandFilter
        ${DIRECTED}
      ): DemandPage!
    }

    "Where a demand stands"
    enum DemandStatus {
      "Neither supplied nor settled"
      open
      "The data are on chain"
      supplied
      "The result was rejected for it, and the demand's fee is still to be returned"
      withheld
      "Supplied, and the result stood: the fee is the node's, less what was burnt"
      paid
      "The fee is the demander's again, less what was burnt"
      returned
    }

    "Which demands; every field given must hold"
    input DemandFilter {
      "Those with these ids, at most 1000"
      ids: [Hex!]
      "Those on these results, at most 1000"
      resultIds: [Hex!]
      "Those that stand at one of these"
      status: [DemandStatus!]
      "Those of this account"
      demanderId: Hex
      "Those that this account supplied"
      supplierId: Hex
      "Those made in this range of Unix seconds"
      demandedAt: Range
      "Those to be supplied by a Unix second in this range"
      until: Range
      "Those whose fee, in wei, is in this range"
      fee: Range
    }

    "A part of a revealed trace that somebody wants on chain"
    type Demand {
      "The demand's id"
      id: Hex!
      "Whose trace it is about"
      result: Result!
      "The dispute that it is part of"
      challenge: Challenge
      "Who demanded it"
      demander: Account!
      "Which tensor of the trace"
      entry: BigInt!
      "The first chunk demanded of it"
      first: BigInt!
      "How many chunks; zero for the tensor's header alone"
      count: Int!
      "wei, more with every eight demands of the result before it; the demander's again if the result was rejected"
      fee: BigInt!
      "wei of the fee that were burnt, as the result stood: what it was above the plain fee; null while it is not settled"
      burnt: BigInt
      "Where it stands"
      status: DemandStatus!
      "Last second at which it can be supplied"
      until: BigInt!
      "Who brought the data; null while nobody has"
      supplier: Account
      "What was supplied, in the encoding of the checker"
      data: Hex
      "Unix second"
      demandedAt: BigInt!
      "Unix second; null while it is not supplied"
      suppliedAt: BigInt
      "Second at which the result was rejected because this was not supplied; null when it was not"
      withheldAt: BigInt
      "Unix second at which its fee was paid or returned; null while it is not"
      settledAt: BigInt
      "The block of the demand"
      blockNumber: BigInt!
      "The transaction of the demand"
      transactionHash: Hex!
      "The transaction that supplied it"
      supplyTransactionHash: Hex
      "The transaction that rejected the result for it"
      withheldTransactionHash: Hex
      "The transaction that settled its fee"
      settleTransactionHash: Hex
    }

    ${pageOf('Demand')}
  `,
  resolvers: {
    Query: {
      demand: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.demand.load(id),
      demands: (_: unknown, { where, ...args }: Filtered<DemandFilter>) =>
        demandsPage(
          and(
            among(demand.id, where?.ids),
            among(demand.resultId, where?.resultIds),
            where?.status ? inArray(demand.status, where.status) : undefined,
            equal(demand.demanderId, where?.demanderId),
            equal(demand.supplierId, where?.supplierId),
            within(demand.demandedAt, where?.demandedAt),
            within(demand.until, where?.until),
            within(demand.fee, where?.fee),
          ),
          args,
        ),
    },
    Demand: {
      data: ({ id }: DemandRow, _: unknown, { loaders }: ApiContext) => loaders.dataOfDemand.load(id),
      result: (row: DemandRow, _: unknown, { loaders }: ApiContext) => loaders.result.load(row.resultId),
      challenge: (row: DemandRow, _: unknown, { loaders }: ApiContext) => loaders.challenge.load(row.resultId),
      demander: (row: DemandRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.demanderId),
      supplier: (row: DemandRow, _: unknown, { loaders }: ApiContext) =>
        row.supplierId && loaders.account.load(row.supplierId),
    },
  },
}
