import type { Kysely, Migration } from 'kysely'

/** The ledger of every wei, and which notices have been given. */
export const ledger: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('entry')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('account', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('amount', 'text', (c) => c.notNull())
      .addColumn('resultId', 'text')
      .addColumn('reference', 'text')
      .addColumn('transactionHash', 'text')
      .addColumn('blockNumber', 'integer', (c) => c.notNull())
      .addColumn('blockHash', 'text')
      .addColumn('logIndex', 'integer')
      .addColumn('count', 'integer', (c) => c.notNull())
      .addColumn('at', 'integer', (c) => c.notNull())
      .execute()
    await db.schema.createIndex('entry_account_block').on('entry').columns(['account', 'blockNumber']).execute()
    await db.schema.createIndex('entry_result').on('entry').column('resultId').execute()
    await db.schema
      .createTable('ledger')
      .addColumn('account', 'text', (c) => c.primaryKey())
      .addColumn('startBlock', 'integer', (c) => c.notNull())
      .addColumn('startHash', 'text', (c) => c.notNull())
      .addColumn('startBalance', 'text', (c) => c.notNull())
      .addColumn('startCredit', 'text', (c) => c.notNull())
      .addColumn('startNonce', 'integer', (c) => c.notNull())
      .addColumn('anchorBlock', 'integer', (c) => c.notNull())
      .addColumn('anchorHash', 'text', (c) => c.notNull())
      .addColumn('anchorNonce', 'integer', (c) => c.notNull())
      .addColumn('unexplained', 'text', (c) => c.notNull())
      .addColumn('foreignNonces', 'integer', (c) => c.notNull())
      .addColumn('checkedBlock', 'integer', (c) => c.notNull())
      .addColumn('checkedAt', 'integer', (c) => c.notNull())
      .addColumn('differences', 'text', (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('notice')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('at', 'integer', (c) => c.notNull())
      .execute()
    await db.schema.createIndex('action_state').on('action').column('state').execute()
  },
}
