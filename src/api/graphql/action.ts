import type { ActionWithAttempts } from '../journal.ts'
import type { SchemaModule } from './module.ts'

/** Actions: what this watcher did on chain, and the transactions that took. */
export const actions: SchemaModule = {
  typeDefs: /* GraphQL */ `
    "Something that this watcher did on chain, or meant to"
    type Action {
      "challenge, claimSilence, withdraw, commit, convict, demand, claimWithheld, settleDemand or appeal"
      kind: String!
      "open until its effect is on chain: then done; abandoned when it can have none any more"
      state: String!
      "wei sent along"
      value: BigInt!
      "Why it was decided, then why it ended"
      reason: String!
      "Unix milliseconds"
      createdAt: BigInt!
      "The transactions that it took, reverted and replaced ones too"
      transactions: [Transaction!]!
    }

    "A transaction that this watcher signed"
    type Transaction {
      "Its hash"
      hash: Hex!
      "Its place among the account's transactions"
      nonce: Int!
      "signed, mined, reverted or dropped"
      state: String!
      "The block that mined it; null while none has"
      blockNumber: BigInt
      "wei paid for gas; null until mined"
      gasPaid: BigInt
    }
  `,
  resolvers: {
    Action: { transactions: (action: ActionWithAttempts) => action.attempts },
  },
}
