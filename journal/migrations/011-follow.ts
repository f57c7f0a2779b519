import { type Kysely, type Migration, sql } from 'kysely'

/**
 * Results of networks without challenges: each observation and verdict says which network it is of, so that what gates
 * challenges goes by Gainsay's own alone; those that are still to be judged are found without looking at the rest, however
 * many there are; and the walk through them goes on where it was.
 */
export const follow: Migration = {
  async up(db: Kysely<unknown>) {
    for (const table of ['observation', 'verdict'])
      await db.schema
        .alterTable(table)
        .addColumn('network', 'text', (c) => c.notNull().defaultTo('gainsay'))
        .execute()
    await db.schema.alterTable('observation').addColumn('dueAt', 'integer').execute()
    // In the transaction of the verdict itself, so that nothing is judged twice or forgotten, wherever the process ends.
    for (const [name, when] of [
      ['judged', 'insert'],
      ['judged_again', 'update'],
    ])
      await sql
        .raw(
          `create trigger observation_${name} after ${when} on verdict when new.network <> 'gainsay'
           begin update observation set dueAt = new.retryAt where key = new.observationKey; end`,
        )
        .execute(db)
    await sql`create index observation_due on observation (network, dueAt) where dueAt is not null`.execute(db)
    await db.schema.createIndex('observation_network').on('observation').columns(['network', 'blockNumber']).execute()
    await db.schema.createIndex('verdict_network').on('verdict').columns(['network', 'judgedAt']).execute()
    await db.schema
      .createTable('walk')
      .addColumn('network', 'text', (c) => c.primaryKey())
      .addColumn('postedAt', 'integer', (c) => c.notNull())
      .addColumn('blockNumber', 'integer', (c) => c.notNull())
      .addColumn('resultId', 'text', (c) => c.notNull())
      .addColumn('blockHash', 'text', (c) => c.notNull())
      .execute()
  },
}
