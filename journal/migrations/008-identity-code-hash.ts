import type { Kysely, Migration } from 'kysely'

/** What code the contracts had at the first start, and quick access to what is still open. */
export const identityCodeHash: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('identity').addColumn('contractCode', 'text').execute()
    await db.schema.alterTable('identity').addColumn('seatCode', 'text').execute()
    // Rounds ask for open observations, however many are settled.
    await db.schema
      .createIndex('observation_settlement')
      .on('observation')
      .columns(['settlement', 'blockNumber'])
      .execute()
  },
}
