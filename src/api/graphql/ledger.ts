import { type EntryKind, effects, entryKinds, holdingsOf } from '../../../journal/ledger/kinds.ts'
import type { Entry, LedgerRow } from '../../../journal/ledger/rows.ts'
import type { EntryFilter } from '../journal-lists.ts'
import type { AccountRow, ResultRow } from '../loaders.ts'
import type { ApiContext } from './context.ts'
import type { Filtered } from './filters.ts'
import type { SchemaModule } from './module.ts'
import { DIRECTED, pageOf } from './sdl.ts'

/** The ledger: every movement of wei of the accounts that watched with this journal, held against the chain. */
export const ledger: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "The ledgers of all accounts that ever watched with this journal"
      ledgers: [Ledger!]!
    }

    extend type Account {
      "What this watcher keeps of every wei of the account; null when it never watched with it"
      ledger: Ledger
    }

    extend type Result {
      "Every wei that this watcher's accounts put up, won, lost or paid for gas because of it"
      entries: [Entry!]!
    }

    "Why wei of an account move"
    enum EntryKind {
      "The bond of a challenge: from the wallet to the stake"
      bonded
      "What demanding a part of a trace cost: from the wallet to the stake"
      fee
      "A transaction's gas, out of the wallet; also of one that reverted"
      gas
      "The reward for a rejected result: new credit"
      won
      "A bond, or a demand's fee, back: from the stake to the credit"
      returned
      "A bond, or a demand's fee, that is the node's now: out of the stake"
      lost
      "Credited for anything else, as requester or as node: new credit"
      owed
      "Credit taken out: to the wallet"
      withdrawn
      "Of what was withdrawn, what went to another address: out of the wallet"
      forwarded
    }

    "Which entries; every field given must hold"
    input EntryFilter {
      "Those of these kinds"
      kind: [EntryKind!]
      "Those about this result"
      resultId: Hex
      "Those of blocks in this range"
      blockNumber: Range
    }

    "An account's ledger, and how far it was held against the chain. Amounts in wei"
    type Ledger {
      "Whose it is; null when the account has no other part in the history"
      account: Account
      "The block after which it begins"
      startBlock: BigInt!
      "The account's balance at that block"
      startBalance: BigInt!
      "What the contract owed it at that block"
      startCredit: BigInt!
      "The last block at which it was held against the chain"
      checkedBlock: BigInt!
      "Unix milliseconds of that"
      checkedAt: BigInt!
      "Signed: balance that no entry explains, such as money sent to the account"
      unexplained: BigInt!
      "Transactions of the account that are not the watcher's"
      foreignTransactions: Int!
      "Where ledger and chain differed at the last check; empty when they were equal"
      differences: [LedgerDifference!]!
      "Signed: what its entries did to the wallet"
      wallet: BigInt!
      "What is at stake in open disputes, by its entries"
      stake: BigInt!
      "Signed: what its entries did to the credit at the contract"
      credit: BigInt!
      "Its entries by kind"
      sums: [LedgerSum!]!
      "Its entries, newest first"
      entries(
        "Which ones; all when left out"
        where: EntryFilter
        ${DIRECTED}
      ): EntryPage!
    }

    "A difference between ledger and chain"
    type LedgerDifference {
      "balance, credit or stake"
      what: String!
      "Whose stake; null for balance and credit"
      result: Result
      "wei by the ledger"
      expected: BigInt!
      "wei on chain"
      actual: BigInt!
    }

    "All entries of one kind"
    type LedgerSum {
      "Why the wei moved"
      kind: EntryKind!
      "wei"
      amount: BigInt!
      "How many entries"
      count: Int!
    }

    "One movement of wei"
    type Entry {
      "The event that it follows from"
      id: ID!
      "Whose wei moved; null when the account has no other part in the history"
      account: Account
      "Why"
      kind: EntryKind!
      "wei, never negative: the kind says in which direction it went"
      amount: BigInt!
      "Signed: what it did to the wallet"
      wallet: BigInt!
      "Signed: what it did to the stake"
      stake: BigInt!
      "Signed: what it did to the credit"
      credit: BigInt!
      "What it is about; null when it is about none"
      result: Result
      "The demand's id for fees and what became of them, the receiver for forwarded"
      reference: String
      "The transaction that moved it; null for a sum of pruned entries"
      transactionHash: Hex
      "The same transaction in the journal, when this watcher signed it"
      transaction: Transaction
      "The block"
      blockNumber: BigInt!
      "The hash of that block; null for a sum of pruned entries"
      blockHash: Hex
      "Where in the block its event is; null where it follows from a receipt"
      logIndex: Int
      "How many entries it stands for: 1, more for a sum of pruned ones"
      count: Int!
      "Unix milliseconds"
      recordedAt: BigInt!
    }

    ${pageOf('Entry')}
  `,
  resolvers: {
    Query: { ledgers: (_: unknown, __: unknown, { journal }: ApiContext) => journal.ledgers() },
    Account: { ledger: (row: AccountRow, _: unknown, { journal }: ApiContext) => journal.ledger(row.id) },
    Result: {
      entries: (row: ResultRow, _: unknown, { loaders }: ApiContext) => loaders.entriesOfResult.load(row.id),
    },
    Ledger: {
      account: (row: LedgerRow, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.account),
      foreignTransactions: (row: LedgerRow) => row.foreignNonces,
      differences: (row: LedgerRow) => (row.differences === '' ? [] : JSON.parse(row.differences)),
      wallet: async (row: LedgerRow, _: unknown, context: ApiContext) => (await holdings(row, context)).wallet,
      stake: async (row: LedgerRow, _: unknown, context: ApiContext) => (await holdings(row, context)).stake,
      credit: async (row: LedgerRow, _: unknown, context: ApiContext) => (await holdings(row, context)).credit,
      sums: async (row: LedgerRow, _: unknown, { journal }: ApiContext) => {
        const sums = await journal.ledgerSums(row.account, row.startBlock)
        return entryKinds.map((kind) => ({ kind, amount: sums?.wei[kind] ?? 0n, count: sums?.count[kind] ?? 0 }))
      },
      entries: (row: LedgerRow, { where, ...args }: Filtered<EntryFilter>, { journal }: ApiContext) =>
        journal.entryPage(row.account, where ?? {}, args),
    },
    LedgerDifference: {
      result: ({ resultId }: { resultId: string | null }, _: unknown, { loaders }: ApiContext) =>
        resultId && loaders.result.load(resultId),
    },
    Entry: {
      id: (row: Entry) => row.key,
      account: (row: Entry, _: unknown, { loaders }: ApiContext) => loaders.account.load(row.account),
      wallet: (row: Entry) => effects[row.kind].wallet * BigInt(row.amount),
      stake: (row: Entry) => effects[row.kind].stake * BigInt(row.amount),
      credit: (row: Entry) => effects[row.kind].credit * BigInt(row.amount),
      result: (row: Entry, _: unknown, { loaders }: ApiContext) => row.resultId && loaders.result.load(row.resultId),
      transaction: (row: Entry, _: unknown, { loaders }: ApiContext) =>
        row.transactionHash && loaders.attempt.load(row.transactionHash),
      recordedAt: (row: Entry) => row.at,
    },
  },
}

async function holdings({ account, startBlock }: LedgerRow, { journal }: ApiContext) {
  const sums = await journal.ledgerSums(account, startBlock)
  return holdingsOf(
    Object.entries(sums?.wei ?? {}).map(([kind, wei]) => ({ kind: kind as EntryKind, amount: `${wei}` })),
  )
}
