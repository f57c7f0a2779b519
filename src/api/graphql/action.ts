import type { Action } from '../../../journal/queries.ts'
import type { ActionFilter } from '../journal-lists.ts'
import type { PublicAttempt } from '../journal-rows.ts'
import type { ApiContext } from './context.ts'
import type { Filtered, Hex } from './filters.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

/** Actions: what this watcher did on chain, and the transactions that took. */
export const actions: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "Something that this watcher did; null when it did no such thing"
      action("The action's id in this watcher's journal" id: Int!): Action
      "All that this watcher did on chain, or meant to, newest first"
      actions(
        "Which ones; all when left out"
        where: ActionFilter
        ${DIRECTED}
      ): ActionPage!
      "A transaction that this watcher signed; null for any other"
      transaction("Its hash" hash: Hex!): Transaction
    }

    "What a watcher can do on chain"
    enum ActionKind {
      "Challenge a result"
      challenge
      "Have a challenged result rejected, whose node did not reveal in time"
      claimSilence
      "Fetch what the contract owes"
      withdraw
      "Commit to a proof, a block before it is shown"
      commit
      "Show a proof that convicts"
      convict
      "Demand a part of a revealed trace"
      demand
      "Have a result rejected, whose node did not supply in time"
      claimWithheld
      "Fetch a demand's fee"
      settleDemand
      "Call on the model's arbiter"
      appeal
    }

    "Where an action stands"
    enum ActionState {
      "Its effect is not on chain yet"
      open
      "Its effect is on chain"
      done
      "It can have no effect any more"
      abandoned
    }

    "Which actions; every field given must hold"
    input ActionFilter {
      "Those of these kinds"
      kind: [ActionKind!]
      "Those that stand at one of these"
      state: [ActionState!]
      "Those about this result"
      resultId: Hex
      "Those decided in this range of Unix milliseconds"
      createdAt: Range
    }

    "Something that this watcher did on chain, or meant to"
    type Action {
      "Its number in this watcher's journal"
      id: Int!
      "challenge, claimSilence, withdraw, commit, convict, demand, claimWithheld, settleDemand or appeal"
      kind: String!
      "open until its effect is on chain: then done; abandoned when it can have none any more"
      state: String!
      "What it is about; null when it is about none, or a reorg took it away"
      result: Result
      "wei sent along"
      value: BigInt!
      "wei that it could win when it was last sent: the bound of what its gas may cost; null until then"
      worth: BigInt
      "Why it was decided, then why it ended"
      reason: String!
      "Why it was not sent when it was last tried; null when nothing stood in the way"
      objection: String
      "Last Unix second at which it helps; null when there is no hurry"
      deadline: BigInt
      "Unix milliseconds"
      createdAt: BigInt!
      "Unix milliseconds"
      updatedAt: BigInt!
      "The transactions that it took, reverted and replaced ones too"
      transactions: [Transaction!]!
      "wei paid for gas by all of them"
      gasPaid: BigInt!
      "Every wei that they moved; what comes back later is moved by others' transactions: see the result's entries"
      entries: [Entry!]!
    }

    "A transaction that this watcher signed"
    type Transaction {
      "Its hash"
      hash: Hex!
      "Whose key signed it"
      sender: Account
      "Its place among the account's transactions"
      nonce: Int!
      "signed, mined, reverted or dropped"
      state: String!
      "act does what its action wants; cancel and fill only use up a nonce"
      purpose: String!
      "The block that mined it; null while none has"
      blockNumber: BigInt
      "The hash of that block"
      blockHash: Hex
      "wei paid for gas; null until mined"
      gasPaid: BigInt
      "Why it ended other than well"
      reason: String
      "Unix milliseconds"
      createdAt: BigInt!
      "Unix milliseconds at which its end was seen; null while it may be mined"
      settledAt: BigInt
      "What it was for"
      action: Action
      "Every wei that it moved"
      entries: [Entry!]!
    }

    ${pageOf('Action')}
  `,
  resolvers: {
    Query: {
      action: (_: unknown, { id }: { id: number }, { loaders }: ApiContext) => loaders.action.load(id),
      actions: (_: unknown, { where, ...args }: Filtered<ActionFilter>, { journal }: ApiContext) =>
        journal.actionPage(where ?? {}, args),
      transaction: (_: unknown, { hash }: { hash: Hex }, { loaders }: ApiContext) => loaders.attempt.load(hash),
    },
    Action: {
      result: (row: Action, _: unknown, { loaders }: ApiContext) => row.resultId && loaders.result.load(row.resultId),
      transactions: (row: Action, _: unknown, { loaders }: ApiContext) => loaders.attemptsOfAction.load(row.id),
      gasPaid: async (row: Action, _: unknown, { loaders }: ApiContext) => {
        const attempts = await loaders.attemptsOfAction.load(row.id)
        return attempts.reduce((sum, { gasPaid }) => sum + BigInt(gasPaid ?? 0), 0n)
      },
      entries: async (row: Action, _: unknown, { loaders }: ApiContext) => {
        const attempts = await loaders.attemptsOfAction.load(row.id)
        return (await Promise.all(attempts.map((attempt) => loaders.entriesOfAttempt.load(attempt)))).flat()
      },
    },
    Transaction: {
      sender: (row: PublicAttempt, _: unknown, { loaders }: ApiContext) =>
        loaders.account.load(row.sender.toLowerCase()),
      action: (row: PublicAttempt, _: unknown, { loaders }: ApiContext) => loaders.action.load(row.actionId),
      entries: (row: PublicAttempt, _: unknown, { loaders }: ApiContext) => loaders.entriesOfAttempt.load(row),
    },
  },
}
