import type { Kysely, Migration } from 'kysely'

/** What following transactions through bumps, cancellations and reorgs needs to know of them. */
export const followingTransactions: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('action').addColumn('worth', 'text').execute()
    await db.schema.alterTable('action').addColumn('objection', 'text').execute()
    await db.schema.alterTable('action').addColumn('stalledSince', 'integer').execute()
    await db.schema.alterTable('action').addColumn('stoppedAt', 'integer').execute()
    await db.schema
      .alterTable('attempt')
      .addColumn('purpose', 'text', (c) => c.notNull().defaultTo('act'))
      .execute()
    await db.schema
      .alterTable('attempt')
      .addColumn('signedAtBlock', 'integer', (c) => c.notNull().defaultTo(0))
      .execute()
    await db.schema.alterTable('attempt').addColumn('settledAt', 'integer').execute()
    await db.schema.alterTable('attempt').addColumn('reason', 'text').execute()
    await db.schema.createIndex('attempt_nonce').on('attempt').columns(['sender', 'nonce']).execute()
  },
}
