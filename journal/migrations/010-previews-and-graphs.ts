import type { Kysely, Migration } from 'kysely'

/** What the explorer's pages show beside a verdict: a part of what was compared, and how a model's operators hang together. */
export const previewsAndGraphs: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('preview')
      .addColumn('observationKey', 'text', (c) => c.notNull().references('observation.key'))
      .addColumn('side', 'text', (c) => c.notNull())
      .addColumn('place', 'integer', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('dtype', 'text', (c) => c.notNull())
      .addColumn('dims', 'text', (c) => c.notNull())
      .addColumn('start', 'integer', (c) => c.notNull())
      .addColumn('data', 'blob', (c) => c.notNull())
      .addPrimaryKeyConstraint('preview_key', ['observationKey', 'side', 'place'])
      .execute()
    await db.schema
      .createTable('operatorgraph')
      .addColumn('modelHash', 'text', (c) => c.primaryKey())
      .addColumn('operators', 'integer', (c) => c.notNull())
      .addColumn('shown', 'text', (c) => c.notNull())
      .execute()
    // Lists of one kind of verdict, newest first, and the rarest kinds are the ones that are looked for.
    await db.schema.createIndex('verdict_kind').on('verdict').columns(['kind', 'judgedAt']).execute()
  },
}
