import schema from 'ponder:schema'
import { and } from 'drizzle-orm'
import type { AccountRow } from '../loaders.ts'
import { among } from '../page.ts'
import type { ApiContext } from './context.ts'
import { type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import {
  accountsPage,
  appealsOf,
  challengesOf,
  convictionsOf,
  demandsOf,
  modelsOf,
  payoutsOf,
  requestsOf,
  resultsOf,
  timelineOf,
} from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { account, model, request, result, challenge, conviction, demand, appeal, payout, timeline } = schema

interface AccountFilter {
  ids?: Maybe<Hex[]>
  credited?: Maybe<Range>
}

/** Accounts: every address that the history links to, and what it did. */
export const accounts: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "One account"
      account("Its address" id: Hex!): Account
      "All accounts that the history links to, by address"
      accounts(
        "Which ones; all when left out"
        where: AccountFilter
        ${DIRECTED}
      ): AccountPage!
    }

    "Which accounts; every field given must hold"
    input AccountFilter {
      "Those with these addresses, at most 1000"
      ids: [Hex!]
      "Those that were ever credited wei in this range"
      credited: Range
    }

    "An address, and everything it did in any role"
    type Account {
      "The address"
      id: Hex!
      "wei ever credited by the contract"
      credited: BigInt!
      "wei withdrawn"
      withdrawn: BigInt!
      "wei that the contract still owes it"
      owed: BigInt!
      "The node of this address; null when it never put up a bond"
      node: Node
      "Models that it registered"
      models(${DIRECTED}): ModelPage!
      "Models on which it rules"
      arbitrates(${DIRECTED}): ModelPage!
      "Requests that it made"
      requests(${DIRECTED}): RequestPage!
      "Results that it posted as a node"
      results(${DIRECTED}): ResultPage!
      "Challenges that it made"
      challenges(${DIRECTED}): ChallengePage!
      "Results that it had rejected: by its ruling, its conviction, or by claiming silence or withholding"
      rejections(${DIRECTED}): ChallengePage!
      "Convictions by its proofs"
      convictions(${DIRECTED}): ConvictionPage!
      "What it demanded"
      demands(${DIRECTED}): DemandPage!
      "Demands that it supplied"
      supplied(${DIRECTED}): DemandPage!
      "Its calls on arbiters"
      appeals(${DIRECTED}): AppealPage!
      "What it was paid"
      payouts(${DIRECTED}): PayoutPage!
      "State changes by transactions that it sent"
      timeline(${DIRECTED}): TimelinePage!
    }

    ${pageOf('Account')}
  `,
  resolvers: {
    Query: {
      account: (_: unknown, { id }: { id: Hex }, { loaders }: ApiContext) => loaders.account.load(id),
      accounts: (_: unknown, { where, ...args }: Filtered<AccountFilter>) =>
        accountsPage(and(among(account.id, where?.ids), within(account.credited, where?.credited)), args),
    },
    Account: {
      owed: (row: AccountRow) => row.credited - row.withdrawn,
      node: (row: AccountRow, _: unknown, { loaders }: ApiContext) => loaders.node.load(row.id),
      models: modelsOf(model.registrantId),
      arbitrates: modelsOf(model.arbiterId),
      requests: requestsOf(request.requesterId),
      results: resultsOf(result.nodeId),
      challenges: challengesOf(challenge.challengerId),
      rejections: challengesOf(challenge.rejectedById),
      convictions: convictionsOf(conviction.convictorId),
      demands: demandsOf(demand.demanderId),
      supplied: demandsOf(demand.supplierId),
      appeals: appealsOf(appeal.appellantId),
      payouts: payoutsOf(payout.accountId),
      timeline: timelineOf(timeline.actorId),
    },
  },
}
