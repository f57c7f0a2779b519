import type { Kysely, Migration } from 'kysely'

/** Audits of settled calls of language models, see `journal/audits.ts`. */
export const audits: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('audit')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('batchId', 'text', (c) => c.notNull())
      .addColumn('blockNumber', 'integer', (c) => c.notNull())
      .addColumn('seenAt', 'integer', (c) => c.notNull())
      .addColumn('vanishedAt', 'integer')
      .addColumn('kind', 'text')
      .addColumn('reason', 'text')
      .addColumn('leaves', 'integer')
      .addColumn('counts', 'text')
      .addColumn('findings', 'text')
      .addColumn('registryAt', 'text')
      .addColumn('outputConfirmed', 'integer')
      .addColumn('evidenceHash', 'text')
      .addColumn('evidenceBytes', 'integer')
      .addColumn('ms', 'real')
      .addColumn('auditedAt', 'integer')
      .addColumn('tries', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('retryAt', 'integer')
      .execute()
    await db.schema.createIndex('audit_block').on('audit').column('blockNumber').execute()
    // What is due is asked for all the time, and nearly nothing is.
    await db.schema.createIndex('audit_due').on('audit').column('retryAt').execute()
    await db.schema.createIndex('audit_kind').on('audit').columns(['kind', 'auditedAt']).execute()
  },
}
