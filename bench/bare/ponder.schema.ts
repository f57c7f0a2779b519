import { onchainTable } from 'ponder'

/** One row an event. */
export const entry = onchainTable('entry', (t) => ({
  id: t.text().primaryKey(),
  name: t.text().notNull(),
  args: t.text().notNull(),
  transactionHash: t.hex().notNull(),
  blockNumber: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
}))

/** One row a kind of event. */
export const tally = onchainTable('tally', (t) => ({
  id: t.text().primaryKey(),
  count: t.integer().notNull(),
}))
