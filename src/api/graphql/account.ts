import schema from 'ponder:schema'
import { and, eq } from 'drizzle-orm'
import type { AccountRow } from '../loaders.ts'
import { among, type PageArguments } from '../page.ts'
import type { ApiContext } from './context.ts'
import { type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import {
  accountsPage,
  appealsPage,
  challengesPage,
  convictionsPage,
  demandsPage,
  modelsPage,
  payoutsPage,
  requestsPage,
  resultsPage,
  timelinePage,
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
      models: (row: AccountRow, args: PageArguments) => modelsPage(eq(model.registrantId, row.id), args),
      arbitrates: (row: AccountRow, args: PageArguments) => modelsPage(eq(model.arbiterId, row.id), args),
      requests: (row: AccountRow, args: PageArguments) => requestsPage(eq(request.requesterId, row.id), args),
      results: (row: AccountRow, args: PageArguments) => resultsPage(eq(result.nodeId, row.id), args),
      challenges: (row: AccountRow, args: PageArguments) => challengesPage(eq(challenge.challengerId, row.id), args),
      rejections: (row: AccountRow, args: PageArguments) => challengesPage(eq(challenge.rejectedById, row.id), args),
      convictions: (row: AccountRow, args: PageArguments) => convictionsPage(eq(conviction.convictorId, row.id), args),
      demands: (row: AccountRow, args: PageArguments) => demandsPage(eq(demand.demanderId, row.id), args),
      supplied: (row: AccountRow, args: PageArguments) => demandsPage(eq(demand.supplierId, row.id), args),
      appeals: (row: AccountRow, args: PageArguments) => appealsPage(eq(appeal.appellantId, row.id), args),
      payouts: (row: AccountRow, args: PageArguments) => payoutsPage(eq(payout.accountId, row.id), args),
      timeline: (row: AccountRow, args: PageArguments) => timelinePage(eq(timeline.actorId, row.id), args),
    },
  },
}
