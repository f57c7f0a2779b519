import type { Kysely, Migration } from 'kysely'

/** The canary's runs, and what it sent for each. In a journal of its own: the watcher's has the tables and leaves them empty. */
export const canary: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('canary')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('createdAt', 'integer', (c) => c.notNull())
      .addColumn('watcher', 'text', (c) => c.notNull())
      .addColumn('modelId', 'text', (c) => c.notNull())
      .addColumn('input', 'text', (c) => c.notNull())
      .addColumn('output', 'text', (c) => c.notNull())
      .addColumn('deadline', 'integer', (c) => c.notNull())
      .addColumn('requesterNonce', 'integer', (c) => c.notNull())
      .addColumn('requestId', 'text', (c) => c.notNull().unique())
      .addColumn('resultId', 'text', (c) => c.notNull().unique())
      .addColumn('bond', 'text', (c) => c.notNull())
      .addColumn('worst', 'text', (c) => c.notNull())
      .addColumn('gasPrice', 'text', (c) => c.notNull())
      .addColumn('postedAt', 'integer')
      .addColumn('windowEnd', 'integer')
      .addColumn('challenger', 'text')
      .addColumn('caughtAt', 'integer')
      .addColumn('outcome', 'text')
      .addColumn('reason', 'text')
      .addColumn('cost', 'text')
      .addColumn('settledAt', 'integer')
      .addColumn('reportedAt', 'integer')
      .execute()
    await db.schema
      .createTable('canarysend')
      .addColumn('hash', 'text', (c) => c.primaryKey())
      .addColumn('canaryId', 'integer', (c) => c.notNull().references('canary.id'))
      .addColumn('step', 'text', (c) => c.notNull())
      .addColumn('nonce', 'integer', (c) => c.notNull())
      .addColumn('raw', 'text', (c) => c.notNull())
      .addColumn('fee', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('gasPaid', 'text')
      .addColumn('at', 'integer', (c) => c.notNull())
      .execute()
    await db.schema.createIndex('canarysend_run').on('canarysend').columns(['canaryId', 'step']).execute()
  },
}
