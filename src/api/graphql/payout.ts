import schema from 'ponder:schema'
import { and, inArray } from 'drizzle-orm'
import type { Reason } from '../../../protocol/status.ts'
import type { PayoutRow } from '../loaders.ts'
import type { ApiContext } from './context.ts'
import { equal, type Filtered, type Hex, type Maybe, type Range, within } from './filters.ts'
import { payoutsPage } from './lists.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

const { payout } = schema

interface PayoutFilter {
  accountId?: Maybe<Hex>
  requestId?: Maybe<Hex>
  resultId?: Maybe<Hex>
  reason?: Maybe<Reason>
  reasons?: Maybe<Reason[]>
  amount?: Maybe<Range>
  paidAt?: Maybe<Range>
}

/** Payouts: who was credited what, and why. */
export const payouts: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "All payouts, newest first"
      payouts(
        "Which ones; all when left out"
        where: PayoutFilter
        ${DIRECTED}
      ): PayoutPage!
    }

    "Why an account was credited"
    enum Reason {
      "To the node, for a result that stood"
      fee
      "To the requester, whose result was rejected or never came"
      refund
      "To whoever had a result rejected: its challenger or its convictor"
      reward
      "To the requester of a rejected result, out of the node's bond"
      compensation
      "To the challenger of a rejected result: its own bond"
      challengeBondReturned
      "To the node whose result stood: the challenger's bond"
      challengeBondForfeited
      "To the node: bond that it took back"
      unbonded
      "To the node whose result stood: the fee of a demand that was supplied"
      demandPaid
      "To the demander: its fee, or what it sent beyond it"
      demandReturned
    }

    "Which payouts; every field given must hold"
    input PayoutFilter {
      "Those to this account"
      accountId: Hex
      "Those for this request"
      requestId: Hex
      "Those for this result"
      resultId: Hex
      "Those for this reason"
      reason: Reason
      "Those for one of these reasons"
      reasons: [Reason!]
      "Those of wei in this range"
      amount: Range
      "Those made in this range of Unix seconds"
      paidAt: Range
    }

    "Who was paid what for which reason"
    type Payout {
      "The event: its block's hash and its place there"
      id: ID!
      "Who was credited"
      account: Account!
      "For which request; null for bond taken back"
      request: Request
      "For which result; null where there was none"
      result: Result
      "Why"
      reason: Reason!
      "wei"
      amount: BigInt!
      "Unix second"
      paidAt: BigInt!
      "The block of the payout"
      blockNumber: BigInt!
      "The transaction that credited it"
      transactionHash: Hex!
    }

    ${pageOf('Payout')}
  `,
  resolvers: {
    Query: {
      payouts: (_: unknown, { where, ...args }: Filtered<PayoutFilter>) =>
        payoutsPage(
          and(
            equal(payout.accountId, where?.accountId),
            equal(payout.requestId, where?.requestId),
            equal(payout.resultId, where?.resultId),
            equal(payout.reason, where?.reason),
            where?.reasons ? inArray(payout.reason, where.reasons) : undefined,
            within(payout.amount, where?.amount),
            within(payout.paidAt, where?.paidAt),
          ),
          args,
        ),
    },
    Payout: {
      account: (row: PayoutRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.accountId),
      request: (row: PayoutRow, _: unknown, { loaders }: ApiContext) =>
        row.requestId && loaders.request.load(row.requestId),
      result: (row: PayoutRow, _: unknown, { loaders }: ApiContext) =>
        row.resultId && loaders.result.load(row.resultId),
    },
  },
}
